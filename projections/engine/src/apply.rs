//! One call of a projection's fold, and what its failure means.

use std::panic::AssertUnwindSafe;

use chronogram_log::{Position, RecordedEvent};
use futures::FutureExt;
use sqlx::PgConnection;

use crate::{ApplyError, EngineError, parked::ParkedKind, registered::Registered};

/// Why a batch was not applied.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The fold names the event that it cannot take.
    Poison { position: Position, reason: String },
    /// Some event of the batch is to blame, and trying again would change nothing.
    Refused { kind: ParkedKind, reason: String },
    /// The database failed; worth another try.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Folds `events` in the caller's transaction, which has entered the schema. No events: nothing to do.
pub(crate) async fn fold(
    registered: &Registered,
    events: &[RecordedEvent],
    connection: &mut PgConnection,
) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    match AssertUnwindSafe(registered.projection.apply(events, connection)).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(ApplyError::Poison { position, reason })) => Err(Fault::Poison { position, reason }),
        Ok(Err(ApplyError::Database(error))) => match refusal(&error) {
            Some(reason) => Err(Fault::Refused { kind: ParkedKind::Refused, reason }),
            None => Err(Fault::Database(error)),
        },
        Err(_) => Err(Fault::Refused { kind: ParkedKind::Panicked, reason: "the fold panicked".to_owned() }),
    }
}

impl Fault {
    /// For work that ends at the first fault.
    pub(crate) fn into_error(self, registered: &Registered, events: &[RecordedEvent]) -> EngineError {
        let first = events.first().map_or(Position::START, |event| event.position);
        let name = registered.name.to_owned();
        match self {
            Self::Poison { position, reason } => EngineError::Stopped { name, position, reason },
            Self::Refused { reason, .. } => EngineError::Stopped {
                name,
                position: first,
                reason: format!("{reason}, in the batch of {} events that starts here", events.len()),
            },
            Self::Database(source) => EngineError::Database { operation: "write the rows of a batch", source },
        }
    }
}

/// What the database said, when it said no to the data (class 22), to a constraint (23) or to the statement (42)
/// rather than failed. Its message may hold data, so only code and constraint are told.
fn refusal(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    let code = error.code()?;
    let refused = ["22", "23", "42"].iter().any(|class| code.starts_with(class));
    refused.then(|| match error.constraint() {
        Some(constraint) => format!("the database refused its rows (SQLSTATE {code}, constraint {constraint})"),
        None => format!("the database refused its rows (SQLSTATE {code})"),
    })
}
