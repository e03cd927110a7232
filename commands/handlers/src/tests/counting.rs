//! An in-memory store that counts how often a stream is read.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, CommandResult, Direction, EventFilter, EventStore, Page, Position, RecordedEvent,
    Revision, SharedEventStore, StoreError,
};
use chronogram_model::{CommandId, EventId, StreamName};

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
impl EventStore for Counting {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.store.append(append).await
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

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        self.store.read_all(after, filter, limit).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        self.store.wait_past(after, patience).await
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        self.store.find_command(command).await
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        self.store.known_events(ids).await
    }
}
