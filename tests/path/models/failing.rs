//! Models that fail: again where that helps, left alone where it does not, and nothing of it costs more than it did.

use std::time::Duration;

use chronogram_gateways::patience::BreakerPhase;
use chronogram_tests::Manner;

use super::world::{World, grant, kind, money, question};

/// The most that one attempt with `question("…")` can cost, for a text of one byte.
fn attempt_most(models: &chronogram_automations::models::Models) -> rust_decimal::Decimal {
    models.models().next().unwrap().attempt_cost_most(&question("a").chat)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_help_is_tried_again_and_what_may_not_is_not() {
    let world = World::new().await;
    for (text, manners, outcome, sent) in [
        ("a", vec![Manner::Limited(0), Manner::Fault(503)], "answered", 3),
        ("b", vec![Manner::Fault(500), Manner::Fault(502), Manner::Fault(503)], "server_fault", 3),
        ("c", vec![Manner::QuotaSpent], "quota_spent", 1),
        ("d", vec![Manner::NoJson], "malformed", 1),
        ("e", vec![Manner::CutOff], "answered", 2),
        ("f", vec![Manner::Never], "answered", 2),
        ("g", vec![Manner::Slow(Duration::from_secs(30), "late".into())], "answered", 2),
        ("h", vec![Manner::Uncounted("hi".into())], "answered", 1),
    ] {
        // Of a fresh process each, for few repeats are allowed to one that asks little.
        let models = world.models();
        let (most, spent) = (attempt_most(&models), world.house_spent().await);
        let uncounted = manners.iter().filter(|manner| {
            matches!(manner, Manner::NoJson | Manner::CutOff | Manner::Never | Manner::Slow(..) | Manner::Uncounted(_))
        });
        let (assumed, before) = (most * rust_decimal::Decimal::from(uncounted.count()), world.model.accepted().len());
        for manner in manners {
            world.model.next(manner);
        }
        let answered = models.answer(&grant(1), &question(text)).await;
        assert_eq!(answered.is_ok(), outcome == "answered", "{text}: {answered:?}");
        assert_eq!(world.model.accepted().len() - before, sent, "{text}");
        assert_eq!(world.outcomes().await.last().unwrap(), outcome, "{text}");
        // "Hello!" to one character is counted as 4 and 2 tokens.
        let counted = if outcome == "answered" && text != "h" { money("0.000008") } else { money("0") };
        assert_eq!(world.house().await, ((spent + assumed + counted).normalize(), money("0")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_wrong_are_told_apart() {
    let world = World::new().await;
    for (field, wrong, outcome) in
        [("api_key", "sk-other", "unauthorized"), ("model", "other", "unknown_model"), ("base_url", "", "unreachable")]
    {
        let mut settings = world.settings();
        let wrong = if field == "base_url" { "http://127.0.0.1:1/v1" } else { wrong };
        settings["models"]["default"][field] = wrong.into();
        let failure = world.asking(&settings).answer(&grant(1), &question(field)).await.unwrap_err();
        assert_eq!(failure.kind(), "unavailable");
        let told = format!("{failure:?} {failure}");
        assert!(!told.contains("sk-") && !told.contains("127.0.0.1"), "{told}");
        assert_eq!(world.outcomes().await.last().unwrap(), outcome);
    }
    assert_eq!(world.house().await, (money("0"), money("0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_or_asks_nonsense_asks_nobody() {
    let world = World::new().await;
    let models = world.models();
    let mut stranger = grant(1);
    stranger.plugin = "stranger".into();
    assert_eq!(kind(models.answer(&stranger, &question("a")).await), "denied");
    let mut unknown = question("a");
    unknown.model = "other".into();
    assert_eq!(kind(models.answer(&grant(1), &unknown).await), "denied");
    let mut nonsense = question("a");
    nonsense.chat.max_output_tokens = 0;
    assert_eq!(kind(models.answer(&grant(1), &nonsense).await), "invalid_request");
    assert_eq!(kind(models.answer(&grant(1), &question(&"x".repeat(40_000))).await), "invalid_request");
    assert_eq!((world.model.accepted().len(), world.model.refused()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_left_alone_and_tried_by_one() {
    let world = World::new().await;
    let models = world.models();
    world.model.always(Manner::Fault(503));
    for text in ["a", "b", "c"] {
        assert_eq!(kind(models.answer(&grant(1), &question(text)).await), "unavailable");
    }
    let phase = || models.models().next().unwrap().guard().phase;
    let sent = world.model.accepted().len();
    assert_eq!(phase(), BreakerPhase::Open);
    assert_eq!(kind(models.answer(&grant(1), &question("d")).await), "unavailable");
    assert_eq!(world.model.accepted().len(), sent, "nobody asks now");
    assert_eq!(world.count("BreakerOpened").await, 1);
    assert!(models.breaker_told(models.models().next().unwrap()).await.unwrap().opened().is_some());

    world.time.leap(Duration::from_secs(31));
    world.model.always(Manner::Say("back".into()));
    models.answer(&grant(1), &question("d")).await.unwrap();
    assert_eq!((phase(), world.count("BreakerClosed").await), (BreakerPhase::Closed, 1));
    assert!(models.breaker_told(models.models().next().unwrap()).await.unwrap().opened().is_none());
    assert_eq!(world.outcomes().await, ["server_fault", "server_fault", "server_fault", "answered"]);
    assert_eq!(world.house().await.1, money("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_gets_no_more_requests_a_minute_than_it_takes() {
    let world = World::new().await;
    let mut settings = world.settings();
    settings["models"]["default"]["requests_per_minute"] = 6.into();
    let models = world.asking(&settings);
    models.answer(&grant(1), &question("a")).await.unwrap();
    // The next turn comes in 12 s, within the deadline of 20; the third's does not.
    let second = tokio::spawn({
        let models = models.clone();
        async move { models.answer(&grant(1), &question("b")).await }
    });
    while models.models().next().unwrap().waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(kind(models.answer(&grant(1), &question("c")).await), "unavailable");
    assert_eq!(world.model.accepted().len(), 1);
    second.await.unwrap().unwrap();
    assert_eq!(world.model.accepted().len(), 2);
}
