//! Are the checkpoints where they can be? None may stand behind the end of the log.

use chronogram_log::{Fault, Position};

use crate::{Engine, EngineError, error::While};

impl Engine {
    /// Checkpoints, of live read models and of copies beside them, that claim more of the log than there is.
    pub async fn examine_checkpoints(&self, head: Position) -> Result<Vec<Fault>, EngineError> {
        const SQL: &str = "
            select name, position from projection.checkpoint where position > $1
            union all
            select 'a copy (' || role || ') of ' || name, position from projection.copy where position > $1
            order by 2, 1";
        let ahead: Vec<(String, i64)> = sqlx::query_as(SQL)
            .bind(head.as_i64())
            .fetch_all(&self.sessions.pool)
            .await
            .while_("examine the checkpoints")?;
        let fault = |(name, position): (String, i64)| {
            let detail = format!("{name} claims to have folded event {position}, the log ends at {head}");
            Fault::at("I5", Position::from_i64(position), detail)
        };
        Ok(ahead.into_iter().map(fault).collect())
    }
}
