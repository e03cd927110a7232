//! A registry and a filler on a real Postgres, with people to fill, and a strategy that does what its configuration
//! orders.

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
};

use chronogram_automations::{
    plugins::{Installation, PluginRegistry},
    profiles::{FillOptions, FillReport, ProfileFiller, Selection, Unobserved},
};
use chronogram_engine::Engine;
use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Clock, Codec, EventFilter, Position, SharedEventStore};
use chronogram_model::{
    Origin, PersonId, Personal,
    person::{Person, PersonCommand, PersonName, PersonSeen},
};
use chronogram_plugin_host::{Compiler, Effects, Limits, PluginHost};
use chronogram_tests::{TestDatabase, compiled_code};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

#[path = "../../../plugins/strategies/guest_build.rs"]
pub(super) mod guest_build;

/// The guest of `tests/guests/hostile`; the tests of the host build it in the same place.
static HOSTILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/hostile");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-guest");
    guest_build::build_guest(&guest, &target).unwrap_or_else(|error| panic!("{error}"))
});

/// The same strategy in another build: a section that nobody reads makes another digest.
pub(crate) fn hostile(build: u8) -> Vec<u8> {
    let mut wasm = HOSTILE.clone();
    wasm.extend([0, 3, 1, b'x', build]);
    wasm
}

/// A second later at each look.
#[derive(Debug, Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        noon + SignedDuration::from_secs(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) plugins: Arc<PluginRegistry>,
    pub(crate) store: SharedEventStore,
    pub(crate) codec: Arc<Codec>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) engine: Engine,
    queries: PgPool,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let store = PostgresEventStore::open(database.pool.clone(), StoreSettings::default()).await.unwrap();
        let store: SharedEventStore = Arc::new(store);
        let codec = Arc::new(Codec::new().unwrap());
        let clock: Arc<dyn Clock> = Arc::new(Ticking::default());
        let projections = chronogram_read_models::all(codec.as_ref().clone());
        let engine = Engine::new(database.pool.clone(), store.clone(), projections).unwrap();
        let search_path = chronogram_read_models::search_path();
        let queries = PgPoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(database.options.clone().options([("search_path", search_path)]));
        let host = PluginHost::with(Limits::default(), Compiler::InThisProcess, compiled_code().ok()).unwrap();
        let plugins = PluginRegistry::new(database.pool.clone(), host, store.clone(), codec.clone(), clock.clone());
        Self { database, plugins: Arc::new(plugins), store, codec, clock, engine, queries }
    }

    /// People of whom nothing is known but their names.
    pub(crate) async fn people(&self, count: i64) {
        let people = Handler::<Person>::new(self.store.clone(), self.codec.clone());
        for number in 1..=count {
            let person = PersonId::Telegram(number);
            let name = PersonName { display: Some(format!("Person {number}")), username: None };
            let seen = PersonSeen {
                name: Personal::of(person.clone(), name),
                person,
                language: None,
                premium: None,
                chat: None,
                seen_at: self.clock.now(),
            };
            let context = Context::new(Origin::of(&["test", &number.to_string()]), Actor::Automation("test".into()));
            people.handle(&PersonCommand::See(seen), &context).await.unwrap();
        }
    }

    /// Takes a build of the strategy in and lets it decide.
    pub(crate) async fn activate(&self, build: u8, order: &str, grants: &[&str]) -> String {
        let with =
            Installation { allow_unsigned: true, config: Some("\"behave\"".to_owned()), ..Installation::default() };
        let installed = self.plugins.install(&hostile(build), &with).await.unwrap();
        let digest = installed.digest.to_string();
        let grants: Vec<String> = grants.iter().map(|&grant| grant.to_owned()).collect();
        let config = format!("\"{order}\"");
        self.plugins.activate(&installed.name, Some(&digest), Some(&config), &grants).await.unwrap();
        digest
    }

    pub(crate) fn filler(&self, effects: Arc<dyn Effects>) -> ProfileFiller {
        let (pool, queries, store) = (self.database.pool.clone(), self.queries.clone(), self.store.clone());
        let filler =
            ProfileFiller::new(pool, queries, store, self.codec.clone(), self.plugins.clone(), self.clock.clone());
        filler.with_effects(effects)
    }

    /// One run over everybody without a profile, one after the other.
    pub(crate) async fn fill(&self, run: u128, batch_size: u32, effects: Arc<dyn Effects>) -> FillReport {
        self.catch_up().await;
        self.filler(effects).fill(&Self::options(run, batch_size), &Unobserved).await.unwrap()
    }

    /// Everybody without a profile, one after the other.
    pub(crate) fn options(run: u128, batch_size: u32) -> FillOptions {
        FillOptions {
            strategy: "hostile".to_owned(),
            selection: Selection::missing(),
            workers: 1,
            batch_size,
            limit: None,
            dry_run: false,
            run: Uuid::from_u128(run),
        }
    }

    pub(crate) async fn catch_up(&self) {
        let head = self.store.head().await.unwrap();
        self.engine.catch_up(head, &|_| {}).await.unwrap();
    }

    /// How many events of a type there are.
    pub(crate) async fn events(&self, event_type: &str) -> usize {
        let page = self.store.read_all(Position::START, &EventFilter::types([event_type]), 1_000).await.unwrap();
        page.events.len()
    }

    /// The digest that decides.
    pub(crate) async fn active(&self) -> Option<String> {
        let state = self.plugins.state("profile-hostile").await.unwrap();
        state.active().map(|active| active.digest.clone())
    }
}
