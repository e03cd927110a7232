//! A schema on real read models: a log in memory, folded by the real projections, commands run by the real handlers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use chronogram_automations::people::Eraser;
use chronogram_engine::{CopyStatus, Engine, Projection, ProjectionState};
use chronogram_event_store::{KeyRing, MasterKey, Sealed};
use chronogram_graphql::{
    AsOf, ChronogramSchema, PortError, Principal, ProjectionStatus, ProjectionsView, Role, SchemaDeps,
    async_graphql::Request,
};
use chronogram_intake::Intake;
use chronogram_log::{
    Actor, Append, Clock, Codec, EventFilter, ExpectedRevision, InMemoryEventStore, Metadata, Position,
    SharedEventStore, encode,
};
use chronogram_model::{
    ChatId, CommandId, ConversationId, DomainEvent, EventId, Origin, PersonId, StreamName, channel::ChannelEvent,
    conversation::ConversationEvent, person::PersonEvent,
};
use chronogram_tests::TestDatabase;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::sync::Mutex;

/// The moment at which everything in the fixture is recorded.
pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";

/// A moment of the fixture.
pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        at(NOW)
    }
}

/// Tables beside the live ones that nobody looks into.
const COPY: CopyStatus =
    CopyStatus { position: Position(7), until: Position(9), rate: 2.0, time_left_seconds: Some(1.0), ready: false };

/// Folds the log into the read models whenever somebody waits for them.
pub(crate) struct Folds {
    store: SharedEventStore,
    projections: Vec<Arc<dyn Projection>>,
    options: PgConnectOptions,
    folded: Mutex<Position>,
    /// The furthest position this pretends to reach.
    pub(crate) reach: Position,
}

impl Folds {
    async fn create_tables(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        for projection in &self.projections {
            let schema = format!("{}_v{}", projection.name(), projection.version());
            connection.execute(AssertSqlSafe(format!("create schema {schema}; set search_path = {schema}"))).await?;
            connection.execute(projection.tables_sql()).await?;
            connection.execute(projection.indexes_sql()).await?;
        }
        Ok(())
    }

    /// Folds everything the log holds.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<Position> {
        let mut folded = self.folded.lock().await;
        let page = self.store.read_all(*folded, &EventFilter::all(), usize::MAX).await?;
        if page.events.is_empty() {
            return Ok(*folded);
        }
        let mut connection = PgConnection::connect_with(&self.options).await?;
        for projection in &self.projections {
            let wanted = projection.event_types();
            let wants = |name: &str| wanted.is_none_or(|types| types.contains(&name));
            let batch: Vec<_> = page.events.iter().filter(|event| wants(&event.event_type)).cloned().collect();
            let schema = format!("{}_v{}", projection.name(), projection.version());
            let mut transaction = connection.begin().await?;
            transaction.execute(AssertSqlSafe(format!("set local search_path = {schema}"))).await?;
            if !batch.is_empty() {
                projection.apply(&batch, &mut transaction).await.context(projection.name())?;
            }
            transaction.commit().await?;
        }
        *folded = page.up_to;
        Ok(*folded)
    }
}

#[async_trait]
impl ProjectionsView for Folds {
    async fn status(&self) -> Result<Vec<ProjectionStatus>, PortError> {
        let head = self.store.head().await?;
        let position = *self.folded.lock().await;
        Ok(self
            .projections
            .iter()
            .map(|projection| ProjectionStatus {
                name: projection.name(),
                version: projection.version(),
                position,
                head,
                lag_events: head.0 - position.0,
                lag_ms: 1_500,
                rate: 12.5,
                time_left_seconds: Some(4.0),
                state: ProjectionState::Running,
                error: Some("none, but this field wants a value".to_owned()),
                error_position: None,
                parked: 1,
                skipped: 1,
                owner: None,
                next: Some(COPY),
                previous: Some(COPY),
                as_of: Some(COPY),
            })
            .collect())
    }

    async fn wait_for(&self, position: Position, _patience: Duration) -> bool {
        position <= self.reach && self.catch_up().await.is_ok_and(|folded| folded >= position)
    }

    fn as_of(&self) -> Option<AsOf> {
        self.folded.try_lock().ok().map(|position| AsOf { position: *position, lag_ms: 7 })
    }
}

/// A schema, and what stands below it.
pub(crate) struct Fixture {
    pub(crate) schema: ChronogramSchema,
    pub(crate) folds: Arc<Folds>,
    pub(crate) pool: PgPool,
    pub(crate) engine: Arc<Engine>,
    store: SharedEventStore,
    appends: AtomicU64,
}

impl Fixture {
    /// An empty log, empty read models.
    pub(crate) async fn empty() -> Self {
        Self::reaching(Position(u64::MAX)).await
    }

