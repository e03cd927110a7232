//! What can keep the engine from its work.

use std::time::Duration;

use chronogram_log::{Position, StoreError};

/// Why the engine could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such projection.
    #[error("there is no projection {name}; there are: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A projection's own description cannot work.
    #[error("projection {name} cannot be registered: {reason}")]
    Invalid {
        /// Its name.
        name: String,
        /// What to change.
        reason: String,
    },
    /// Its tables have another shape than this release writes.
    #[error(
        "the tables of projection {name} are not those of this release: run `chronogram projections rebuild {name}`"
    )]
    Mismatch {
        /// Its name.
        name: String,
    },
    /// An event that cannot be applied stopped it.
    #[error("projection {name} is stopped at position {position}: {reason}")]
    Stopped {
        /// Its name.
        name: String,
        /// The event that stopped it.
        position: Position,
        /// Why, without the event's data.
        reason: String,
    },
    /// Its rows know more than the log.
    #[error(
        "projection {name} is at position {position}, the log ends at {head}: is this its log? If it is, run \
         `chronogram projections rebuild {name}`"
    )]
    AheadOfLog {
        /// Its name.
        name: String,
        /// Its checkpoint.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// Somebody else rebuilds or verifies it.
    #[error("projection {name} is being rebuilt or verified by another process: wait until it is done")]
    Busy {
        /// Its name.
        name: String,
    },
    /// It did not get there in time.
    #[error("projection {name} did not reach position {wanted} within {} ms, it is at {position}", patience.as_millis())]
    Behind {
        /// Its name.
        name: String,
        /// Where it is.
        position: Position,
        /// Where it should be.
        wanted: Position,
        /// How long was waited.
        patience: Duration,
    },
    /// The database failed.
    #[error("the database failed while it should {operation}")]
    Database {
        /// What was asked of it.
        operation: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names what the database was asked for when it failed.
pub(crate) trait While<T> {
    fn while_(self, operation: &'static str) -> Result<T, EngineError>;
}

impl<T> While<T> for Result<T, sqlx::Error> {
    fn while_(self, operation: &'static str) -> Result<T, EngineError> {
        self.map_err(|source| EngineError::Database { operation, source })
    }
}
