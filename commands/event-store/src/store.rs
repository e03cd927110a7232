//! The store as the floors above see it.

use std::{collections::HashSet, sync::Arc, time::Duration};

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

use crate::{
    failure::unavailable,
    listener::Listener,
    lookups,
    queue::{Queue, Request},
    reader, replication,
    session::Session,
    settings::StoreSettings,
    upgrade,
    writer::Writer,
};

/// Ids of one question for known events: some hundred kilobytes of parameters.
const IDS_PER_QUERY: usize = 10_000;

/// The log in Postgres, as one process uses it: any number of callers and readers, one writer.
///
/// An append that was taken into the queue is carried out even if its caller goes away. [`PostgresEventStore::close`]
/// waits for what is queued; a store that is only dropped finishes it too, as long as the runtime lives.
#[derive(Debug)]
pub struct PostgresEventStore {
    pool: PgPool,
    queue: mpsc::Sender<Request>,
    head: watch::Sender<Position>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _stop_when_dropped: DropGuard,
}

impl PostgresEventStore {
    /// The database that the log lies in, for what only it can tell.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Opens the log of a migrated database and starts the writer and the listener, which connect as `pool` does but
    /// beside it. Reads use the pool.
    pub async fn open(pool: PgPool, settings: StoreSettings) -> Result<Self, StoreError> {
        let position = lookups::head(&pool).await.map_err(unavailable("open the log"))?;
        if !upgrade::is_current(&pool).await? {
            let source = "events of an older release have no hash yet: run `chronogram migrate`";
            return Err(StoreError::Unavailable {
                operation: "open the log",
                source: Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(source)),
            });
        }
        let stop = CancellationToken::new();
        let head = watch::Sender::new(position);
        let (queue, requests) = mpsc::channel(settings.queue_appends_max.get());
        let tasks = TaskTracker::new();
        tasks.spawn(
            Writer::new(
                Queue::new(requests, stop.clone(), &settings),
                Session::new(&pool, settings.connect_patience, stop.clone()),
                position,
                head.clone(),
                &settings,
            )
            .run(),
        );
        tasks.spawn(
            Listener {
                pool: pool.clone(),
                published: head.clone(),
                poll_interval: settings.poll_interval,
                stop: stop.clone(),
            }
            .run(),
        );
        tasks.close();
        Ok(Self { pool, queue, head, stop: stop.clone(), tasks, _stop_when_dropped: stop.drop_guard() })
    }

    /// Takes no further append, finishes those that are queued, stops writer and listener. May be called again.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

#[async_trait]
impl EventStore for PostgresEventStore {
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
        reader::stream(&self.pool, stream, from, direction, limit).await
    }

    async fn read_streams(
        &self,
        streams: &[(StreamName, Revision)],
        limit_each: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        reader::streams(&self.pool, streams, limit_each).await
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        reader::page(&self.pool, after, filter, limit).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        lookups::head(&self.pool).await.map_err(unavailable("read the head of the log"))
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        let mut heads = self.head.subscribe();
        // Patience at its end and a moved head are the same answer; the sender lives as long as `self`.
        let _ = tokio::time::timeout(patience, heads.wait_for(|head| *head > after)).await;
        Ok(())
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        let look = async {
            let mut connection = self.pool.acquire().await?;
            let mut known = lookups::commands(&mut *connection, &[command.0]).await?;
            if !known.is_empty() {
                replication::confirm(&mut connection).await?;
            }
            Ok(known.remove(&command).map(|known| known.result))
        };
        look.await.map_err(unavailable("look a command up"))
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        let look = async {
            let mut connection = self.pool.acquire().await?;
            let mut known = HashSet::new();
            for ids in ids.chunks(IDS_PER_QUERY) {
                let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
                known.extend(lookups::events(&mut *connection, &ids).await?);
            }
            if !known.is_empty() {
                replication::confirm(&mut connection).await?;
            }
            Ok(known)
        };
        look.await.map_err(unavailable("look events up"))
    }
}
