//! The last revisions of streams that this process knows, and up to which position it knows them.

use std::num::NonZeroUsize;

use chronogram_log::{Position, Revision};
use chronogram_model::StreamName;
use lru::LruCache;

/// A bounded memory of stream heads. What it says holds as long as nobody else appended after `as_of`; the fence of the
/// append statement makes sure of that.
pub(crate) struct StreamHeads {
    as_of: Position,
    /// `None`: the stream has no events.
    revisions: LruCache<StreamName, Option<Revision>>,
}

impl StreamHeads {
    /// Knows nothing but the head of the log.
    pub(crate) fn new(as_of: Position, capacity: NonZeroUsize) -> Self {
        Self { as_of, revisions: LruCache::new(capacity) }
    }

    /// The position up to which all is known.
    pub(crate) fn as_of(&self) -> Position {
        self.as_of
    }

    /// Everything up to `position` is known now.
    pub(crate) fn advance(&mut self, position: Position) {
        self.as_of = self.as_of.max(position);
    }

    /// Whether the stream's head is known; marks it as used, so that it outlives the batch.
    pub(crate) fn knows(&mut self, stream: &StreamName) -> bool {
        self.revisions.get(stream).is_some()
    }

    /// `None`: not known. `Some(None)`: the stream has no events.
    #[allow(clippy::option_option)]
    pub(crate) fn of(&self, stream: &StreamName) -> Option<Option<Revision>> {
        self.revisions.peek(stream).copied()
    }

    /// Remembers.
    pub(crate) fn put(&mut self, stream: StreamName, revision: Option<Revision>) {
        self.revisions.put(stream, revision);
    }

    /// Corrects a stream that is remembered; another one is read when it is needed.
    pub(crate) fn correct(&mut self, stream: &StreamName, revision: Revision) {
        if let Some(known) = self.revisions.peek_mut(stream) {
            *known = Some(revision);
        }
    }

    /// Forgets all streams.
    pub(crate) fn forget(&mut self) {
        self.revisions.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stream(name: &str) -> StreamName {
        StreamName::try_from(name.to_owned()).unwrap()
    }

    #[test]
    fn the_least_used_stream_is_forgotten_first() {
        let mut heads = StreamHeads::new(Position(0), NonZeroUsize::new(2).unwrap());
        heads.put(stream("a"), None);
        heads.put(stream("b"), Some(Revision(3)));
        assert!(heads.knows(&stream("a")));
        heads.put(stream("c"), None);
        assert_eq!(heads.of(&stream("b")), None);
        assert_eq!(heads.of(&stream("a")), Some(None));
    }

    #[test]
    fn a_correction_does_not_remember_new_streams() {
        let mut heads = StreamHeads::new(Position(0), NonZeroUsize::new(2).unwrap());
        heads.put(stream("a"), None);
        heads.correct(&stream("a"), Revision(4));
        heads.correct(&stream("b"), Revision(4));
        assert_eq!(heads.of(&stream("a")), Some(Some(Revision(4))));
        assert_eq!(heads.of(&stream("b")), None);
    }
}
