//! Filling profiles: how many people a second by `basic`, how close `hybrid` comes to what its model takes, and whether
//! memory grows with people.

use std::{
    ops::Range,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use chronogram_automations::{
    models::{ModelParts, Models},
    plugins::PluginRegistry,
    profiles::{FillOptions, FillReport, ProfileFiller, Selection, Unobserved as NobodyLooks},
};
use chronogram_engine::Engine;
use chronogram_event_store::{PostgresEventStore, Sealed, StoreSettings};
use chronogram_gateways::{
    models::{ModelsSettings, SettingsError},
    patience::{Chance, Means, TokioTimer},
};
use chronogram_import::{ImportOptions, Unobserved, import};
use chronogram_log::{Codec, SharedEventStore};
use chronogram_plugin_host::{Limits, PluginHost};
use chronogram_tests::{Manner, ModelStandin, exports::crowd_export};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    memory::{forget_peak, peak_megabytes},
    table::Table,
    world::{WallClock, World, connect, keys},
};

/// People at each look: ten times as many must not take more memory.
const CROWDS: [u64; 2] = [10_000, 100_000];
/// People a model is asked about, and what each wrote.
const TALKERS: u64 = 1_600;
const TALK: u64 = 20;
/// The model's own limit: so many answers at a time, each after this long.
const WORKERS: usize = 32;
const LATENCY: Duration = Duration::from_millis(200);

/// What the process of a run is told by, before the URL of the database.
pub(crate) const RUN: &str = "--profiles-run";

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let store: SharedEventStore = Arc::new(Sealed::new(world.store.clone(), world.keys().await?));
    let house = House {
        pool: world.pool.clone(),
        queries: world.queries.clone(),
        store: store.clone(),
        codec: world.codec.clone(),
    };
    let engine = Engine::new(world.pool.clone(), store, chronogram_read_models::all(world.codec.as_ref().clone()))?;
    let mut base = None;
    let mut first_person = 1_000_000;
    for people in CROWDS {
        house.import(&engine, world.folder(), first_person..first_person + people, 1).await?;
        first_person += people;
        let ran = run_elsewhere(&world.url())?;
        ensure!(ran.enriched == people, "{} of {people} were filled", ran.enriched);
        let rate = ran.per_second();
        table.row(
            &format!("profiles by basic, {people} people"),
            rate,
            "people/s",
            base,
            "a call, a sealed event each",
        );
        base = base.or(Some(("fewer people", rate)));
        if let Some(peak) = ran.peak_megabytes {
            let what = format!("peak memory of the run, {people} people");
            table.row(&what, peak, "MB", None, "compiled code, people on the line, states and keys kept");
        }
    }
    house.import(&engine, world.folder(), first_person..first_person + TALKERS, TALK).await?;
    house.ask_a_model(table).await
}

/// What a run in a process of its own tells of itself.
#[derive(Serialize, Deserialize)]
struct Ran {
    enriched: u64,
    duration_ms: u64,
    peak_megabytes: Option<f64>,
}

impl Ran {
    fn per_second(&self) -> f64 {
        per_second(self.enriched, self.duration_ms)
    }
}

