//! Whom a strategy fails, basic fills, and a code says why.

use std::sync::Arc;

use chronogram_automations::profiles::{Profiles, Unobserved};
use chronogram_plugin_host::NoEffects;
use chronogram_tests::Manner;

use super::world::{House, options, told};
use crate::plugins::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_strategy_fails_basic_fills_and_a_code_says_why() {
    let house = House::with_people(2).await;
    for (build, (order, code)) in (2..).zip([
        ("refuse", "unsupported"),
        ("twice", "bad_output"),
        ("log-control", "empty"),
        ("no such order", "invalid_config"),
        ("ask-something-else", "nondeterminism"),
    ]) {
        house.world.activate(build, order, &["llm:default"]).await;
        let before = house.filled().await.len();
        let report = house.fill(u128::from(build), Profiles::Any).await.unwrap();
        assert_eq!((report.enriched, report.failures()), (2, 0), "{order}: {report:?}");
        assert_eq!(report.fallbacks.get(code), Some(&2), "{order}: {report:?}");
        for filled in house.filled().await.split_off(before) {
            assert_eq!((filled.strategy.as_str(), filled.plugin.name.as_str()), ("hostile", "profile-basic"));
            assert_eq!(filled.fallback_reason.as_deref(), Some(code));
            assert!(!filled.set.plain().unwrap().is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_aside_in_the_middle_is_done_without() {
    let world = World::new().await;
    world.plugins.ensure_built_in().await.unwrap();
    world.people(6).await;
    world.activate(2, "panic", &[]).await;
    let report = world.fill(1, 10, Arc::new(NoEffects)).await;
    assert_eq!((report.enriched, report.failures()), (6, 0), "{report:?}");
    assert_eq!((report.fallbacks["trap"], report.fallbacks["not_active"]), (3, 3), "{report:?}");
    let unknown = world.filler(Arc::new(NoEffects)).fill(&options(2, Profiles::Any), &Unobserved).await.unwrap_err();
    assert_eq!(unknown.to_string(), "no plugin profile-hostile is active", "asked for from the start it is a mistake");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_a_model_to_fail_has_its_code() {
    for (manner, code) in [
        (Manner::Say("I think they like tea".into()), "unparsed"),
        (Manner::Say("```json\n{\"likes\":\"tea\"}\n```".into()), ""),
        (Manner::Refuse("I'd rather not".into()), "invalid_response"),
        (Manner::QuotaSpent, "unavailable"),
        (Manner::Fault(503), "unavailable"),
        (Manner::NoJson, "unavailable"),
    ] {
        let house = House::with_people(1).await;
        house.model.always(manner);
        let report = house.fill(1, Profiles::Missing).await.unwrap();
        let filled = house.filled().await;
        assert_eq!((report.enriched, filled.len()), (1, 1), "{code}: {report:?}");
        assert_eq!(filled[0].fallback_reason.as_deref().unwrap_or_default(), code);
        assert_eq!(told(&filled), house.paid().await, "{code}: a failed attempt has its price too");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_who_wrote_nothing_or_by_whom_it_is_not_granted() {
    let house = House::with_people(0).await;
    house.world.people(2).await;
    let report = house.fill(1, Profiles::Missing).await.unwrap();
    assert_eq!((report.enriched, report.fallbacks.get("no_messages")), (2, Some(&2)), "{report:?}");

    let house = House::with_people(1).await;
    house.world.activate(2, "read", &[]).await;
    let report = house.fill(1, Profiles::Missing).await.unwrap();
    assert_eq!((report.enriched, report.fallbacks.get("denied")), (1, Some(&1)), "{report:?}");
    assert_eq!(house.model.accepted().len(), 0);
}
