//! The store as the floors above see it.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_log::{
    Append, AppendError, Appended, CommandResult, Direction, EventFilter, EventStore, Page, Position, RecordedEvent,
    Revision, StoreError,
};
use chronogram_model::{CommandId, EventId, StreamName};
use sqlx::PgPool;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    catch_up,
    connection::{self, Connection},
    index::Index,
    reads::Reads,
    watch::Watch,
    writer::Writer,
};
use crate::{
    StreamSummary,
    queue::{Queue, Request},
    settings::StoreSettings,
};

/// The log in `EventStoreDB` or `KurrentDB`, as one process uses it: any number of callers and readers, one writer.
///
/// Opening asks nobody: a server that is away is looked for when it is needed, each time. As with Postgres, an append that
/// was taken into the queue is carried out even if its caller goes away.
pub struct KurrentEventStore {
    reads: Arc<Reads>,
    index: Arc<Index>,
    queue: mpsc::Sender<Request>,
    head: watch::Sender<Position>,
    poll_interval: Duration,
    stop: CancellationToken,
    tasks: TaskTracker,
    _stop_when_dropped: DropGuard,
}

/// An address that is none of these servers'; the address is not repeated, for it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be an address like esdb://user:password@host:2113?tls=true or kurrentdb://host:2113?tls=false")]
pub struct NotAnAddress;

impl fmt::Debug for KurrentEventStore {
    /// The settings hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentEventStore").finish_non_exhaustive()
    }
}

impl KurrentEventStore {
    /// Uses the log at `url`; `pool`'s database, migrated, holds its index.
    pub fn open(url: &str, pool: PgPool, settings: &StoreSettings) -> Result<Self, NotAnAddress> {
        let connection = Arc::new(Connection::new(connection::settings(url).ok_or(NotAnAddress)?));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let head = watch::Sender::new(Position::START);
        let (queue, requests) = mpsc::channel(settings.queue_appends_max.get());
        let watch = Watch { settings: connection.settings().clone(), published: head.clone(), stop: stop.clone() };
        let reads = Arc::new(Reads { connection, published: head.clone() });
        let index = Arc::new(Index::new(pool));
        let queued = Queue::new(requests, stop.clone(), settings);
        tasks.spawn(Writer::new(queued, reads.clone(), index.clone(), settings).run());
        tasks.spawn(watch.run());
        tasks.close();
        let (poll_interval, stop_when_dropped) = (settings.poll_interval, stop.clone().drop_guard());
        Ok(Self { reads, index, queue, head, poll_interval, stop, tasks, _stop_when_dropped: stop_when_dropped })
    }

    /// Takes no further append, finishes those that are queued, stops writer and subscription. May be called again.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Streams in the order of their names, behind `after`, of one category or of all, at most `limit`.
    pub async fn streams(
        &self,
        category: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StreamSummary>, StoreError> {
        catch_up::to_the_head(&self.reads, &self.index).await?;
        self.index.streams(category, after, limit).await
    }
}

#[async_trait]
impl EventStore for KurrentEventStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        let started = Instant::now();
        let (request, outcome) = Request::new(append);
        self.queue.send(request).await.map_err(|_| StoreError::Closed)?;
        let result = outcome.await.map_err(|_| StoreError::Closed)?;
        metrics::histogram!("append_seconds").record(started.elapsed());
        result
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.reads.stream(stream, from, direction, limit).await
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        let page = self.reads.page(after, filter, limit).await?;
        let events = page.events.into_iter().map(|decoded| decoded.event).collect();
        Ok(Page { events, up_to: page.up_to, head: page.head })
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.reads.head().await
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        let mut heads = self.head.subscribe();
        let waiting = async {
            // The sender lives as long as `self`: an error cannot be.
            while tokio::time::timeout(self.poll_interval, heads.wait_for(|head| *head > after)).await.is_err() {
                // Tells the head to everybody who waits; a server that is away is no reason to wait less.
                let _ = self.reads.head().await;
            }
        };
        // Patience at its end and a moved head are the same answer.
        let _ = tokio::time::timeout(patience, waiting).await;
        Ok(())
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        catch_up::to_the_head(&self.reads, &self.index).await?;
        Ok(self.index.commands(&[command]).await?.remove(&command).map(|known| known.result))
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        catch_up::to_the_head(&self.reads, &self.index).await?;
        self.index.events(ids).await
    }
}