/// A run in a process of its own: in this one an import came before, and what it left would be counted.
fn run_elsewhere(database: &str) -> anyhow::Result<Ran> {
    let output = Command::new(std::env::current_exe()?).args([RUN, database]).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the process of the run ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// That process.
pub(crate) async fn run(database: &str) -> anyhow::Result<()> {
    let (pool, queries) = connect(database.parse()?).await?;
    let log = PostgresEventStore::open(pool.clone(), StoreSettings::default()).await?;
    let store = Arc::new(Sealed::new(Arc::new(log), keys(&pool).await?));
    let house = House { pool, queries, store, codec: Arc::new(Codec::new()?) };
    let report = house.fill(house.filler(None)?, "basic", 4).await?;
    let ran = Ran { enriched: report.enriched, duration_ms: report.duration_ms, peak_megabytes: peak_megabytes() };
    println!("{}", serde_json::to_string(&ran)?);
    Ok(())
}

/// What filling takes.
struct House {
    pool: PgPool,
    queries: PgPool,
    store: SharedEventStore,
    codec: Arc<Codec>,
}

struct Even;

impl Chance for Even {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl House {
    async fn import(
        &self,
        engine: &Engine,
        folder: &Path,
        people: Range<u64>,
        messages_each: u64,
    ) -> anyhow::Result<()> {
        let export = folder.join("crowd.json");
        crowd_export(&export, people.start, people.end - people.start, messages_each)?;
        import(self.store.clone(), &export, ImportOptions::default(), &Unobserved).await?;
        std::fs::remove_file(&export)?;
        let head = self.store.head().await?;
        engine.catch_up(head, &|_| {}).await?;
        // Else autovacuum does it while it is measured: an import's aftermath, not the filling's work.
        sqlx::query("vacuum analyze").execute(&self.pool).await?;
        Ok(())
    }

    fn plugins(&self) -> anyhow::Result<Arc<PluginRegistry>> {
        let host = PluginHost::new(Limits::default())?;
        let (store, codec) = (self.store.clone(), self.codec.clone());
        Ok(Arc::new(PluginRegistry::new(self.pool.clone(), host, store, codec, Arc::new(WallClock))))
    }

    fn filler(&self, models: Option<Models>) -> anyhow::Result<(Arc<PluginRegistry>, ProfileFiller)> {
        let plugins = self.plugins()?;
        let (pool, queries, store) = (self.pool.clone(), self.queries.clone(), self.store.clone());
        let filler = ProfileFiller::new(pool, queries, store, self.codec.clone(), plugins.clone(), Arc::new(WallClock));
        Ok((plugins, filler.with_models(models)))
    }

    async fn fill(
        &self,
        (plugins, filler): (Arc<PluginRegistry>, ProfileFiller),
        strategy: &str,
        workers: usize,
    ) -> anyhow::Result<FillReport> {
        plugins.ensure_built_in().await?;
        if strategy != "basic" {
            plugins.activate(&format!("profile-{strategy}"), None, None, &["llm:default".to_owned()]).await?;
        }
        let head = self.store.head().await?;
        let options = FillOptions {
            strategy: strategy.to_owned(),
            selection: Selection::missing(),
            workers,
            batch_size: 500,
            limit: None,
            dry_run: false,
            run: Uuid::from_u128(u128::from(head.0)),
        };
        // Compiling the strategies, which the product does in a child, is not the run's.
        forget_peak();
        let report = filler.fill(&options, &NobodyLooks).await?;
        ensure!(report.failures() == 0, "{report:?}");
        Ok(report)
    }

    async fn ask_a_model(&self, table: &mut Table) -> anyhow::Result<()> {
        let model = ModelStandin::start().await?;
        model.set_latency(LATENCY);
        let field = json!({ "key": "interests", "value": "tea", "confidence": 0.8, "evidence": ["m1"] });
        model.always(Manner::Say(json!({ "fields": [field] }).to_string()));
        let report = self.fill(self.filler(Some(self.models(&model)?))?, "hybrid", WORKERS).await?;
        let asked = u64::try_from(model.accepted().len())?;
        ensure!(asked > TALKERS / 2, "the model was asked about {asked} of {TALKERS}: {report:?}");
        #[allow(clippy::cast_precision_loss)] // 32
        let limit = WORKERS as f64 / LATENCY.as_secs_f64();
        let bound = "the model: 32 answers at a time, 200 ms each";
        table.row(
            "hybrid, answers of its model",
            per_second(asked, report.duration_ms),
            "answers/s",
            Some(("limit", limit)),
            bound,
        );
        Ok(())
    }

    fn models(&self, model: &ModelStandin) -> anyhow::Result<Models> {
        let settings = json!({
            "models": { "default": {
                "base_url": model.base_url(), "model": ModelStandin::MODEL, "api_key": ModelStandin::KEY,
                "price_per_million": { "input": "1", "output": "2" },
            } },
            "grants": { "*": { "models": ["default"] } },
        });
        let no_files = |_: &str| Err(SettingsError::new("no files".to_owned()));
        let parts = ModelParts {
            pool: self.pool.clone(),
            store: self.store.clone(),
            codec: self.codec.clone(),
            clock: Arc::new(WallClock),
            means: Means { timer: Arc::new(TokioTimer), chance: Arc::new(Even) },
        };
        Models::new(ModelsSettings::read(&settings.to_string(), &no_files)?, parts).context("models")
    }
}

#[allow(clippy::cast_precision_loss)] // far below 2⁵³
fn per_second(count: u64, milliseconds: u64) -> f64 {
    count as f64 * 1_000.0 / milliseconds.max(1) as f64
}
