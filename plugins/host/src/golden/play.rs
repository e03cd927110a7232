//! Plays one case as production would: round after round, answered from the case, until the strategy decides.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{BadCase, CaseBroken, GoldenCase, filling::whole_input};
use crate::{
    context::CallContext,
    decide::ROUNDS,
    descriptor::World,
    digest::seed_for,
    effects::Exchange,
    fault::Fault,
    outcome::{Figures, Outcome, Watched},
    strategy::Strategy,
};

/// How a case ended.
#[derive(Clone, Debug)]
pub struct Played {
    /// `{"done": …}`, `{"suspended": […]}`, `{"refused": …}` or `{"fault": "<kind>"}`.
    pub outcome: Value,
    /// What the case expects, written as outcomes are: a number is itself however it was written.
    pub expected: Option<Value>,
    /// What went wrong.
    pub fault: Option<Fault>,
    /// Of the last round.
    pub figures: Figures,
    /// Calls of the strategy.
    pub calls: usize,
    /// Answers of the case that nobody asked for.
    pub answers_left: usize,
}

impl Played {
    /// Whether the case holds, which takes two runs of it.
    pub fn compare(&self, again: &Self) -> Result<(), CaseBroken> {
        if (&again.outcome, again.figures.fuel_used) != (&self.outcome, self.figures.fuel_used) {
            return Err(CaseBroken::TwoWays);
        }
        if self.answers_left > 0 {
            return Err(CaseBroken::AnswersLeft(self.answers_left));
        }
        match &self.expected {
            None => Err(CaseBroken::NoOutcome),
            Some(expected) if *expected == self.outcome => Ok(()),
            Some(expected) => {
                Err(CaseBroken::AnotherOutcome { expected: expected.clone(), came: self.outcome.clone() })
            }
        }
    }
}

impl Strategy {
    /// Plays a case once.
    pub async fn play(&self, case: &GoldenCase) -> Result<Played, BadCase> {
        let call = CallContext {
            tenant: "tests".into(),
            now_ms: case.now_ms,
            seed: seed_for(&case.name, self.digest()),
            config: case.config.to_string(),
            locale: case.locale.clone(),
        };
        match self.world() {
            World::Profile => {
                let input = read_input(case, World::Profile)?;
                rounds(case, |journal| self.watch_fill(call.clone(), Clone::clone(&input), journal)).await
            }
            World::Alert => {
                let input = read_input(case, World::Alert)?;
                rounds(case, |journal| self.watch_evaluate(call.clone(), Clone::clone(&input), journal)).await
            }
        }
    }
}

fn read_input<I: DeserializeOwned>(case: &GoldenCase, world: World) -> Result<I, BadCase> {
    serde_json::from_value(whole_input(&case.input, world)).map_err(|error| BadCase::Input(error.to_string()))
}

async fn rounds<D, C, F>(case: &GoldenCase, call: C) -> Result<Played, BadCase>
where
    D: Serialize + DeserializeOwned,
    C: Fn(Vec<Exchange>) -> F,
    F: Future<Output = Watched<D>>,
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
        Ok(outcome) => (written(&outcome), None),
        Err(fault) => (json!({ "fault": fault.kind() }), Some(fault)),
    };
    let expected = case.outcome.as_ref().map(canonical::<D>).transpose()?;
    Ok(Played { outcome, expected, fault, figures: last.figures, calls, answers_left: answers.len() })
}

fn canonical<D: Serialize + DeserializeOwned>(expected: &Value) -> Result<Value, BadCase> {
    if expected.get("fault").is_some() {
        return Ok(expected.clone());
    }
    let outcome: Outcome<D> =
        serde_json::from_value(expected.clone()).map_err(|error| BadCase::Outcome(error.to_string()))?;
    Ok(written(&outcome))
}

/// An outcome has no map with keys that are no text, so it can always be written.
fn written<D: Serialize>(outcome: &Outcome<D>) -> Value {
    serde_json::to_value(outcome).unwrap_or_default()
}
