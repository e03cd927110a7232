//! How a model fails, by what is to be done about it.

use std::time::Duration;

use crate::patience::Verdict;

/// Why a request has no answer. No variant holds words of people, the key, or what the server said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Too many requests or tokens.
    #[error("the model's server wants us to wait")]
    Limited {
        /// How long, where it says so.
        after: Option<Duration>,
    },
    /// The server has a fault, or is overloaded.
    #[error("the model's server has a fault ({status})")]
    ServerFault {
        /// The status of its answer.
        status: u16,
        /// When another try is welcome, where it says so.
        after: Option<Duration>,
    },
    /// The request never reached the server.
    #[error("the model's server cannot be reached")]
    Unreachable,
    /// It did not answer in time, or its answer broke off: whether it worked for us, and counts it, is not known.
    #[error("the model's server did not answer in time, or broke off")]
    NoAnswer,
    /// The answer is no chat completion, or too large for one.
    #[error("the answer of the model's server is not to be read: {0}")]
    Malformed(&'static str),
    /// The key is refused.
    #[error("the model's server refuses the key")]
    Unauthorized,
    /// The server has no such model, or no such path.
    #[error("the model's server knows no such model")]
    UnknownModel,
    /// The account has no money left there.
    #[error("the account at the model's server is used up")]
    QuotaSpent,
    /// The request is longer than the model takes.
    #[error("the request is longer than the model takes")]
    TooLong,
    /// The request is refused; again it would be refused again.
    #[error("the model's server refuses the request ({status})")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// A parameter that it does not take, as far as we know another way without it.
        unsupported: Option<Unsupported>,
    },
    /// The breaker is open: nobody asks.
    #[error("the model's server did not answer lately; it is left alone for a while")]
    LeftAlone,
    /// Our own limits: too many wait, or the turn would come too late.
    #[error("too much is asked of the model at once")]
    Busy,
}

/// What some servers do not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// `response_format` with a schema.
    Schema,
    /// `max_tokens`, which newer models call `max_completion_tokens`.
    MaxTokens,
    /// A temperature of one's own.
    Temperature,
}

impl ModelError {
    /// The kind in a word, for metrics and events.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Limited { .. } => "limited",
            Self::ServerFault { .. } => "server_fault",
            Self::Unreachable => "unreachable",
            Self::NoAnswer => "no_answer",
            Self::Malformed(_) => "malformed",
            Self::Unauthorized => "unauthorized",
            Self::UnknownModel => "unknown_model",
            Self::QuotaSpent => "quota_spent",
            Self::TooLong => "too_long",
            Self::Refused { .. } => "refused",
            Self::LeftAlone => "left_alone",
            Self::Busy => "busy",
        }
    }

    /// What it means for another attempt.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Limited { after } | Self::ServerFault { after, .. } => Verdict::Again(*after),
            Self::Unreachable | Self::NoAnswer => Verdict::Again(None),
            _ => Verdict::Final,
        }
    }

    /// Whether the attempt may have been counted by the server although nobody knows what it counted.
    pub fn may_cost(&self) -> bool {
        matches!(self, Self::NoAnswer | Self::Malformed(_))
    }
}
