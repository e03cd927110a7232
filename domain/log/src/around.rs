//! Stores around other stores.

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use chronogram_model::{CommandId, EventId, StreamName};

use crate::{
    Append, AppendError, Appended, CommandResult, Direction, EventFilter, EventStore, Page, Position, RecordedEvent,
    Revision, StoreError,
};

/// A store that does some things its own way and leaves the others to the store within. Whoever implements this is an
/// [`EventStore`]; each method means what it means there.
#[allow(missing_docs)] // said once, at EventStore
#[async_trait]
pub trait Around: Send + Sync + 'static {
    /// The store within.
    fn inner(&self) -> &dyn EventStore;

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner().append(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner().read_stream(stream, from, direction, limit).await
    }

    async fn read_streams(
        &self,
        streams: &[(StreamName, Revision)],
        limit_each: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner().read_streams(streams, limit_each).await
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        self.inner().read_all(after, filter, limit).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner().head().await
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        self.inner().wait_past(after, patience).await
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        self.inner().find_command(command).await
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        self.inner().known_events(ids).await
    }

    fn veil(&self, digest: &mut [u8]) {
        self.inner().veil(digest);
    }
}

#[async_trait]
impl<A: Around> EventStore for A {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        Around::append(self, append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Around::read_stream(self, stream, from, direction, limit).await
    }

    async fn read_streams(
        &self,
        streams: &[(StreamName, Revision)],
        limit_each: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Around::read_streams(self, streams, limit_each).await
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        Around::read_all(self, after, filter, limit).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Around::head(self).await
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        Around::wait_past(self, after, patience).await
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        Around::find_command(self, command).await
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        Around::known_events(self, ids).await
    }

    fn veil(&self, digest: &mut [u8]) {
        Around::veil(self, digest);
    }
}
