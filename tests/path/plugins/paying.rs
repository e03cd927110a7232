//! What a strategy asked for is in the log before anybody acts on it: cut off anywhere, nothing is paid for twice.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_plugin_host::{EffectAnswer, EffectError, EffectRequest, Effects, LlmResponse};
use tokio::sync::Semaphore;

use super::world::World;

/// A model that answers so many questions, and is silent from then on.
struct Model {
    paid: AtomicUsize,
    answers: Semaphore,
    silent: Semaphore,
}

impl Model {
    fn answering(answers: usize) -> Arc<Self> {
        Arc::new(Self { paid: AtomicUsize::new(0), answers: Semaphore::new(answers), silent: Semaphore::new(0) })
    }
}

#[async_trait]
impl Effects for Model {
    async fn perform(&self, _: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        let EffectRequest::Llm(ask) = request else { panic!("{request:?}") };
        let Ok(answer) = self.answers.try_acquire() else {
            // Somebody waits for exactly this.
            self.silent.add_permits(1);
            std::future::pending::<()>().await;
            unreachable!("nobody comes back from waiting for ever")
        };
        answer.forget();
        self.paid.fetch_add(1, Ordering::SeqCst);
        let content = ask.messages[0].content.replace("question", "answer");
        Ok(EffectAnswer::Llm(LlmResponse { content, input_tokens: 1, output_tokens: 1, model: "m".into() }))
    }
}

#[tokio::test]
async fn a_run_that_is_killed_between_two_questions_asks_only_the_second_again() {
    let world = World::new().await;
    world.people(1).await;
    world.activate(1, "ask-twice", &["llm:default"]).await;

    let dying = Model::answering(1);
    tokio::select! {
        report = world.fill(1, 10, dying.clone()) => panic!("it was to be cut off: {report:?}"),
        _ = dying.silent.acquire() => {}
    }
    assert_eq!((dying.paid.load(Ordering::SeqCst), world.events("EffectAnswered").await), (1, 1));
    assert_eq!(world.events("ProfileEnriched").await, 0);

    let model = Model::answering(10);
    let report = world.fill(2, 10, model.clone()).await;
    assert_eq!((report.enriched, model.paid.load(Ordering::SeqCst)), (1, 1), "{report:?}");
    assert_eq!((world.events("EffectAnswered").await, world.events("CallEnded").await), (2, 1));
}

#[tokio::test]
async fn a_call_that_ended_is_asked_anew() {
    let world = World::new().await;
    world.people(1).await;
    // It asks for something else once it is answered: a fault behind a paid answer.
    world.activate(1, "ask-something-else", &["llm:default"]).await;
    let model = Model::answering(10);
    let report = world.fill(1, 10, model.clone()).await;
    assert_eq!(report.failed.get("nondeterminism"), Some(&1), "{report:?}");
    assert_eq!((world.events("EffectAnswered").await, world.events("CallEnded").await), (1, 1));
    // Nothing of what was answered then is told again.
    let again = world.fill(2, 10, model.clone()).await;
    assert_eq!(again.failed.get("nondeterminism"), Some(&1), "{again:?}");
    assert_eq!(model.paid.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_not_granted_is_denied_to_the_strategy_and_nobody_is_asked() {
    let world = World::new().await;
    world.people(1).await;
    world.activate(1, "ask-twice", &[]).await;
    let model = Model::answering(0);
    let report = world.fill(1, 10, model.clone()).await;
    assert_eq!((report.enriched, report.failures()), (1, 0), "it decided without: {report:?}");
    assert_eq!((model.paid.load(Ordering::SeqCst), world.events("EffectAnswered").await), (0, 0));
}
