//! Why nothing was appended.

use std::sync::Arc;

use chronogram_handlers::HandleError;

use crate::FieldFault;

/// A cause that belongs into the log, not into an answer.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why a request appended nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IntakeError {
    /// Fields are not as they must be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldFault>),
    /// The domain says no.
    #[error("{message}")]
    Refused {
        /// What kind of no.
        kind: RefusalKind,
        /// Why, for people.
        message: String,
    },
    /// The idempotency key was used before for a different request.
    #[error("this idempotency key was used before for a different request")]
    KeyReused,
    /// Nothing is known to be appended; the same request may be sent again.
    #[error("the log is not available")]
    Unavailable(#[source] Cause),
    /// Our fault: something cannot be read or written.
    #[error("the command failed")]
    Failed(#[source] Cause),
}

impl IntakeError {
    /// Something that the rules of the domain exclude.
    pub(crate) fn failed(what: &'static str) -> Self {
        Self::Failed(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(what)))
    }
}

/// What kind of no the domain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// What the request is about is not known.
    NotFound,
    /// The state of things is another.
    Conflict,
}

/// How edges tell a rejection of the domain.
pub(crate) trait Refusal: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> RefusalKind;

    /// The field that is not as it must be, where that is the reason.
    fn fault(&self) -> Option<FieldFault> {
        None
    }
}

impl<R: Refusal> From<HandleError<R>> for IntakeError {
    fn from(error: HandleError<R>) -> Self {
        match error {
            HandleError::Rejected(rejection) => match rejection.fault() {
                Some(fault) => Self::Invalid(vec![fault]),
                None => Self::Refused { kind: rejection.kind(), message: rejection.to_string() },
            },
            HandleError::FingerprintMismatch(_) => Self::KeyReused,
            HandleError::Store(_) | HandleError::Contended(_) => Self::Unavailable(Arc::new(error)),
            HandleError::Unreadable(_) | HandleError::Unstorable(_) => Self::Failed(Arc::new(error)),
        }
    }
}
