//! Runs go on where they were, keep out of each other's way, and stop when they are told to.

use std::time::Duration;

use chronogram_automations::profiles::{self, Ending, FillError, FillOptions, Profiles, Selection, Unobserved};
use chronogram_model::PersonId;
use chronogram_tests::Manner;
use uuid::Uuid;

use super::world::{House, options, told};

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_fill_and_pay_for_nobody_twice() {
    let house = House::with_people(30).await;
    house.model.set_latency(Duration::from_millis(50));
    let (one, other) = (house.filler(), house.filler());
    // Different wishes, so that they are two runs: the second would replace what was there when it began.
    let (missing, any) = (options(1, Profiles::Missing), options(2, Profiles::Any));
    let (one, other) = tokio::try_join!(one.fill(&missing, &Unobserved), other.fill(&any, &Unobserved)).unwrap();
    let filled = house.filled().await;
    assert_eq!((filled.len(), one.enriched + other.enriched), (30, 30), "{one:?} {other:?}");
    assert_eq!(house.model.accepted().len(), 30);
    assert_eq!(told(&filled), house.paid().await);
    assert_eq!(other.enriched + other.already_filled + other.claimed_elsewhere, 30, "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_asked_about_as_many_people_at_once_as_the_run_may() {
    let house = House::with_people(12).await;
    house.model.set_latency(Duration::from_millis(300));
    let three = FillOptions { workers: 3, ..options(1, Profiles::Missing) };
    let report = house.filler().fill(&three, &Unobserved).await.unwrap();
    assert_eq!((report.enriched, house.model.accepted().len()), (12, 12), "{report:?}");
    assert_eq!(house.model.at_once_most(), 3, "although more are decided about");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_twice_at_once_is_one_run() {
    let house = House::with_people(20).await;
    house.model.set_latency(Duration::from_millis(20));
    let (one, other) = (house.filler(), house.filler());
    let (first, second) = (options(1, Profiles::Any), options(2, Profiles::Any));
    let (one, other) = tokio::try_join!(one.fill(&first, &Unobserved), other.fill(&second, &Unobserved)).unwrap();
    assert_eq!(one.run, other.run);
    assert_eq!((house.filled().await.len(), house.model.accepted().len()), (20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_replaces_goes_on_where_it_was_cut_off_and_only_then_begins_anew() {
    let house = House::with_people(12).await;
    house.fill(1, Profiles::Missing).await.unwrap();
    house.world.catch_up().await;
    assert_eq!(house.filled().await.len(), 12);
    // Another build of the strategy asks anew.
    house.world.activate(2, "ask-twice", &["llm:default"]).await;

    let some = FillOptions { limit: Some(5), ..options(2, Profiles::Any) };
    let cut = house.filler().fill(&some, &Unobserved).await.unwrap();
    assert_eq!((cut.outcome, cut.enriched), (Ending::Limit, 5), "{cut:?}");
    let rest = house.fill(3, Profiles::Any).await.unwrap();
    assert_eq!((rest.outcome, rest.enriched, rest.already_filled), (Ending::Done, 7, 0), "{rest:?}");
    assert_eq!(house.filled().await.len(), 24, "each once more");
    let anew = house.fill(4, Profiles::Any).await.unwrap();
    assert_eq!((anew.enriched, anew.resumed), (12, false), "what got through is asked for anew: {anew:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_dropped_is_the_same_run_when_it_goes_on() {
    let house = House::with_people(6).await;
    house.fill(1, Profiles::Missing).await.unwrap();
    house.world.activate(2, "ask-twice", &["llm:default"]).await;
    house.world.catch_up().await;
    for _ in 0..6 {
        house.model.next(Manner::Say("yes".into()));
    }
    house.model.next(Manner::Never);
    let (filler, one_by_one) = (house.filler(), FillOptions { workers: 1, ..options(2, Profiles::Any) });
    tokio::select! {
        report = filler.fill(&one_by_one, &Unobserved) => panic!("it was to be dropped: {report:?}"),
        () = async {
            while house.filled().await.len() < 6 + 3 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    drop(filler);
    let rest = house.fill(3, Profiles::Any).await.unwrap();
    assert_eq!((rest.run, rest.resumed, rest.enriched), (Uuid::from_u128(2), true, 3), "{rest:?}");
    assert_eq!(house.filled().await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_selected_is_filled() {
    let house = House::with_people(4).await;
    let person = |number| PersonId::Telegram(number);
    let named = FillOptions { selection: Selection::of(vec![person(2), person(3)]), ..options(1, Profiles::Missing) };
    assert_eq!(house.filler().fill(&named, &Unobserved).await.unwrap().enriched, 2);
    house.world.catch_up().await;
    // Named again, once the run is over, they are filled again; the others are not touched.
    let again = FillOptions { run: Uuid::from_u128(2), ..named.clone() };
    assert_eq!(house.filler().fill(&again, &Unobserved).await.unwrap().enriched, 2);
    let nobody = FillOptions { selection: Selection::of(vec![person(99)]), ..named };
    let error = house.filler().fill(&nobody, &Unobserved).await.unwrap_err();
    assert!(matches!(error, FillError::Unknown(PersonId::Telegram(99))), "{error}");

    let outdated = |days| options(u128::from(days) + 10, Profiles::Outdated { days });
    house.world.catch_up().await;
    assert_eq!(house.filler().fill(&outdated(7), &Unobserved).await.unwrap().enriched, 0);
    let filled: Vec<_> = house.filled().await.into_iter().map(|event| event.person).collect();
    assert_eq!(filled.len(), 4);
    assert!(filled.iter().all(|who| [person(2), person(3)].contains(who)), "{filled:?}");
    // They wrote in 2024.
    let active = |days| FillOptions {
        selection: Selection { active_days: Some(days), ..Selection::missing() },
        ..options(u128::from(days), Profiles::Missing)
    };
    assert_eq!(house.filler().fill(&active(30), &Unobserved).await.unwrap().enriched, 0);
    assert_eq!(house.filler().fill(&active(3_650), &Unobserved).await.unwrap().enriched, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_when_it_is_cancelled_and_finishes_with_whom_it_is_at() {
    let house = House::with_people(40).await;
    house.model.set_latency(Duration::from_millis(100));
    let pool = &house.world.database.pool;
    let (filler, id) = (house.filler(), Uuid::from_u128(1));
    let options = FillOptions { workers: 1, ..options(1, Profiles::Missing) };
    let (report, ()) = tokio::join!(filler.fill(&options, &Unobserved), async {
        while !profiles::cancel(pool, id).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let report = report.unwrap();
    assert_eq!(report.outcome, Ending::Cancelled, "{report:?}");
    let count = house.filled().await.len() as u64;
    assert!(report.enriched == count && count < 40, "{report:?}");
    let row = profiles::run(pool, id).await.unwrap().unwrap();
    assert_eq!((row.outcome.as_deref(), row.people, row.cancelled), (Some("cancelled"), 40, true));
    assert_eq!(row.report["enriched"], count);
    assert!(!profiles::cancel(pool, id).await.unwrap(), "it is over");
    assert_eq!(profiles::run(pool, Uuid::from_u128(9)).await.unwrap(), None);
}
