//! An automation's to-do list: tables that follow the log behind a checkpoint of their own, which no rebuild touches.
//!
//! The traces of a batch and the checkpoint are one transaction, on the connection that holds the automation's lock.

use async_trait::async_trait;
use chronogram_log::{
    Batch, EventFilter, Position, RecordedEvent, SharedEventStore, StoreError, Subscription, crash_point,
};
use sqlx::{AssertSqlSafe, PgConnection};

/// Events taken in at once.
const BATCH_EVENTS: usize = 500;

/// Why a to-do list cannot follow the log.
#[derive(Debug, thiserror::Error)]
pub enum TodoError {
    /// The database failed.
    #[error("the database failed while it should {operation}")]
    Database {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names the operation that a database error belongs to.
pub(crate) fn while_<E: From<TodoError>>(operation: &'static str) -> impl FnOnce(sqlx::Error) -> E {
    move |source| TodoError::Database { operation, source }.into()
}

/// Which events leave a trace in the tables, and which one.
#[async_trait]
pub(crate) trait Traces: Sync {
    /// Why an event cannot be taken in: the list stops there rather than leave it out.
    type Error: From<TodoError> + Send;

    /// The schema of the tables; its `checkpoint` says how far they are.
    const SCHEMA: &'static str;
    /// Name of the checkpoint.
    const NAME: &'static str;
    /// Where tests kill it: before and after a batch is committed.
    const CRASH_POINTS: [&'static str; 2];

    /// Which events leave a trace.
    fn filter() -> EventFilter;

    /// Leaves the trace of one event.
    async fn leave(&self, connection: &mut PgConnection, event: &RecordedEvent) -> Result<(), Self::Error>;
}

/// A to-do list that follows the log.
pub(crate) struct Todo<'a, T> {
    traces: &'a T,
    store: SharedEventStore,
    at: Position,
    log: Subscription,
}

impl<'a, T: Traces> Todo<'a, T> {
    /// Goes on where the tables stand. The first time: at the start of the log.
    pub(crate) async fn open(
        traces: &'a T,
        store: SharedEventStore,
        connection: &mut PgConnection,
    ) -> Result<Self, T::Error> {
        let at = checkpoint::<T>(connection).await?;
        let log = Subscription::new(store.clone(), at, T::filter(), BATCH_EVENTS);
        Ok(Self { traces, store, at, log })
    }

    /// Waits for a batch that is worth a transaction. Where only others' events came, the checkpoint follows with the
    /// next of ours, or at the next start. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Batch, T::Error> {
        loop {
            let batch = self.log.next().await.map_err(TodoError::from)?;
            if !batch.events.is_empty() || batch.up_to < batch.head {
                return Ok(batch);
            }
        }
    }

    /// Takes a batch in. False: somebody else moved the checkpoint; nothing was taken in, and it goes on from there.
    pub(crate) async fn take_in(&mut self, connection: &mut PgConnection, batch: &Batch) -> Result<bool, T::Error> {
        sqlx::raw_sql("begin").execute(&mut *connection).await.map_err(while_::<T::Error>("begin"))?;
        let [before_commit, after_commit] = T::CRASH_POINTS;
        let taken = self.leave_and_move(connection, batch).await;
        crash_point(before_commit);
        let end = if matches!(taken, Ok(true)) { "commit" } else { "rollback" };
        sqlx::raw_sql(end).execute(&mut *connection).await.map_err(while_::<T::Error>("end a batch"))?;
        crash_point(after_commit);
        if taken? {
            self.at = batch.up_to;
            return Ok(true);
        }
        *self = Self::open(self.traces, self.store.clone(), connection).await?;
        Ok(false)
    }

    async fn leave_and_move(&self, connection: &mut PgConnection, batch: &Batch) -> Result<bool, T::Error> {
        for event in &batch.events {
            self.traces.leave(connection, event).await?;
        }
        let sql = format!("update {}.checkpoint set position = $3 where name = $1 and position = $2", T::SCHEMA);
        let query = sqlx::query(AssertSqlSafe(sql)).bind(T::NAME).bind(self.at.as_i64()).bind(batch.up_to.as_i64());
        let moved = query.execute(connection).await.map_err(while_::<T::Error>("move the checkpoint"))?;
        Ok(moved.rows_affected() == 1)
    }
}

async fn checkpoint<T: Traces>(connection: &mut PgConnection) -> Result<Position, T::Error> {
    let sql = format!(
        "insert into {}.checkpoint (name, position) values ($1, 0)
        on conflict (name) do update set name = excluded.name returning position",
        T::SCHEMA
    );
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(T::NAME);
    let position: i64 = query.fetch_one(connection).await.map_err(while_::<T::Error>("read the checkpoint"))?;
    Ok(Position::from_i64(position))
}
