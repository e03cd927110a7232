//! What was answered is not asked again, by whatever process, for as long as it is kept.

use std::{sync::Arc, time::Duration};

use chronogram_model::{PersonId, language_model::ModelEvent};
use chronogram_tests::Manner;
use futures::future::join_all;

use super::world::{World, grant, money, question};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_paid_for_once_and_recorded_with_all_it_cost() {
    let world = World::new().await;
    let models = world.models();
    world.model.next(Manner::Say("tea and books".into()));
    let first = models.answer(&grant(1), &question("what is liked?")).await.unwrap();
    // 14 characters are 4 tokens and 3 around them; 13 are 4.
    assert_eq!((first.content.as_str(), first.input_tokens, first.output_tokens), ("tea and books", 7, 4));
    assert_eq!((first.cost, first.reused, first.finish.as_str()), (money("0.000015"), false, "stop"));
    assert_eq!(world.house().await, (money("0.000015"), money("0")));

    // The same run, another one twice, a process that was started since.
    for (models, run) in [(&models, 1), (&models, 2), (&models, 2), (&world.models(), 3)] {
        let again = models.answer(&grant(run), &question("what is liked?")).await.unwrap();
        assert_eq!((again.content.as_str(), again.reused, again.call), ("tea and books", true, first.call));
    }
    assert_eq!(world.model.accepted().len(), 1);
    assert_eq!(world.house().await, (money("0.000015"), money("0")));
    let log = world.log().await;
    let ModelEvent::ModelCalled(called) = &log[0] else { panic!("{log:?}") };
    assert_eq!((called.outcome.as_str(), called.attempts, called.cost_assumed), ("answered", 1, false));
    assert_eq!(called.served_by.as_deref(), Some("standin-1-2026-11-01"));
    let reuses = log.iter().filter(|event| matches!(event, ModelEvent::ModelAnswerReused(_))).count();
    assert_eq!((log.len(), reuses), (3, 2), "each run that was given it again is noted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_question_or_person_or_an_old_answer_is_asked_anew() {
    let world = World::new().await;
    let models = world.models();
    let mut questions = vec![question("a"), question("b")];
    let mut other = question("a");
    other.about = Some(PersonId::Telegram(8));
    questions.push(other);
    let mut other = question("a");
    other.chat.max_output_tokens = 99;
    questions.push(other);
    let mut other = question("a");
    other.chat.temperature = Some(money("0.1"));
    questions.push(other);
    for request in &questions {
        models.answer(&grant(1), request).await.unwrap();
    }
    assert_eq!(world.model.accepted().len(), questions.len());

    world.time.leap(Duration::from_hours(25));
    models.answer(&grant(1), &question("a")).await.unwrap();
    assert_eq!(world.model.accepted().len(), questions.len(), "what a run was told it is told again however late");
    models.answer(&grant(2), &question("a")).await.unwrap();
    assert_eq!(world.model.accepted().len(), questions.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_same_at_once_pays_once_in_any_process() {
    let world = World::new().await;
    let processes = [Arc::new(world.models()), Arc::new(world.models())];
    world.model.set_latency(Duration::from_millis(300));
    let asking = (0..12).map(|number| {
        let models = processes[number % 2].clone();
        async move { models.answer(&grant(number as u128), &question("all at once")).await.unwrap() }
    });
    let answers = join_all(asking).await;
    assert_eq!(world.model.accepted().len(), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.reused).count(), 1);
    assert_eq!(world.house().await.1, money("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_seen_through_although_nobody_waits_for_it() {
    let world = World::new().await;
    let models = world.models();
    world.model.set_latency(Duration::from_millis(300));
    let asked = tokio::time::timeout(Duration::from_millis(100), models.answer(&grant(1), &question("a"))).await;
    assert!(asked.is_err(), "the model is slower than that");
    models.finish().await;
    assert!(world.models().answer(&grant(2), &question("a")).await.unwrap().reused);
    assert_eq!(world.model.accepted().len(), 1);
}
