//! Plays one case in the real host: round after round, answered from the case, until the strategy decides.

use anyhow::Context as _;
use chronogram_plugin_host::{CallContext, Exchange, Fault, Figures, Outcome, Strategy, Watched, World, seed_for};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::case::{Case, whole_input};

/// Rounds of effects that the host plays.
const ROUNDS: usize = 4;

/// How a case ended.
pub(crate) struct Played {
    /// `{"done": …}`, `{"suspended": […]}`, `{"refused": …}` or `{"fault": "<kind>"}`.
    pub(crate) outcome: Value,
    /// What the case expects, written as outcomes are: a number is itself however it was written.
    pub(crate) expected: Option<Value>,
    /// What went wrong, in the host's words.
    pub(crate) fault: Option<Fault>,
    /// Of the last round.
    pub(crate) figures: Figures,
    /// Calls of the strategy.
    pub(crate) calls: usize,
    /// Answers of the case that nobody asked for.
    pub(crate) answers_left: usize,
}

pub(crate) async fn play(strategy: &Strategy, name: &str, case: &Case) -> anyhow::Result<Played> {
    let call = CallContext {
        tenant: "tests".into(),
        now_ms: case.now_ms,
        seed: seed_for(name, strategy.digest()),
        config: serde_json::to_string(&case.config)?,
        locale: case.locale.clone(),
    };
    match strategy.world() {
        World::Profile => {
            let input = read_input(case, World::Profile)?;
            rounds(case, async |journal| strategy.watch_fill(call.clone(), Clone::clone(&input), journal).await).await
        }
        World::Alert => {
            let input = read_input(case, World::Alert)?;
            rounds(case, async |journal| strategy.watch_evaluate(call.clone(), Clone::clone(&input), journal).await)
                .await
        }
    }
}

fn read_input<I: DeserializeOwned>(case: &Case, world: World) -> anyhow::Result<I> {
    serde_json::from_value(whole_input(&case.input, world)).context("its input is not of the strategy's world")
}

async fn rounds<D, C>(case: &Case, call: C) -> anyhow::Result<Played>
where
    D: Serialize + DeserializeOwned,
    C: AsyncFn(Vec<Exchange>) -> Watched<D>,
{
    let mut journal: Vec<Exchange> = Vec::new();
    let mut answers = case.journal.iter().cloned();
    let mut calls = 0;
    let last = loop {
        let watched = call(journal.clone()).await;
        calls += 1;
        match watched.outcome {
            // Half a round's answers are no round: the host brings all of them or none.
            Ok(Outcome::Suspended(requests)) if calls <= ROUNDS && answers.len() >= requests.len() => {
                let answered = requests.into_iter().zip(answers.by_ref());
                journal.extend(answered.map(|(request, answer)| Exchange { request, answer: answer.into() }));
            }
            outcome => break Watched { outcome, ..watched },
        }
    };
    let (outcome, fault) = match last.outcome {
        Ok(outcome) => (serde_json::to_value(&outcome)?, None),
        Err(fault) => (json!({ "fault": fault.kind() }), Some(fault)),
    };
    let expected = case.outcome.as_ref().map(canonical::<D>).transpose()?;
    Ok(Played { outcome, expected, fault, figures: last.figures, calls, answers_left: answers.len() })
}

fn canonical<D: Serialize + DeserializeOwned>(expected: &Value) -> anyhow::Result<Value> {
    if expected.get("fault").is_some() {
        return Ok(expected.clone());
    }
    let outcome: Outcome<D> = serde_json::from_value(expected.clone())
        .context("its outcome is none of {\"done\": …}, {\"suspended\": […]}, {\"refused\": …}, {\"fault\": \"…\"}")?;
    Ok(serde_json::to_value(outcome)?)
}
