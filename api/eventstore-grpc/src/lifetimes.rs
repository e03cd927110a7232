//! Which part of a stream its readers see: what the stream's metadata stream, `$$<stream>`, says last.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chronogram_log::{Direction, RecordedEvent, Revision, SharedEventStore, StoreError};
use chronogram_model::StreamName;
use lru::LruCache;
use serde_json::Value;
use tokio::time::Instant;

/// Type of the event that sets a stream's metadata, for all clients.
pub(crate) const METADATA: &str = "$metadata";
/// Type of the event that ends a stream for good.
pub(crate) const DELETED: &str = "$streamDeleted";
/// Key of the metadata: revisions below are not shown.
pub(crate) const TRUNCATE_BEFORE: &str = "$tb";
/// What metadata streams begin with.
pub(crate) const METADATA_PREFIX: &str = "$$";

/// So long what another process said of a stream may go unnoticed; a look-up for each append would cost more than that.
const REMEMBERED: Duration = Duration::from_secs(1);
/// Streams remembered: bounds the memory, some hundred bytes each.
const STREAMS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// What readers see of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Events of this revision and later ones.
    From(Revision),
    /// Nothing, for good.
    Ended,
}

pub(crate) struct Lifetimes {
    store: SharedEventStore,
    known: Mutex<LruCache<StreamName, (Lifetime, Instant)>>,
}

/// The name of the stream that says what is to be seen of `stream`, where a name can be that long.
pub(crate) fn metadata_stream(stream: &StreamName) -> Option<StreamName> {
    StreamName::try_from(format!("{METADATA_PREFIX}{stream}")).ok()
}

impl Lifetimes {
    pub(crate) fn new(store: SharedEventStore) -> Self {
        Self { store, known: Mutex::new(LruCache::new(STREAMS_MAX)) }
    }

    /// As it was within the last second.
    pub(crate) async fn of(&self, stream: &StreamName) -> Result<Lifetime, StoreError> {
        let remembered = self.known().get(stream).copied();
        if let Some((lifetime, at)) = remembered
            && at.elapsed() < REMEMBERED
        {
            return Ok(lifetime);
        }
        let lifetime = self.last_word(stream).await?.map_or(Lifetime::From(Revision(0)), |event| said(&event));
        self.known().put(stream.clone(), (lifetime, Instant::now()));
        Ok(lifetime)
    }

    /// The last event of its metadata stream.
    pub(crate) async fn last_word(&self, stream: &StreamName) -> Result<Option<RecordedEvent>, StoreError> {
        let Some(metadata) = metadata_stream(stream) else { return Ok(None) };
        Ok(self.store.read_stream(&metadata, Revision(u64::MAX), Direction::Backward, 1).await?.pop())
    }

    /// This process has just said something else.
    pub(crate) fn forget(&self, stream: &StreamName) {
        self.known().pop(stream);
    }

    /// Every change is one operation of the map, so a panic elsewhere leaves nothing half-done.
    fn known(&self) -> MutexGuard<'_, LruCache<StreamName, (Lifetime, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an event of a metadata stream says. What cannot be read hides nothing.
pub(crate) fn said(event: &RecordedEvent) -> Lifetime {
    if event.event_type == DELETED {
        return Lifetime::Ended;
    }
    let metadata = serde_json::from_str::<Value>(event.data.as_str()).ok();
    let hidden = metadata.and_then(|metadata| metadata.get(TRUNCATE_BEFORE)?.as_u64());
    Lifetime::From(Revision(hidden.unwrap_or(0)))
}
