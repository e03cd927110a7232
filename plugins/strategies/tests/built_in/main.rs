//! The built-in strategies as they ship: run by the real host, with no import but the contract's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod basic;
mod bytes;
mod golden;

use std::sync::Arc;

use chronogram_plugin_host::{
    CallContext, ConfigSchema, Fact, Grants, Limits, PluginHost, Scalar, Strategy, World, seed_for,
};
use chronogram_strategies::{BuiltIn, built_in};

fn named(name: &str) -> &'static BuiltIn {
    built_in().iter().find(|strategy| strategy.name == name).expect(name)
}

async fn loaded(name: &str) -> Arc<Strategy> {
    PluginHost::new(Limits::default()).unwrap().load(named(name).wasm).await.unwrap()
}

fn fact(key: &str, value: Scalar) -> Fact {
    Fact { key: key.into(), value }
}

fn call(strategy: &Strategy) -> CallContext {
    CallContext {
        tenant: "tests".into(),
        now_ms: 1_700_000_000_000,
        seed: seed_for("event", strategy.digest()),
        config: "{}".into(),
        locale: None,
    }
}

#[tokio::test]
async fn every_built_in_loads_under_its_name_and_passes_its_trial() {
    for strategy in built_in() {
        let loaded = loaded(strategy.name).await;
        assert_eq!((loaded.world(), &*loaded.descriptor().name), (World::Profile, strategy.name));
        let trial = loaded.trial_with(strategy.config, &[]).await.unwrap();
        // Who always asks asks about the small sample, too; to the hybrid it is too little.
        let expected = if strategy.name == "profile-llm" { "suspended" } else { "done" };
        assert_eq!(trial.outcome, expected, "{}", strategy.name);
    }
}

#[tokio::test]
async fn every_built_in_is_activated_with_what_it_takes() {
    for strategy in built_in() {
        let loaded = loaded(strategy.name).await;
        let descriptor = loaded.descriptor();
        let schema = ConfigSchema::of(&descriptor.config_schema).unwrap();
        assert_eq!(schema.check(strategy.config).as_deref(), Ok(strategy.config));
        let grants: Vec<String> = strategy.grants.iter().map(|&grant| grant.into()).collect();
        assert_eq!(Grants::of(&grants, descriptor).unwrap().as_texts(), grants);
        assert_eq!(grants.is_empty(), descriptor.wants.is_empty(), "{} wants what it is not granted", strategy.name);
    }
}
