//! Cases that an author gives along: an input, and the outcome it must bring.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{TrialError, TrialReport, compare};
use crate::{
    context::CallContext, descriptor::World, digest::fingerprint, effects::Exchange, outcome::Watched,
    strategy::Strategy,
};

/// One case. In JSON `{"name", "config", "locale", "now_ms", "input", "journal", "outcome"}`, all but name, input and
/// outcome of which may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenCase {
    /// What it shows.
    pub name: String,
    /// The configuration.
    #[serde(default = "no_config")]
    pub config: Value,
    /// BCP 47 tag of the person or channel.
    #[serde(default)]
    pub locale: Option<String>,
    /// The time of the call; the trial's own where none is given.
    #[serde(default)]
    pub now_ms: Option<u64>,
    /// The input, of the strategy's world.
    pub input: Value,
    /// Effects that were performed before.
    #[serde(default)]
    pub journal: Vec<Exchange>,
    /// What has to come of it: `{"done": …}`, `{"suspended": […]}` or `{"refused": …}`.
    pub outcome: Value,
}

fn no_config() -> Value {
    json!({})
}

/// A case did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCase {
    /// Its input is not of the world.
    #[error("the input of case {name:?} is no input of this strategy: {why}")]
    Input {
        /// The case.
        name: String,
        /// What is wrong, without the input's words.
        why: String,
    },
    /// Another outcome came.
    #[error("case {name:?} ended in another outcome: {actual} where {expected} was expected")]
    Outcome {
        /// The case.
        name: String,
        /// What came.
        actual: String,
        /// What should have come.
        expected: String,
    },
}

impl GoldenCase {
    /// The context of its call, where `call` has what it does not say, its configuration too.
    fn context(&self, call: CallContext) -> CallContext {
        CallContext { locale: self.locale.clone().or(call.locale), now_ms: self.now_ms.unwrap_or(call.now_ms), ..call }
    }

    pub(super) async fn run(&self, strategy: &Strategy, call: CallContext) -> Result<TrialReport, TrialError> {
        let call = self.context(call);
        match strategy.world() {
            World::Profile => {
                let input = self.input()?;
                let run = || strategy.watch_fill(call.clone(), Clone::clone(&input), self.journal.clone());
                self.check(run().await, run().await)
            }
            World::Alert => {
                let input = self.input()?;
                let run = || strategy.watch_evaluate(call.clone(), Clone::clone(&input), self.journal.clone());
                self.check(run().await, run().await)
            }
        }
    }

    fn input<I: DeserializeOwned>(&self) -> Result<I, BadCase> {
        serde_json::from_value(self.input.clone())
            .map_err(|error| BadCase::Input { name: self.name.clone(), why: error.to_string() })
    }

    fn check<D: Serialize>(&self, first: Watched<D>, second: Watched<D>) -> Result<TrialReport, TrialError> {
        if let Ok(outcome) = &first.outcome {
            // As text and back: a number is equal to itself however it was written.
            let actual = serde_json::to_value(outcome).unwrap_or_default();
            if fingerprint(&actual) != fingerprint(&self.outcome) {
                let (name, expected) = (self.name.clone(), self.outcome.to_string());
                return Err(BadCase::Outcome { name, actual: actual.to_string(), expected }.into());
            }
        }
        compare(&self.name, first, second)
    }
}
