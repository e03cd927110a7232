//! Faults in a row put a strategy aside; what decided before decides again, and the run goes on.

use std::sync::Arc;

use chronogram_automations::{
    plugins::{Installation, PluginError},
    profiles::Unobserved,
};
use chronogram_plugin_host::{NoEffects, TrialError};

use super::world::{World, hostile};

#[tokio::test]
async fn three_faults_in_a_row_bring_the_last_good_build_back_within_the_run() {
    let world = World::new().await;
    world.people(5).await;
    let good = world.activate(1, "behave", &[]).await;
    let bad = world.activate(2, "panic", &[]).await;
    assert_eq!(world.active().await, Some(bad.clone()));

    let report = world.fill(1, 3, Arc::new(NoEffects)).await;
    assert_eq!(report.failed.get("trap"), Some(&3), "{report:?}");
    assert_eq!(report.enriched, 2, "the next ones were decided by the good build: {report:?}");
    assert_eq!(world.active().await, Some(good.clone()));
    for (event, times) in [("PluginFaulted", 3), ("PluginQuarantined", 1), ("PluginRolledBack", 1)] {
        assert_eq!(world.events(event).await, times, "{event}");
    }
    let standings = world.plugins.standings().await.unwrap();
    let state = |digest: &str| standings.iter().find(|standing| standing.digest == digest).unwrap().state;
    assert_eq!((state(&good), state(&bad)), ("active", "quarantined"));

    // Who failed is filled by the next run; a good call between two faults ends their row.
    let again = world.fill(2, 3, Arc::new(NoEffects)).await;
    assert_eq!((again.enriched, again.failures()), (3, 0), "{again:?}");
}

#[tokio::test]
async fn with_nothing_good_before_it_the_run_ends_and_says_so() {
    let world = World::new().await;
    world.people(4).await;
    world.activate(1, "panic", &[]).await;
    world.catch_up().await;
    let filler = world.filler(Arc::new(NoEffects));
    let error = filler.fill(&World::options(1, 3), &Unobserved).await.unwrap_err();
    assert_eq!(error.to_string(), "no plugin profile-hostile is active");
    assert_eq!(world.active().await, None);
}

#[tokio::test]
async fn activation_is_a_pointer_that_goes_back_and_artifacts_go_when_nobody_points_at_them() {
    let world = World::new().await;
    let first = world.activate(1, "behave", &[]).await;
    let held = world.plugins.active("profile-hostile").await.unwrap();
    let second = world.activate(2, "behave", &["llm:default"]).await;
    // Who holds the old one finishes on it.
    assert_eq!(held.strategy.digest().as_str(), first);

    let still = world.plugins.remove("profile-hostile", &second).await.unwrap_err();
    assert!(still.to_string().contains("decides"), "{still}");
    assert_eq!(world.plugins.roll_back("profile-hostile").await.unwrap().digest, first);
    assert!(world.plugins.roll_back("profile-hostile").await.is_err(), "there is nothing before it");
    assert_eq!(world.plugins.remove("profile-hostile", &second[..8]).await.unwrap(), second);
    let left: i64 =
        sqlx::query_scalar("select count(*) from plugin.artifact").fetch_one(&world.database.pool).await.unwrap();
    assert_eq!(left, 1);
    let gone = world.plugins.activate("profile-hostile", Some(&second), None, &[]).await.unwrap_err();
    assert!(matches!(gone, PluginError::Ambiguous { count: 0, .. }), "{gone}");

    // What was removed may come again.
    world.activate(2, "behave", &[]).await;
    assert_eq!(world.active().await, Some(second));
    world.plugins.deactivate("profile-hostile").await.unwrap();
    assert_eq!(world.active().await, None);
    assert!(world.plugins.deactivate("profile-hostile").await.is_err());
    assert_eq!(world.plugins.roll_back("profile-hostile").await.unwrap().grants, Vec::<String>::new());
}

#[tokio::test]
async fn what_fails_its_trial_its_schema_or_its_grants_decides_nothing() {
    let world = World::new().await;
    let with = |config: &str| Installation {
        allow_unsigned: true,
        config: Some(config.to_owned()),
        ..Installation::default()
    };
    let trap = world.plugins.install(&hostile(1), &with("\"panic\"")).await.unwrap_err();
    assert!(matches!(trap, PluginError::Trial(TrialError::Faulted { .. })), "{trap}");
    let wrong = world.plugins.install(&hostile(1), &with("7")).await.unwrap_err();
    assert!(matches!(wrong, PluginError::Trial(TrialError::Config(_))), "{wrong}");
    assert_eq!(world.events("PluginInstalled").await, 0);

    world.activate(1, "behave", &[]).await;
    let name = "profile-hostile";
    let wrong = world.plugins.activate(name, None, Some("{}"), &[]).await.unwrap_err();
    assert!(matches!(wrong, PluginError::Config(_)), "{wrong}");
    for grant in ["llm", "lookup:salaries", "network:all"] {
        let wrong = world.plugins.activate(name, None, Some("\"x\""), &[grant.to_owned()]).await.unwrap_err();
        assert!(matches!(wrong, PluginError::Grant(_)), "{wrong}");
    }
    let nobody = world.plugins.activate("nobody", None, None, &[]).await.unwrap_err();
    assert!(matches!(nobody, PluginError::Unknown(_)), "{nobody}");
}

#[tokio::test]
async fn a_built_in_that_an_operator_took_out_of_service_stays_out() {
    let world = World::new().await;
    world.plugins.ensure_built_in().await.unwrap();
    let active = world.plugins.active("profile-basic").await.unwrap();
    assert!(active.grants.as_texts().is_empty());
    world.plugins.deactivate("profile-basic").await.unwrap();
    world.plugins.ensure_built_in().await.unwrap();
    assert!(world.plugins.active("profile-basic").await.is_err());
    assert_eq!(world.events("PluginInstalled").await, chronogram_strategies::built_in().len());
}

#[tokio::test]
async fn a_new_build_of_what_an_operator_took_out_of_service_is_installed_and_decides_nothing() {
    let world = World::new().await;
    // As an older release had it: a section that nobody reads makes another build.
    let basic = chronogram_strategies::built_in().iter().find(|built_in| built_in.name == "profile-basic").unwrap();
    let older = [basic.wasm, &[0, 3, 1, b'x', 1]].concat();
    let with = Installation { allow_unsigned: true, ..Installation::default() };
    let older = world.plugins.install(&older, &with).await.unwrap().digest.to_string();
    world.plugins.activate("profile-basic", Some(&older), None, &[]).await.unwrap();
    world.plugins.deactivate("profile-basic").await.unwrap();
    for _ in 0..2 {
        world.plugins.ensure_built_in().await.unwrap();
        assert!(world.plugins.active("profile-basic").await.is_err());
        assert_eq!(world.events("PluginInstalled").await, chronogram_strategies::built_in().len() + 1);
    }
    // Whoever switches it on again has the new build, and the next one comes by itself.
    let active = world.plugins.activate("profile-basic", None, None, &[]).await.unwrap();
    assert_ne!(active.digest, older);
}
