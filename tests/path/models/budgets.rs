//! Nothing is spent that was not granted, by however many at once.

use chronogram_tests::Manner;
use futures::future::join_all;
use serde_json::json;

use super::world::{World, grant, kind, money, question};

#[tokio::test(flavor = "multi_thread")]
async fn each_budget_stops_what_could_cost_more_and_nothing_else() {
    let world = World::new().await;
    let most = world.models().models().next().unwrap().cost_most(&question("a").chat);
    for (place, who) in [("budget_per_run", "the run"), ("budget_per_day", "the plugin for the day")] {
        let mut settings = world.settings();
        settings["grants"]["profile-llm"][place] = json!((most - money("0.000000001")).to_string());
        let failure = world.asking(&settings).answer(&grant(1), &question("a")).await.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.to_string()),
            ("budget_exhausted", format!("the budget of {who} is spent"))
        );
    }
    let mut settings = world.settings();
    settings["budget_per_day"] = "0".into();
    assert_eq!(kind(world.asking(&settings).answer(&grant(1), &question("a")).await), "budget_exhausted");
    assert_eq!(world.model.accepted().len(), 0);

    settings["budget_per_day"] = json!(most.to_string());
    let models = world.asking(&settings);
    assert_eq!(kind(models.answer(&grant(1), &question("a")).await), "answered");
    assert_eq!(kind(models.answer(&grant(1), &question("a")).await), "answered", "what is paid for costs nothing");
    assert_eq!(kind(models.answer(&grant(1), &question("b")).await), "budget_exhausted");
    let today = models.spent_today().await.unwrap();
    let spent: Vec<_> = today.iter().map(|account| (account.plugin.as_deref(), account.spent)).collect();
    assert_eq!(spent, [(None, money("0.000008")), (Some("profile-llm"), money("0.000008"))]);
    world.time.leap(std::time::Duration::from_hours(24));
    assert_eq!(kind(models.answer(&grant(1), &question("b")).await), "answered", "another day, another budget");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_at_once_overdraw_nothing() {
    let world = World::new().await;
    let most = world.models().models().next().unwrap().cost_most(&question("00").chat);
    let mut settings = world.settings();
    let budget = most * money("3.5");
    settings["budget_per_day"] = json!(budget.to_string());
    let processes = [world.asking(&settings), world.asking(&settings), world.asking(&settings)];
    // Whatever is asked costs as much as it can: a lucky counting would hide an overdraft.
    world.model.always(Manner::NoJson);
    world.model.set_latency(std::time::Duration::from_millis(100));
    let asking = (0..24).map(|number| {
        let models = processes[number % 3].clone();
        async move { kind(models.answer(&grant(1), &question(&format!("{number:02}"))).await) }
    });
    let kinds = join_all(asking).await;
    let (spent, reserved) = world.house().await;
    assert!(spent <= budget && reserved == money("0"), "{spent} of {budget}");
    let asked = kinds.iter().filter(|kind| **kind == "unavailable").count();
    let refused = kinds.iter().filter(|kind| **kind == "budget_exhausted").count();
    assert!((1..=10).contains(&asked) && asked + refused == 24, "{kinds:?}");
    assert_eq!(world.model.accepted().len(), asked);
}
