//! A stream, either way, up to where it ends now.

use async_trait::async_trait;
use bytes::Bytes;
use chronogram_log::{Direction, Revision};
use chronogram_model::StreamName;
use tonic::Status;

use super::{Reader, Steps, pace::Pace};
use crate::{
    event::served,
    failure,
    wire::{
        common::StreamIdentifier,
        read::{Content, StreamNotFound},
    },
};

pub(super) struct StreamRead {
    reader: Reader,
    name: StreamName,
    /// Where the next page begins; `None`: there is none.
    next: Option<Revision>,
    direction: Direction,
    left: u64,
    /// Earlier ones are hidden.
    shown_from: Revision,
    pace: Pace,
    /// Whether the client wants to hear where the stream ends.
    tells_last: bool,
    seen_any: bool,
}

impl StreamRead {
    pub(super) fn new(
        reader: Reader,
        name: StreamName,
        from: Revision,
        direction: Direction,
        left: u64,
        shown_from: Revision,
        tells_last: bool,
    ) -> Self {
        let from = if direction == Direction::Forward { from.max(shown_from) } else { from };
        let pace = Pace::new();
        Self { reader, name, next: Some(from), direction, left, shown_from, pace, tells_last, seen_any: false }
    }

    /// Nothing more comes: says whether there is a stream at all, and where it ends.
    async fn last_words(&mut self) -> Result<Vec<Content>, Status> {
        self.next = None;
        let last = self.reader.served.last_revision(&self.name).await?.filter(|last| *last >= self.shown_from);
        Ok(match last {
            None if !self.seen_any => {
                let stream = StreamIdentifier { name: Bytes::copy_from_slice(self.name.as_str().as_bytes()) };
                vec![Content::StreamNotFound(StreamNotFound { stream: Some(stream) })]
            }
            Some(last) if self.tells_last && self.direction == Direction::Forward => {
                vec![Content::LastStreamRevision(last.0)]
            }
            _ => Vec::new(),
        })
    }
}

#[async_trait]
impl Steps for StreamRead {
    async fn step(&mut self) -> Result<Option<Vec<Content>>, Status> {
        let Some(from) = self.next.filter(|_| self.left > 0) else { return Ok(None) };
        let limit = self.pace.next(self.left);
        let page = self.reader.served.store.read_stream(&self.name, from, self.direction, limit).await;
        let page = page.map_err(failure::of_store)?;
        self.pace.learn(&page);
        let last = page.last().map(|event| event.revision);
        let shown: Vec<_> = page.iter().filter(|event| event.revision >= self.shown_from).collect();
        self.seen_any |= !shown.is_empty();
        self.left -= shown.len() as u64;
        let mut contents: Vec<_> =
            shown.into_iter().map(|event| Content::Event(served(event, self.reader.uuids))).collect();
        let beyond = match (last, self.direction) {
            (Some(last), Direction::Forward) => Some(last.next()),
            (Some(last), Direction::Backward) if last > self.shown_from => Some(Revision(last.0 - 1)),
            _ => None,
        };
        match beyond.filter(|_| page.len() == limit) {
            Some(beyond) => self.next = Some(beyond),
            None => contents.extend(self.last_words().await?),
        }
        Ok(Some(contents))
    }
}
