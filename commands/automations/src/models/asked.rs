//! What is asked of models, and what comes of it.

use chronogram_gateways::models::{ChatRequest, ModelError, RequestError};
use chronogram_handlers::HandleError;
use chronogram_log::{DecodeError, StoreError};
use chronogram_model::{EventId, PersonId, call::Payment};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::AccountKind;

/// On whose account it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The plugin that asks.
    pub plugin: String,
    /// The run it asks in. An answer that the run has had already is given again however old it is.
    pub run: Uuid,
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRequest {
    /// The model, by our name for it.
    pub model: String,
    /// What is asked.
    pub chat: ChatRequest,
    /// Whom it is about: the answer is theirs, and forgotten with them. `None`: nobody, the answer is public.
    pub about: Option<PersonId>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelAnswer {
    /// What the model said; where a schema was given, JSON that is as the schema wants it and nothing else.
    pub content: String,
    /// Why it stopped: `stop`, `length`, …
    pub finish: String,
    /// The model that answered, by its server's account, or else our name for it.
    pub served_by: String,
    /// Tokens of the question.
    pub input_tokens: u32,
    /// Tokens of the answer.
    pub output_tokens: u32,
    /// What it cost when it was paid for.
    pub cost: Decimal,
    /// It was paid for before.
    pub reused: bool,
    /// The `ModelCalled` whose answer it is.
    pub call: EventId,
}

/// What came of a question.
#[derive(Debug)]
pub struct Asked {
    /// The answer, or why there is none.
    pub answer: Result<ModelAnswer, ModelFailure>,
    /// What the run paid for it: now, or before it was cut off; an attempt without an answer may have its price too.
    /// `None`: nothing, or another run did.
    pub paid: Option<Payment>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelFailure {
    /// The question is none.
    #[error("the request is refused: {0}")]
    Invalid(#[from] RequestError),
    /// There is no such model.
    #[error("there is no model {0:?}")]
    UnknownModel(String),
    /// The plugin may not ask it.
    #[error("plugin {plugin:?} is not granted model {model:?}")]
    NotGranted {
        /// Who asked.
        plugin: String,
        /// What.
        model: String,
    },
    /// It could cost more than is left.
    #[error("the budget of {0} is spent")]
    BudgetSpent(AccountKind),
    /// The model did not answer, or refuses.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model answered something else than it was asked for. Kept in the log, and paid for.
    #[error("the model's answer is of no use: {0}")]
    Unusable(&'static str),
    /// The database failed.
    #[error("the database failed while it should {operation}")]
    Database {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A call in the log cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// A call cannot be recorded.
    #[error("the call cannot be recorded")]
    Record(#[source] HandleError<std::convert::Infallible>),
    /// Whoever made the call ended without an outcome.
    #[error("the call was cut short")]
    CutShort,
}

impl ModelFailure {
    /// The kind in a word: `denied`, `budget_exhausted`, `unavailable`, `invalid_response`, or `internal` where the house
    /// itself failed and a run had better stop.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::UnknownModel(_) | Self::NotGranted { .. } => "denied",
            Self::BudgetSpent(_) => "budget_exhausted",
            Self::Model(_) => "unavailable",
            Self::Unusable(_) => "invalid_response",
            Self::Database { .. } | Self::Store(_) | Self::Unreadable(_) | Self::Record(_) | Self::CutShort => {
                "internal"
            }
        }
    }
}

/// Names the operation that a database error belongs to.
pub(super) fn while_(operation: &'static str) -> impl FnOnce(sqlx::Error) -> ModelFailure {
    move |source| ModelFailure::Database { operation, source }
}
