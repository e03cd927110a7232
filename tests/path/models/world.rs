//! A house that asks models, in this process, whose time the test moves.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chronogram_automations::models::{Grant, ModelAnswer, ModelFailure, ModelParts, ModelRequest, Models};
use chronogram_event_store::{KeyRing, MasterKey, PostgresEventStore, Sealed, StoreSettings};
use chronogram_gateways::{
    models::{ChatMessage, ChatRequest, ModelsSettings, Role, Schema, SettingsError},
    patience::{Chance, Means, Timer},
};
use chronogram_log::{Clock, Codec, EventFilter, Position, SharedEventStore};
use chronogram_model::{PersonId, language_model::ModelEvent};
use chronogram_tests::{ModelStandin, TestDatabase};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

/// A clock and a timer that agree, both moved by the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Time(Arc<Mutex<Duration>>);

impl Time {
    pub(super) fn leap(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    fn leapt(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        start + SignedDuration::try_from(self.leapt()).unwrap()
    }
}

#[async_trait]
impl Timer for Time {
    fn now(&self) -> Instant {
        Instant::now() + self.leapt()
    }

    async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(at - self.leapt()).await;
    }
}

/// Nobody waits longer than they are told to.
struct NoScatter;

impl Chance for NoScatter {
    fn fraction(&self) -> f64 {
        0.0
    }
}

pub(super) struct World {
    pub(super) model: ModelStandin,
    pub(super) database: TestDatabase,
    pub(super) time: Time,
    pub(super) store: SharedEventStore,
    pub(super) keys: Arc<KeyRing>,
}

pub(super) fn money(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn run(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn grant(number: u128) -> Grant {
    Grant { plugin: "profile-llm".into(), run: run(number) }
}

/// A question; another text is another one.
pub(super) fn question(text: &str) -> ModelRequest {
    ModelRequest {
        model: "default".into(),
        chat: ChatRequest {
            messages: vec![ChatMessage { role: Role::User, content: text.into() }],
            schema: None,
            max_output_tokens: 100,
            temperature: None,
        },
        about: Some(PersonId::Telegram(7)),
    }
}

pub(super) fn with_schema(text: &str, schema: &str) -> ModelRequest {
    let mut request = question(text);
    request.chat.schema = Some(Schema::read(schema).unwrap());
    request
}

impl World {
    pub(super) async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let master = MasterKey::new(&[1; 32]).unwrap();
        let keys = Arc::new(KeyRing::open(database.pool.clone(), master).await.unwrap());
        let store = PostgresEventStore::open(database.pool.clone(), StoreSettings::default()).await.unwrap();
        let store: SharedEventStore = Arc::new(Sealed::new(Arc::new(store), keys.clone()));
        Self { model: ModelStandin::start().await.unwrap(), database, time: Time::default(), store, keys }
    }

    pub(super) fn settings(&self) -> Value {
        json!({
            "models": { "default": {
                "base_url": self.model.base_url(), "model": ModelStandin::MODEL, "api_key": ModelStandin::KEY,
                "timeout_seconds": 1, "deadline_seconds": 20, "keep_answers_hours": 24,
                "price_per_million": { "input": "1", "output": "2" },
            } },
            "grants": { "profile-llm": { "models": ["default"] } },
        })
    }

    /// As a process of its own would: it shares the database and nothing else.
    pub(super) fn asking(&self, settings: &Value) -> Models {
        let no_files = |_: &str| Err(SettingsError::new("no files".into()));
        let settings = ModelsSettings::read(&settings.to_string(), &no_files).unwrap();
        let parts = ModelParts {
            pool: self.database.pool.clone(),
            store: self.store.clone(),
            codec: Arc::new(Codec::new().unwrap()),
            clock: Arc::new(self.time.clone()),
            means: Means { timer: Arc::new(self.time.clone()), chance: Arc::new(NoScatter) },
        };
        // Err: another test of this binary was first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Models::new(settings, parts).unwrap()
    }

    pub(super) fn models(&self) -> Models {
        self.asking(&self.settings())
    }

    /// What the log says of models, oldest first, as anybody may read it who has the keys.
    pub(super) async fn log(&self) -> Vec<ModelEvent> {
        let filter = EventFilter::types(["ModelCalled", "ModelAnswerReused"]);
        let page = self.store.read_all(Position::START, &filter, 1_000).await.unwrap();
        let codec = Codec::new().unwrap();
        page.events.iter().filter_map(|event| codec.decode(event).unwrap()).collect()
    }

    /// The calls of the log, by outcome.
    pub(super) async fn outcomes(&self) -> Vec<String> {
        let calls = self.log().await.into_iter().filter_map(|event| match event {
            ModelEvent::ModelCalled(called) => Some(called.outcome),
            ModelEvent::ModelAnswerReused(_) => None,
        });
        calls.collect()
    }

    /// How many events of a type there are.
    pub(super) async fn count(&self, event_type: &str) -> i64 {
        let sql = "select count(*) from es.event where type = $1";
        sqlx::query_scalar(sql).bind(event_type).fetch_one(&self.database.pool).await.unwrap()
    }

    /// What was spent so far by all, nothing where nobody asked yet.
    pub(super) async fn house_spent(&self) -> Decimal {
        let sql = "select coalesce(sum(spent), 0) from model.account where name like 'house %'";
        sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap()
    }

    /// What was spent and put aside, by all.
    pub(super) async fn house(&self) -> (Decimal, Decimal) {
        let sql = "select spent, reserved from model.account where name like 'house %'";
        let (spent, reserved): (Decimal, Decimal) = sqlx::query_as(sql).fetch_one(&self.database.pool).await.unwrap();
        (spent.normalize(), reserved.normalize())
    }
}

/// The kind of a failure.
pub(super) fn kind(answered: Result<ModelAnswer, ModelFailure>) -> &'static str {
    answered.map_or_else(|failure| failure.kind(), |_| "answered")
}
