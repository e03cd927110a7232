//! Language models: what they were asked, what they answered and what it cost.
//!
//! Each distinct request has a stream of its own, named by its digest, so that the newest call of a stream tells whether
//! there is an answer already. Whoever is given an answer that was paid for before leaves a note of that in a stream of
//! their own: once for each run, however often the run is started again.

use std::{convert::Infallible, fmt};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Authored, Decider, EventId, StreamName, event::domain_events};

domain_events! {
    /// What happens between us and language models.
    pub enum ModelEvent {
        ModelCalled = 1,
        ModelAnswerReused = 1,
    }
}

/// Which request: a digest of all that was asked of which model about whom, veiled, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelRequestId(String);

impl ModelRequestId {
    /// From a digest that was veiled.
    pub fn of(veiled: [u8; 32]) -> Self {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        Self(veiled.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// From its text; `None` where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 64 && text.chars().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the calls with this request stand.
    pub fn stream(&self) -> StreamName {
        StreamName::of("model", self)
    }
}

impl fmt::Display for ModelRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose call it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCaller {
    /// The plugin that asked.
    pub plugin: String,
    /// The run it asked in.
    pub run: Uuid,
}

/// A model was asked, over the network, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCalled {
    /// What was asked.
    pub request: ModelRequestId,
    /// The model, by our name for it.
    pub model: String,
    /// The model that answered, by its server's account.
    pub served_by: Option<String>,
    /// Who asked.
    pub caller: ModelCaller,
    /// `answered`, or the kind of the failure: `unavailable`, `schema_violated`, …
    pub outcome: String,
    /// What the model said, also where it is not what was asked for. Belongs to the person it is about.
    pub answer: Option<Authored<String>>,
    /// Why the model stopped: `stop`, `length`, …
    pub finish: Option<String>,
    /// Requests that were sent until there was an outcome.
    pub attempts: u32,
    /// Tokens that the server counted in the question.
    pub input_tokens: u32,
    /// Tokens that the server counted in the answer.
    pub output_tokens: u32,
    /// What it cost.
    pub cost: Decimal,
    /// Some of the cost is the most that an attempt without an answer can have cost.
    pub cost_assumed: bool,
    /// How long it took, waiting for our own limits included.
    pub duration_ms: u64,
    /// When.
    pub called_at: Timestamp,
}

/// An answer that was paid for before was given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAnswerReused {
    /// What was asked.
    pub request: ModelRequestId,
    /// The model, by our name for it.
    pub model: String,
    /// Who asked.
    pub caller: ModelCaller,
    /// The [`ModelCalled`] whose answer it is.
    pub call: EventId,
    /// When.
    pub reused_at: Timestamp,
}

/// What is to be recorded; it has happened already.
#[derive(Clone, Debug)]
pub enum ModelCommand {
    /// A call.
    Record(ModelCalled),
    /// An answer that was given again.
    Reuse(ModelAnswerReused),
}

/// Facts are recorded as they come: there is nothing to refuse.
pub struct LanguageModel;

impl Decider for LanguageModel {
    type Command = ModelCommand;
    type Event = ModelEvent;
    type State = ();
    type Rejection = Infallible;

    fn name(command: &ModelCommand) -> &'static str {
        match command {
            ModelCommand::Record(_) => "RecordModelCall",
            ModelCommand::Reuse(_) => "ReuseModelAnswer",
        }
    }

    fn stream(command: &ModelCommand) -> StreamName {
        match command {
            ModelCommand::Record(event) => event.request.stream(),
            ModelCommand::Reuse(event) => {
                StreamName::of("modelreuse", format_args!("{}.{}", event.caller.run, event.request))
            }
        }
    }

    fn decide((): &(), command: &ModelCommand) -> Result<Vec<ModelEvent>, Infallible> {
        Ok(vec![match command {
            ModelCommand::Record(event) => event.clone().into(),
            ModelCommand::Reuse(event) => event.clone().into(),
        }])
    }

    fn evolve((): (), _: &ModelEvent) {}
}
