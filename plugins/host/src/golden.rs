//! Golden cases: what goes into a strategy and what has to come of it, as its author wrote it down.
//!
//! `plugins test` plays them while he works, the trial plays them when an operator takes the strategy in.

mod filling;
mod play;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::effects::{EffectAnswer, EffectError, LlmResponse};

pub use play::Played;

/// Noon of a day in 2023: the time of a call that says none.
const NOON_MS: u64 = 1_700_049_600_000;

/// One case, as it stands in its file. Everything but the input may be left out; `docs/plugin-authors/case.schema.json`
/// is its schema.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenCase {
    /// What it shows; the name of its file.
    #[serde(skip)]
    pub name: String,
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    /// The configuration; `{}` where none is given.
    #[serde(default = "no_config")]
    pub config: Value,
    /// BCP 47 tag of the person or channel.
    #[serde(default)]
    pub locale: Option<String>,
    /// The time of the call.
    #[serde(default = "noon")]
    pub now_ms: u64,
    /// The input, of the strategy's world; what is left out is empty.
    pub input: Value,
    /// Answers to effects, in the order they are asked for.
    #[serde(default)]
    pub journal: Vec<GoldenAnswer>,
    /// What has to come of it; nothing yet in a new case.
    #[serde(default)]
    pub outcome: Option<Value>,
}

fn no_config() -> Value {
    json!({})
}

fn noon() -> u64 {
    NOON_MS
}

/// What an effect brought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GoldenAnswer {
    /// A model's answer.
    Llm(LlmResponse),
    /// A fact set, as JSON text.
    Lookup(String),
    /// It failed.
    Error(EffectError),
}

impl From<GoldenAnswer> for Result<EffectAnswer, EffectError> {
    fn from(answer: GoldenAnswer) -> Self {
        match answer {
            GoldenAnswer::Llm(response) => Ok(EffectAnswer::Llm(response)),
            GoldenAnswer::Lookup(json) => Ok(EffectAnswer::Lookup(json)),
            GoldenAnswer::Error(error) => Err(error),
        }
    }
}

/// A case that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCase {
    /// Its input is not of the world.
    #[error("its `input` is not of the strategy's world: {0}")]
    Input(String),
    /// What it expects is no outcome.
    #[error(r#"its `outcome` is none of {{"done": …}}, {{"suspended": […]}}, {{"refused": …}}, {{"fault": "…"}}: {0}"#)]
    Outcome(String),
}

/// Why a case that was played does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseBroken {
    /// Two runs of it differed.
    #[error("the same input had two outcomes, or two ways to one: nothing may depend on chance or time")]
    TwoWays,
    /// Its journal is longer than what was asked for.
    #[error("the journal holds {0} answers that nobody asked for")]
    AnswersLeft(usize),
    /// It does not say what has to come.
    #[error("the case has no outcome yet; `plugins test --update` writes the one that came")]
    NoOutcome,
    /// Something else came.
    #[error("expected {expected}\n          came     {came}")]
    AnotherOutcome {
        /// As the case has it.
        expected: Value,
        /// As it was.
        came: Value,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_misspelt_field_is_named() {
        let error = serde_json::from_str::<GoldenCase>(r#"{"input":{},"journel":[]}"#).unwrap_err();
        assert!(error.to_string().contains("journel"), "{error}");
    }

    #[test]
    fn everything_but_the_input_may_be_left_out() {
        let case: GoldenCase = serde_json::from_str(r#"{"input":{}}"#).unwrap();
        assert_eq!((case.now_ms, case.config, case.outcome), (NOON_MS, json!({}), None));
    }
}
