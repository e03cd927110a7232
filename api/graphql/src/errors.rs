//! What went wrong, as a client sees it: a code, whether another try may help, and an id that leads to the cause.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_graphql::{Error, ErrorExtensionValues, ServerError};
use chronogram_engine::EngineError;
use chronogram_log::{Clock, StoreError};
use uuid::Uuid;

/// The codes in `extensions.code`. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// An argument, a variable or an input field is not as it must be.
    BadUserInput,
    /// The document is no GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema, or breaks a limit.
    GraphqlValidationFailed,
    /// The document holds several operations and none, or none of this name, was chosen.
    OperationResolutionFailure,
    /// Nobody said who asks.
    Unauthenticated,
    /// Who asks may not do this.
    Forbidden,
    /// What a mutation is about does not exist.
    NotFound,
    /// The domain says no: the state of things is another.
    Conflict,
    /// The idempotency key was used before for a different request.
    IdempotencyKeyReused,
    /// The database took too long for this query, or the read models for `minPosition`.
    Timeout,
    /// Something below is away or behind; the same request may succeed soon.
    Unavailable,
    /// Our fault; `errorId` leads to the cause in the log.
    InternalServerError,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 12] = [
        Self::BadUserInput,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::OperationResolutionFailure,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::IdempotencyKeyReused,
        Self::Timeout,
        Self::Unavailable,
        Self::InternalServerError,
    ];

    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }

    /// Whether the same request may succeed later without anybody changing it.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cause that clients never see.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Travels inside async-graphql's error to the place where failures are logged.
struct HiddenCause(Cause);

/// Why a field or a request has no answer. It has no `Display`, so that nothing becomes an error without a code.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    argument: Option<String>,
    cause: Option<Cause>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), argument: None, cause: None }
    }

    /// `argument` (or input field) is not as it must be.
    pub(crate) fn input(argument: impl Into<String>, message: impl fmt::Display) -> Self {
        let argument = argument.into();
        Self {
            code: Code::BadUserInput,
            message: format!("`{argument}`: {message}"),
            argument: Some(argument),
            cause: None,
        }
    }

    /// Something below failed in a way that another try may mend.
    pub(crate) fn unavailable(what: &'static str, cause: Cause) -> Self {
        let message = format!("{what} is not available; try again");
        Self { code: Code::Unavailable, message, argument: None, cause: Some(cause) }
    }

    /// Something that cannot be the client's fault.
    pub(crate) fn internal(cause: Cause) -> Self {
        let message = "the server failed; the log holds the cause under this errorId".to_owned();
        Self { code: Code::InternalServerError, message, argument: None, cause: Some(cause) }
    }

    /// The schema is put together wrongly.
    pub(crate) fn miswired(what: &'static str) -> Self {
        let cause: Box<dyn std::error::Error + Send + Sync> = what.into();
        Self::internal(cause.into())
    }

    pub(crate) fn into_server_error(self) -> ServerError {
        let error = Error::from(self);
        ServerError {
            message: error.message,
            source: error.source,
            locations: Vec::new(),
            path: Vec::new(),
            extensions: error.extensions,
        }
    }
}

/// The answer of a nullable field. Written this way round, a failure leaves `null` in its own place; as
/// `Result<Option<_>, _>` async-graphql would blank everything around it.
pub(crate) type Nullable<T> = Option<Result<T, Failure>>;

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        set_code(&mut extensions, failure.code);
        if let Some(argument) = failure.argument {
            extensions.set("argument", argument);
        }
        let source = failure.cause.map(|cause| Arc::new(HiddenCause(cause)) as Arc<_>);
        Self { message: failure.message, source, extensions: Some(extensions) }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let sqlstate =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default().into_owned();
        let away = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
            // Connection failures, shutdown, too many connections, transactions that lost to others.
            _ => ["08", "57P", "53", "40"].iter().any(|class| sqlstate.starts_with(class)),
        };
        let cause: Cause = Arc::new(error);
        if sqlstate == "57014" {
            let message = "the database took too long for this query; ask for less".to_owned();
            return Self { code: Code::Timeout, message, argument: None, cause: Some(cause) };
        }
        match sqlstate.as_str() {
            // No such table: a database that was just set up, whose first read models are being built.
            "42P01" => Self::unavailable("this read model", cause),
            _ if away => Self::unavailable("the database", cause),
            _ => Self::internal(cause),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } | StoreError::Closed => {
                Self::unavailable("the event store", Arc::new(error))
            }
            StoreError::Corrupt { .. } => Self::internal(Arc::new(error)),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Unknown { .. } => Self::new(Code::NotFound, error.to_string()),
            EngineError::NotYet { .. } => Self::input("position", error),
            EngineError::KeyReused => Self::new(Code::IdempotencyKeyReused, error.to_string()),
            EngineError::NoCopy { .. }
            | EngineError::Unfinished { .. }
            | EngineError::NotParked { .. }
            | EngineError::Damaged { .. }
            | EngineError::Busy { .. } => Self::new(Code::Conflict, error.to_string()),
            EngineError::Database { source, .. } => source.into(),
            EngineError::Store(error) => error.into(),
            other => Self::internal(Arc::new(other)),
        }
    }
}

fn set_code(extensions: &mut ErrorExtensionValues, code: Code) {
    extensions.set("code", code.as_str());
    extensions.set("retryable", code.is_retryable());
}

/// Gives `error` this code unless it has one.
pub(crate) fn fill_in_code(error: &mut ServerError, code: Code) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        set_code(extensions, code);
    }
}

/// Names failures, so that what a client reports is found in the log.
#[derive(Debug)]
pub(crate) struct ErrorIds {
    clock: Arc<dyn Clock>,
    given: AtomicU64,
}

impl ErrorIds {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, given: AtomicU64::new(0) }
    }

    /// Logs the hidden cause of `error`, if it has one, and puts the id of that entry into the error. Failures are
    /// logged here and nowhere below.
    pub(crate) fn log_cause(&self, error: &mut ServerError) {
        let Some(HiddenCause(cause)) = error.source::<HiddenCause>() else { return };
        let name = format!("{} {}", self.clock.now(), self.given.fetch_add(1, Ordering::Relaxed));
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let path = serde_json::to_string(&error.path).unwrap_or_default();
        tracing::error!(error.id = %id, error.chain = %chain(&**cause), graphql.path = path, "a GraphQL request failed");
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("errorId", id.to_string());
    }
}

/// The whole chain of causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
