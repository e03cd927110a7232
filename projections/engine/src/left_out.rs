//! Events that an operator had left out: no replay of this version of a projection meets them.

use chronogram_log::{Position, RecordedEvent};
use sqlx::PgConnection;

use crate::{EngineError, error::While, registered::Registered};

/// The events that a projection meets no more.
pub(crate) struct LeftOut(Vec<Position>);

impl LeftOut {
    /// Those of this projection; in increasing order.
    pub(crate) async fn of(connection: &mut PgConnection, registered: &Registered) -> Result<Self, EngineError> {
        let positions: Vec<i64> = sqlx::query_scalar(
            "select position from projection.parked where name = $1 and version = $2 and skipped_at is not null \
             order by position",
        )
        .bind(registered.name)
        .bind(registered.version)
        .fetch_all(connection)
        .await
        .while_("read which events are left out")?;
        Ok(Self(positions.into_iter().map(Position::from_i64).collect()))
    }

    pub(crate) fn has(&self, position: Position) -> bool {
        self.0.binary_search(&position).is_ok()
    }

    /// Takes them out of `events`.
    pub(crate) fn leave_out(&self, events: &mut Vec<RecordedEvent>) {
        events.retain(|event| !self.has(event.position));
    }
}
