//! A store that counts how often a stream is read.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chronogram_log::{Around, Direction, EventStore, RecordedEvent, Revision, SharedEventStore, StoreError};
use chronogram_model::StreamName;

pub(super) struct Counting {
    store: SharedEventStore,
    reads: AtomicUsize,
}

impl Counting {
    pub(super) fn new(store: SharedEventStore) -> Self {
        Self { store, reads: AtomicUsize::new(0) }
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Around for Counting {
    fn inner(&self) -> &dyn EventStore {
        &*self.store
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.read_stream(stream, from, direction, limit).await
    }
}
