//! What a model is asked.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Schema;

/// Bytes of all messages and the schema of one request.
const REQUEST_BYTES_MAX: usize = 32 * 1024;
/// Messages of one request.
const MESSAGES_MAX: usize = 64;
/// Tokens of one answer: the longest that is kept whole.
const OUTPUT_TOKENS_MAX: u32 = 16_384;
/// What a message is counted as beside its text, and a request beside its messages: more than any server does.
const TOKENS_AROUND: usize = 16;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one who sets the task. Never what people wrote.
    System,
    /// The one who asks.
    User,
    /// The model, earlier.
    Assistant,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub content: String,
}

/// A request, whatever model it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<ChatMessage>,
    /// What the answer has to look like, as JSON.
    pub schema: Option<Schema>,
    /// The longest answer.
    pub max_output_tokens: u32,
    /// How freely it is answered, 0 to 2; the server's own where there is none.
    pub temperature: Option<Decimal>,
}

/// Why a request is not sent at all: it names the field and what is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RequestError(String);

impl ChatRequest {
    /// Checks what no server needs to be asked about.
    pub fn check(&self) -> Result<(), RequestError> {
        let refuse = |text: String| Err(RequestError(text));
        if !(1..=MESSAGES_MAX).contains(&self.messages.len()) {
            return refuse(format!("messages must be 1 to {MESSAGES_MAX}, not {}", self.messages.len()));
        }
        if self.bytes() > REQUEST_BYTES_MAX {
            return refuse(format!("messages and schema must have {REQUEST_BYTES_MAX} bytes at most"));
        }
        if !(1..=OUTPUT_TOKENS_MAX).contains(&self.max_output_tokens) {
            return refuse(format!("max_output_tokens must be 1 to {OUTPUT_TOKENS_MAX}"));
        }
        match self.temperature {
            Some(free) if free < Decimal::ZERO || free > Decimal::TWO => refuse("temperature must be 0 to 2".into()),
            _ => Ok(()),
        }
    }

    fn bytes(&self) -> usize {
        let schema = self.schema.as_ref().map_or(0, |schema| schema.text().len());
        schema + self.messages.iter().map(|message| message.content.len()).sum::<usize>()
    }

    /// More tokens than the question can be: none has less than a byte.
    pub fn input_tokens_most(&self) -> u32 {
        let around = TOKENS_AROUND * (self.messages.len() + 2);
        // With a server that takes no schema, it stands in the question among words of ours.
        u32::try_from(self.bytes() + around + super::wire::SCHEMA_WORDS.len()).unwrap_or(u32::MAX)
    }

    /// About as many tokens as question and answer will be, for servers that limit them by the minute.
    pub fn tokens_about(&self) -> u32 {
        (self.input_tokens_most() / 3).saturating_add(self.max_output_tokens)
    }
}
