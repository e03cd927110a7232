//! People who wrote, a strategy that asks a model about what they wrote, and the model.

use std::sync::Arc;

use chronogram_automations::{
    models::{ModelParts, Models},
    profiles::{FillError, FillOptions, FillReport, ProfileFiller, Profiles, Selection, Unobserved},
};
use chronogram_gateways::{
    models::{ModelsSettings, SettingsError},
    patience::{Chance, Means, TokioTimer},
};
use chronogram_import::{ImportOptions, import};
use chronogram_log::{EventFilter, Position};
use chronogram_model::{
    language_model::ModelCalled,
    person::{PersonEvent, ProfileEnriched},
};
use chronogram_plugin_host::NoEffects;
use chronogram_tests::{Manner, ModelStandin, exports::crowd_export};
use rust_decimal::Decimal;
use serde_json::json;

use crate::plugins::world::World;

struct NoScatter;

impl Chance for NoScatter {
    fn fraction(&self) -> f64 {
        0.0
    }
}

pub(super) struct House {
    pub(super) world: World,
    pub(super) model: ModelStandin,
}

impl House {
    /// So many people wrote one message each; the strategy reads them.
    pub(super) async fn with_people(people: u64) -> Self {
        let house = Self { world: World::new().await, model: ModelStandin::start().await.unwrap() };
        house.world.plugins.ensure_built_in().await.unwrap();
        house.world.activate(1, "read", &["llm:default"]).await;
        house.talk(people).await;
        house.model.always(Manner::Say(r#"{"likes":"tea"}"#.into()));
        house
    }

    async fn talk(&self, people: u64) {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("result.json");
        crowd_export(&export, 1, people, 1).unwrap();
        let options = ImportOptions::default();
        import(self.world.store.clone(), &export, options, &chronogram_import::Unobserved).await.unwrap();
        self.world.catch_up().await;
    }

    /// As a process of its own would ask: what it shares is the database.
    pub(super) fn models(&self, budget_per_run: Option<&str>) -> Models {
        let mut grant = json!({ "models": ["default"] });
        if let Some(budget) = budget_per_run {
            grant["budget_per_run"] = json!(budget);
        }
        let settings = json!({
            "models": { "default": {
                "base_url": self.model.base_url(), "model": ModelStandin::MODEL, "api_key": ModelStandin::KEY,
                "timeout_seconds": 1, "deadline_seconds": 20, "price_per_million": { "input": "1", "output": "2" },
            } },
            "grants": { "profile-hostile": grant },
        });
        let no_files = |_: &str| Err(SettingsError::new("no files".into()));
        let parts = ModelParts {
            pool: self.world.database.pool.clone(),
            store: self.world.store.clone(),
            codec: self.world.codec.clone(),
            clock: self.world.clock.clone(),
            means: Means { timer: Arc::new(TokioTimer), chance: Arc::new(NoScatter) },
        };
        // Err: another test of this binary was first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Models::new(ModelsSettings::read(&settings.to_string(), &no_files).unwrap(), parts).unwrap()
    }

    pub(super) fn filler(&self) -> ProfileFiller {
        self.world.filler(Arc::new(NoEffects)).with_models(Some(self.models(None)))
    }

    /// One run with the strategy that reads.
    pub(super) async fn fill(&self, run: u128, profiles: Profiles) -> Result<FillReport, FillError> {
        self.world.catch_up().await;
        self.filler().fill(&options(run, profiles), &Unobserved).await
    }

    /// Every profile that was filled, oldest first.
    pub(super) async fn filled(&self) -> Vec<ProfileEnriched> {
        let page = self.world.store.read_all(Position::START, &EventFilter::types(["ProfileEnriched"]), 1_000).await;
        let events = page.unwrap().events;
        let decoded = events.iter().map(|event| self.world.codec.decode::<PersonEvent>(event).unwrap());
        decoded
            .map(|event| match event {
                Some(PersonEvent::ProfileEnriched(event)) => event,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// What all calls of models took, by the log: tokens and money.
    pub(super) async fn paid(&self) -> (u64, Decimal) {
        let page =
            self.world.store.read_all(Position::START, &EventFilter::types(["ModelCalled"]), 1_000).await.unwrap();
        let calls = page.events.iter().map(|event| serde_json::from_str::<ModelCalled>(event.data.as_str()).unwrap());
        calls.fold((0, Decimal::ZERO), |(tokens, cost), call| {
            (tokens + u64::from(call.input_tokens) + u64::from(call.output_tokens), cost + call.cost)
        })
    }
}

pub(super) fn options(run: u128, profiles: Profiles) -> FillOptions {
    FillOptions { selection: Selection::everybody(profiles), workers: 4, ..World::options(run, 10) }
}

/// What profiles say they took, together.
pub(super) fn told(filled: &[ProfileEnriched]) -> (u64, Decimal) {
    filled.iter().fold((0, Decimal::ZERO), |(tokens, cost), event| (tokens + event.tokens, cost + event.cost))
}
