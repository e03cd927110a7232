//! What profiles cost is what was paid, to the last place; where it is spent, the run stops and goes on another time.

use std::sync::Arc;

use chronogram_automations::{
    models::ModelRequest,
    profiles::{Ending, FillError, FillOptions, Profiles, Unobserved},
};
use chronogram_gateways::models::{ChatMessage, ChatRequest, Role};
use chronogram_plugin_host::NoEffects;
use chronogram_tests::Manner;
use rust_decimal::Decimal;

use super::world::{House, options, told};

#[tokio::test(flavor = "multi_thread")]
async fn profiles_say_what_was_paid_also_behind_a_cut() {
    let house = House::with_people(2).await;
    house.world.activate(2, "ask-twice", &["llm:default"]).await;
    house.model.always(Manner::Say("yes".into()));
    // Enough for the first question of one, not for the next.
    let budget = house.models(None).cost_most("profile-hostile", &question("question 0")).unwrap().to_string();
    let poor = house.world.filler(Arc::new(NoEffects)).with_models(Some(house.models(Some(&budget))));
    let one_by_one = FillOptions { workers: 1, ..options(1, Profiles::Missing) };
    let cut = poor.fill(&one_by_one, &Unobserved).await.unwrap();
    assert_eq!((cut.outcome, cut.enriched, house.model.accepted().len()), (Ending::BudgetExhausted, 0, 1), "{cut:?}");
    assert_eq!(house.filled().await, []);

    let report = house.fill(2, Profiles::Missing).await.unwrap();
    assert_eq!((report.enriched, house.model.accepted().len()), (2, 4), "{report:?}");
    let filled = house.filled().await;
    assert!(filled.iter().all(|event| event.tokens > 0 && event.cost > Decimal::ZERO), "{filled:?}");
    assert_eq!(told(&filled), house.paid().await);
    assert_eq!((report.tokens, report.cost), told(&filled));

    // Another run that asks the same is given the same answers, and pays nothing.
    let again = house.fill(3, Profiles::Any).await.unwrap();
    assert_eq!((again.enriched, again.tokens, again.cost), (2, 0, Decimal::ZERO), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_stops_the_run_and_degrades_nobody() {
    let house = House::with_people(8).await;
    // Three attempts of some hundred tokens: what is put aside for one question, and not for three.
    let most =
        house.models(None).cost_most("profile-hostile", &question("I like compiler and football, this is what 7 says"));
    let budget = (most.unwrap() * Decimal::TWO).to_string();
    let poor = house.world.filler(Arc::new(NoEffects)).with_models(Some(house.models(Some(&budget))));
    let report = poor.fill(&options(1, Profiles::Missing), &Unobserved).await.unwrap();
    assert_eq!((report.outcome, report.spent.as_deref()), (Ending::BudgetExhausted, Some("the run")), "{report:?}");
    let filled = house.filled().await;
    assert!(!filled.is_empty() && filled.len() < 8, "{report:?}");
    assert!(filled.iter().all(|event| event.fallback_reason.is_none()), "{filled:?}");
    assert_eq!((report.enriched, report.failures()), (filled.len() as u64, 0));

    let rest = house.fill(2, Profiles::Missing).await.unwrap();
    assert_eq!((rest.outcome, rest.enriched), (Ending::Done, 8 - filled.len() as u64), "{rest:?}");
    assert_eq!(told(&house.filled().await), house.paid().await);
    assert_eq!(house.model.accepted().len(), 8, "nothing was asked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_house_itself_fails_the_run_stops_with_nothing_half_done() {
    let house = House::with_people(3).await;
    sqlx::query("alter table model.account rename to gone").execute(&house.world.database.pool).await.unwrap();
    let error = house.fill(1, Profiles::Missing).await.unwrap_err();
    assert!(matches!(error, FillError::Models(_)), "{error}");
    assert_eq!((house.filled().await, house.model.accepted().len()), (vec![], 0));
    sqlx::query("alter table model.gone rename to account").execute(&house.world.database.pool).await.unwrap();
    let report = house.fill(2, Profiles::Missing).await.unwrap();
    assert_eq!((report.enriched, report.resumed), (3, true), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_it_would_cost_at_most_and_leaves_no_trace() {
    let house = House::with_people(3).await;
    let head = house.world.store.head().await.unwrap();
    let dry = FillOptions { dry_run: true, ..options(1, Profiles::Missing) };
    let report = house.filler().fill(&dry, &Unobserved).await.unwrap();
    let would_ask = report.would_ask.clone().unwrap();
    assert_eq!((would_ask.people, would_ask.unpriced, report.people), (3, 0, 3), "{report:?}");
    assert_eq!((house.world.store.head().await.unwrap(), house.model.accepted().len()), (head, 0));
    let done = house.fill(2, Profiles::Missing).await.unwrap();
    assert!(done.cost > Decimal::ZERO && done.cost <= would_ask.cost_most, "{done:?}, {would_ask:?}");

    let basic = FillOptions { strategy: "basic".into(), dry_run: true, ..options(3, Profiles::Any) };
    let report = house.filler().fill(&basic, &Unobserved).await.unwrap();
    assert_eq!((report.enriched, report.would_ask, report.last_position), (3, None, None));
}

/// As it is asked, but for whom it is about.
fn question(text: &str) -> ModelRequest {
    let content = text.to_owned();
    ModelRequest {
        model: "default".into(),
        chat: ChatRequest {
            messages: vec![ChatMessage { role: Role::User, content }],
            schema: None,
            max_output_tokens: 16,
            temperature: Some(Decimal::ZERO),
        },
        about: None,
    }
}
