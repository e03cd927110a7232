//! What can keep the engine from its work.

use std::time::Duration;

use chronogram_log::{Position, StoreError};

use crate::copies::{self, CopyRole};

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
        "the tables of projection {name} are not those of this release: run `chronogram projections rebuild {name} \
         --switch`"
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
         `chronogram projections rebuild {name} --switch`"
    )]
    AheadOfLog {
        /// Its name.
        name: String,
        /// Its checkpoint.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// Somebody else rebuilds, switches or verifies it.
    #[error("projection {name} is being rebuilt, switched or verified by another process: wait until it is done")]
    Busy {
        /// Its name.
        name: String,
    },
    /// There are no such tables beside the live ones.
    #[error("{}", copies::absent(name, *role))]
    NoCopy {
        /// Its name.
        name: String,
        /// Which ones.
        role: CopyRole,
    },
    /// A rebuild is not done.
    #[error(
        "the rebuild of projection {name} is not done, it is at position {position}: run `chronogram projections \
         rebuild {name}`, it goes on where it was"
    )]
    Unfinished {
        /// Its name.
        name: String,
        /// How far it is.
        position: Position,
    },
    /// The rebuilt rows know more than the live ones, which do not move.
    #[error(
        "projection {name} is at position {live} and does not get further, its rebuilt tables are at {rebuilt}: they \
         cannot be compared at one position; see `chronogram projections parked list {name}`, or switch"
    )]
    Apart {
        /// Its name.
        name: String,
        /// The live rows.
        live: Position,
        /// The rebuilt rows.
        rebuilt: Position,
    },
    /// No event, or another one, waits.
    #[error("{}", match (position, waits) {
        (Some(position), Some(waits)) => format!("projection {name} is not stopped at position {position}, but at {waits}"),
        _ => format!("no event of projection {name} waits to be tried again or skipped"),
    })]
    NotParked {
        /// Its name.
        name: String,
        /// What was asked for.
        position: Option<Position>,
        /// What waits.
        waits: Option<Position>,
    },
    /// What is damaged is not skipped.
    #[error("the log is damaged at position {position}: that is not skipped; restore it from a backup")]
    Damaged {
        /// Where.
        position: Position,
    },
    /// The log does not reach as far as an as-of was asked for.
    #[error("the log ends at position {head}: nothing is there as of {until} yet")]
    NotYet {
        /// What was asked for.
        until: Position,
        /// The end of the log.
        head: Position,
    },
    /// A key of a request was used for another one.
    #[error("this key was used before for other work on projections")]
    KeyReused,
    /// A row was named wrongly.
    #[error("{0}")]
    NoSuchRow(String),
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
