//! Projections, as operators see them.

use async_graphql::Object;

use crate::{ports::ProjectionStatus, scalars::Long};

/// A projection: what folds the log into one read model.
pub(crate) struct Projection(pub(crate) ProjectionStatus);

/// Lags and versions are far below 2⁶³.
fn long(number: u64) -> Long {
    Long(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A projection: what folds the log into one read model.
#[Object]
impl Projection {
    /// Its name: `conversations`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Version of its tables and fold.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// How far it has folded the log.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// Where the log ended when this was asked.
    async fn head(&self) -> Long {
        self.0.head.into()
    }

    /// Events between the two.
    async fn lag_events(&self) -> Long {
        long(self.0.lag_events)
    }

    /// Age of the oldest event it has yet to fold, in milliseconds; 0 at the head.
    async fn lag_ms(&self) -> Long {
        long(self.0.lag_ms)
    }

    /// What it is doing: `running`, `idle`, `stopped`.
    async fn state(&self) -> &str {
        &self.0.state
    }

    /// Why it stopped, where it did.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }
}
