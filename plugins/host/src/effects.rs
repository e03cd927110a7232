//! What a strategy may ask the host to do for it, and what it is told in return.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One turn of a conversation with a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmMessage {
    /// `system`, `user`, `assistant`.
    pub role: String,
    /// Its text.
    pub content: String,
}

/// A question to a language model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmRequest {
    /// Logical name, resolved by the operator's grant.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<LlmMessage>,
    /// JSON schema of the answer.
    pub response_schema: Option<String>,
    /// Longest answer.
    pub max_output_tokens: u32,
    /// 0 to 2.
    pub temperature: Decimal,
}

/// Something the strategy asks the host to do for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectRequest {
    /// Ask a model.
    Llm(LlmRequest),
    /// Read one fact set by name.
    Lookup(String),
}

impl EffectRequest {
    /// The effect in the descriptor's `wants` that covers it.
    pub fn want(&self) -> String {
        match self {
            Self::Llm(_) => "llm".to_owned(),
            Self::Lookup(name) => format!("lookup:{name}"),
        }
    }

    /// Every text of it.
    pub(crate) fn texts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Lookup(name) => Box::new(std::iter::once(name.as_str())),
            Self::Llm(ask) => Box::new(
                ask.messages
                    .iter()
                    .flat_map(|turn| [turn.role.as_str(), turn.content.as_str()])
                    .chain([ask.model.as_str()])
                    .chain(ask.response_schema.as_deref()),
            ),
        }
    }

    /// Bytes of all its texts.
    pub(crate) fn words(&self) -> usize {
        self.texts().map(str::len).sum()
    }
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmResponse {
    /// Its words.
    pub content: String,
    /// Tokens read.
    pub input_tokens: u32,
    /// Tokens written.
    pub output_tokens: u32,
    /// The model that was used.
    pub model: String,
}

/// What an effect brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectAnswer {
    /// A model's words.
    Llm(LlmResponse),
    /// A fact set, as JSON.
    Lookup(String),
}

/// Why an effect brought no answer; shown to the strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum EffectError {
    /// The operator's grant does not cover it.
    #[error("not granted: {0}")]
    Denied(String),
    /// Money, tokens or calls of the grant are spent.
    #[error("the budget is spent: {0}")]
    BudgetExhausted(String),
    /// The other side did not answer in time, or at all.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The answer is not of the form asked for.
    #[error("an answer out of form: {0}")]
    InvalidResponse(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// One effect that was asked for and what came of it: what a journal is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked.
    pub request: EffectRequest,
    /// What came back; never asked for again.
    pub answer: Result<EffectAnswer, EffectError>,
}
