//! What is shipped costs nothing before an operator said that it may: without a model, or without a budget, it rests.

use std::sync::Arc;

use chronogram_automations::models::{ModelParts, Models};
use chronogram_gateways::{
    models::{ModelsSettings, SettingsError},
    patience::{Chance, Means, TokioTimer},
};
use chronogram_model::policy::PolicyCommand;
use serde_json::{Value, json};

use super::world::House;

struct NoScatter;

impl Chance for NoScatter {
    fn fraction(&self) -> f64 {
        0.0
    }
}

fn models(house: &House, settings: &Value) -> Models {
    let parts = ModelParts {
        pool: house.world.database.pool.clone(),
        store: house.world.store.clone(),
        codec: house.world.codec.clone(),
        clock: house.clock.clone(),
        means: Means { timer: Arc::new(TokioTimer), chance: Arc::new(NoScatter) },
    };
    // Err: another test of this binary was first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let no_files = |_: &str| Err(SettingsError::new("no files".into()));
    Models::new(ModelsSettings::read(&settings.to_string(), &no_files).unwrap(), parts).unwrap()
}

fn priced(input: &str, budget_per_day: Option<&str>) -> Value {
    let mut grant = json!({ "models": ["default"] });
    if let Some(budget) = budget_per_day {
        grant["budget_per_day"] = json!(budget);
    }
    json!({
        "models": { "default": { "base_url": "http://127.0.0.1:9/v1", "model": "m",
            "price_per_million": { "input": input, "output": "0" } } },
        "grants": { "profile-llm": grant },
    })
}

#[tokio::test]
async fn what_was_shipped_rests_without_a_model_or_a_budget_and_says_so() {
    let house = House::new().await;
    house.world.plugins.ensure_built_in().await.unwrap();
    let rests = async |settings: Option<Value>, expected: Option<&str>| {
        let keeping = house.keep_with(settings.map(|settings| models(&house, &settings)));
        house.until("vip", |standing| standing.next_run_at.is_some() && standing.rests.as_deref() == expected).await;
        keeping.stop().await;
    };
    rests(None, Some("no_model")).await;
    rests(Some(priced("1", Some("5"))), None).await;
    rests(Some(priced("1", None)), Some("no_budget")).await;
    rests(Some(priced("0", None)), None).await;
    // `new` asks nobody.
    assert_eq!(house.standing("new").await.unwrap().rests, None);
    house.world.plugins.deactivate("profile-basic").await.unwrap();
    rests(Some(priced("1", None)), Some("no_budget")).await;
    assert_eq!(house.standing("new").await.unwrap().rests.as_deref(), Some("not_active"));

    // Due, it rests and is put off; nothing is begun.
    let keeping = house.keep();
    house.clock.advance(24 * 60);
    let rested = house.until("vip", |standing| standing.last.is_some()).await;
    assert_eq!((rested.last.unwrap().outcome.as_str(), house.runs().await), ("no_model", 0));
    keeping.stop().await;

    // An operator who says that it holds says that it may cost.
    house.say(PolicyCommand::Switch { name: "vip".parse().unwrap(), enabled: true, at: house.minutes_ago(0) }).await;
    rests(Some(priced("1", None)), None).await;
}
