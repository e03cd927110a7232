//! Filling profiles: how many people a second by `basic`, how close `hybrid` comes to what its model takes, and whether
//! memory grows with people.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use chronogram_automations::{
    models::{ModelParts, Models},
    plugins::PluginRegistry,
    profiles::{FillOptions, FillReport, ProfileFiller, Selection, Unobserved as NobodyLooks},
};
use chronogram_engine::Engine;
use chronogram_event_store::Sealed;
use chronogram_gateways::{
    models::{ModelsSettings, SettingsError},
    patience::{Chance, Means, TokioTimer},
};
use chronogram_import::{ImportOptions, Unobserved, import};
use chronogram_log::SharedEventStore;
use chronogram_plugin_host::{Limits, PluginHost};
use chronogram_tests::{Manner, ModelStandin, exports::crowd_export};
use serde_json::json;
use uuid::Uuid;

use crate::{
    memory::{forget_peak, peak_megabytes},
    table::Table,
    world::{WallClock, World},
};

/// People at each look: ten times as many must not take more memory.
const CROWDS: [u64; 2] = [10_000, 100_000];
/// People a model is asked about, and what each wrote.
const TALKERS: u64 = 1_600;
const TALK: u64 = 20;
/// The model's own limit: so many answers at a time, each after this long.
const WORKERS: usize = 32;
const LATENCY: Duration = Duration::from_millis(200);

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let store: SharedEventStore = Arc::new(Sealed::new(world.store.clone(), world.keys().await?));
    let projections = chronogram_read_models::all(world.codec.as_ref().clone());
    let engine = Engine::new(world.pool.clone(), store.clone(), projections)?;
    let house = House { world, store, engine };
    let mut base = None;
    let mut first_person = 1_000_000;
    for people in CROWDS {
        house.import(first_person, people, 1).await?;
        first_person += people;
        forget_peak();
        let report = house.fill(house.filler(None)?, "basic", 4).await?;
        let rate = per_second(report.enriched, &report);
        table.row(
            &format!("profiles by basic, {people} people"),
            rate,
            "people/s",
            base,
            "a call, a sealed event each",
        );
        base = base.or(Some(("fewer people", rate)));
        if let Some(peak) = peak_megabytes() {
            table.row(&format!("peak memory, {people} people"), peak, "MB", None, "people on the line, states kept");
        }
    }
    house.import(first_person, TALKERS, TALK).await?;
    house.ask_a_model(table).await
}

struct House<'a> {
    world: &'a World,
    store: SharedEventStore,
    engine: Engine,
}

struct Even;

impl Chance for Even {
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl House<'_> {
    async fn import(&self, first: u64, people: u64, messages_each: u64) -> anyhow::Result<()> {
        let export = self.world.folder().join("crowd.json");
        crowd_export(&export, first, people, messages_each)?;
        import(self.store.clone(), &export, ImportOptions::default(), &Unobserved).await?;
        std::fs::remove_file(&export)?;
        let head = self.store.head().await?;
        self.engine.catch_up(head, &|_| {}).await?;
        Ok(())
    }

    fn plugins(&self) -> anyhow::Result<Arc<PluginRegistry>> {
        let (pool, host) = (self.world.pool.clone(), PluginHost::new(Limits::default())?);
        let (store, codec) = (self.store.clone(), self.world.codec.clone());
        Ok(Arc::new(PluginRegistry::new(pool, host, store, codec, Arc::new(WallClock))))
    }

    fn filler(&self, models: Option<Models>) -> anyhow::Result<(Arc<PluginRegistry>, ProfileFiller)> {
        let plugins = self.plugins()?;
        let (pool, queries, store) = (self.world.pool.clone(), self.world.queries.clone(), self.store.clone());
        let codec = self.world.codec.clone();
        let filler = ProfileFiller::new(pool, queries, store, codec, plugins.clone(), Arc::new(WallClock));
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
            per_second(asked, &report),
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
            pool: self.world.pool.clone(),
            store: self.store.clone(),
            codec: self.world.codec.clone(),
            clock: Arc::new(WallClock),
            means: Means { timer: Arc::new(TokioTimer), chance: Arc::new(Even) },
        };
        Models::new(ModelsSettings::read(&settings.to_string(), &no_files)?, parts).context("models")
    }
}

#[allow(clippy::cast_precision_loss)] // far below 2⁵³
fn per_second(count: u64, report: &FillReport) -> f64 {
    count as f64 * 1_000.0 / report.duration_ms.max(1) as f64
}
