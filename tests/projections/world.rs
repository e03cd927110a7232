//! A log in memory, a database of its own, and questions to both.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chronogram_engine::{Engine, Projection};
use chronogram_log::{
    Actor, Append, Clock, EventStore, ExpectedRevision, InMemoryEventStore, JsonText, Metadata, NewEvent, Position,
};
use chronogram_model::{CommandId, EventId, Origin, StreamName};
use chronogram_tests::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Far above what anything here takes, far below a stuck build.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// From noon on, a second an event.
#[derive(Debug, Default)]
struct TickingClock(AtomicI64);

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        noon_and(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// When the log of a world took its event of this index.
pub(crate) fn noon_and(seconds: i64) -> Timestamp {
    "2026-01-01T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) struct World {
    pub(crate) store: Arc<InMemoryEventStore>,
    pub(crate) database: TestDatabase,
}

/// An engine that runs until it is told to stop.
pub(crate) struct Running {
    pub(crate) token: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.token.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("the engine stops when told").unwrap();
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        Self { store: Arc::new(InMemoryEventStore::new(Arc::new(TickingClock::default()))), database }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    pub(crate) fn engine(&self, projections: Vec<Arc<dyn Projection>>) -> Engine {
        Engine::new(self.pool().clone(), self.store.clone(), projections).unwrap()
    }

    pub(crate) fn run(engine: &Engine) -> Running {
        let (engine, token) = (engine.clone(), CancellationToken::new());
        let stop = token.clone();
        Running { token, task: tokio::spawn(async move { engine.run(stop).await }) }
    }

    /// Appends `count` events that the tally reads, over seven streams; answers the head.
    pub(crate) async fn append(&self, count: usize) -> Position {
        self.append_of_type("SeatTaken", count).await
    }

    pub(crate) async fn append_of_type(&self, name: &'static str, count: usize) -> Position {
        let mut left = count;
        while left > 0 {
            let some = left.min(100);
            let head = self.store.head().await.unwrap();
            let stream = StreamName::try_from(format!("hall-{}", (head.0 / 10) % 7)).unwrap();
            let command = CommandId::of(Origin::of(&["test", &head.to_string()]), "take", &stream);
            let metadata = Metadata {
                command_id: command,
                correlation: command.0,
                causation: None,
                actor: Actor::Operator,
                fingerprint: None,
                traceparent: None,
            };
            let events = (0..some)
                .map(|index| NewEvent {
                    id: EventId::of(command, index),
                    event_type: name.into(),
                    version: 1,
                    data: JsonText::from_trusted("{}".to_owned()),
                    metadata: JsonText::of(&metadata).unwrap(),
                })
                .collect();
            let expected = ExpectedRevision::Any;
            let append = Append { command_id: command, fingerprint: None, stream, expected, events };
            self.store.append(append).await.unwrap();
            left -= some;
        }
        self.store.head().await.unwrap()
    }

    /// Every row of the tables in `schema`, as one text.
    pub(crate) async fn rows(&self, schema: &str) -> String {
        self.text(&format!(
            "select string_agg(row, E'\n') from (select t::text as row from {schema}.tally t order by stream) a \
             union all select string_agg(row, E'\n') from (select p::text as row from {schema}.applied p order by position) b"
        ))
        .await
    }

    async fn text(&self, sql: &str) -> String {
        let parts: Vec<Option<String>> =
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(self.pool()).await.unwrap();
        parts.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("\n--\n")
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.number_if_any(sql).await.unwrap()
    }

    async fn number_if_any(&self, sql: &str) -> Option<i64> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_optional(self.pool()).await.unwrap()
    }

    /// The query's only text.
    pub(crate) async fn word(&self, sql: &str) -> String {
        self.text(sql).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(self.pool()).await.unwrap();
    }

    /// Waits until the query's number is `wanted`.
    pub(crate) async fn until(&self, sql: &str, wanted: i64) {
        let reached = async {
            while self.number_if_any(sql).await != Some(wanted) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{sql} never gave {wanted}"));
    }

    /// The stored checkpoint.
    pub(crate) async fn checkpoint(&self, name: &str) -> i64 {
        self.number(&format!("select position from projection.checkpoint where name = '{name}'")).await
    }
}