    /// An empty log whose read models never get past `reach`.
    pub(crate) async fn reaching(reach: Position) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let keys = KeyRing::open(database.pool.clone(), MasterKey::new(&[1; 32]).unwrap()).await.unwrap();
        let keys = Arc::new(keys);
        let log = Arc::new(InMemoryEventStore::new(Arc::new(Noon)));
        let store: SharedEventStore = Arc::new(Sealed::new(log, keys.clone()));
        let codec = Codec::new().unwrap();
        let folds = Arc::new(Folds {
            store: Arc::clone(&store),
            projections: chronogram_read_models::all(codec.clone()),
            options: database.options.clone(),
            folded: Mutex::new(Position::START),
            reach,
        });
        folds.create_tables().await.unwrap();
        let search_path = chronogram_read_models::search_path();
        let options = database.options.options([("search_path", search_path)]);
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
        let codec = Arc::new(codec);
        let unkeyed = AtomicU64::new(0);
        // A counter for chance: every request without a key is another one.
        let random = move || {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&unkeyed.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            Ok(bytes)
        };
        let engine = Engine::new(database.pool.clone(), Arc::clone(&store), folds.projections.clone()).unwrap();
        let engine = Arc::new(engine);
        let eraser = Eraser::new(
            database.pool.clone(),
            Arc::clone(&engine),
            Arc::clone(&store),
            Arc::clone(&codec),
            keys,
            Arc::new(Noon),
        );
        let intake = Intake::new(Arc::clone(&store), Arc::clone(&codec), Arc::new(Noon), Arc::new(random));
        let schema = chronogram_graphql::schema(SchemaDeps {
            pool: pool.clone(),
            store: Arc::clone(&store),
            codec,
            projections: Arc::clone(&folds) as _,
            engine: Arc::clone(&engine),
            intake: Arc::new(intake),
            eraser: Arc::new(eraser),
            profile_runs: None,
            clock: Arc::new(Noon),
        });
        Self { schema, folds, pool, engine, store, appends: 0.into() }
    }

    /// Appends events to a stream; they are in the read models once [`Folds::catch_up`] was called.
    pub(crate) async fn append<E: DomainEvent>(&self, stream: StreamName, events: Vec<E>) {
        let number = self.appends.fetch_add(1, Ordering::Relaxed);
        let command_id = CommandId::of(Origin::of(&["fixture", &number.to_string()]), "Fixture", &stream);
        let metadata = Metadata {
            command_id,
            correlation: command_id.0,
            causation: None,
            actor: Actor::Operator,
            fingerprint: None,
            traceparent: None,
        };
        let events = events.iter().enumerate();
        let events = events.map(|(index, event)| encode(EventId::of(command_id, index), event, &metadata).unwrap());
        let events = events.collect();
        let append = Append { command_id, fingerprint: None, stream, expected: ExpectedRevision::Any, events };
        self.store.append(append).await.unwrap();
    }

    pub(crate) async fn append_to_person(&self, person: i64, events: Vec<PersonEvent>) {
        self.append(PersonId::Telegram(person).stream(), events).await;
    }

    pub(crate) async fn append_to_channel(&self, channel: ChatId, events: Vec<ChannelEvent>) {
        self.append(channel.channel_stream(), events).await;
    }

    pub(crate) async fn append_to_conversation(&self, conversation: &ConversationId, events: Vec<ConversationEvent>) {
        self.append(conversation.stream(), events).await;
    }

    /// What an admin gets.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        self.ask_as(Role::Admin, query).await
    }

    /// What somebody of this role gets.
    pub(crate) async fn ask_as(&self, role: Role, query: &str) -> Value {
        self.execute(Request::new(query).data(principal(role))).await
    }

    /// The answer as a client reads it.
    pub(crate) async fn execute(&self, request: Request) -> Value {
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }

    /// What an admin gets, without errors.
    pub(crate) async fn data(&self, query: &str) -> Value {
        let answer = self.ask(query).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].clone()
    }
}

/// Somebody of this role.
pub(crate) fn principal(role: Role) -> Principal {
    Principal { name: format!("the {role}"), role }
}

/// The code of the only error in an answer.
pub(crate) fn code(answer: &Value) -> &str {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors in {answer}"));
    assert_eq!(errors.len(), 1, "{answer}");
    assert!(errors[0]["extensions"]["retryable"].is_boolean(), "{answer}");
    errors[0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code in {answer}"))
}

/// The values of a list under `pointer`.
pub(crate) fn list<'a>(data: &'a Value, pointer: &str) -> &'a [Value] {
    data.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no list at {pointer} in {}", json!(data)))
}
