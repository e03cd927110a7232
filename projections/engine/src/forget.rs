//! Drops every copy of a read model: one that stands still keeps what the log has let go of.

use chronogram_log::Position;
use sqlx::{Connection as _, PgConnection};

use crate::{Engine, EngineError, error::While, registered::Registered, schema};

/// A name and a version, whatever follows, but for the live one: of former releases, and what was cut short, too.
const COPIES: &str = "
select nspname::text from pg_namespace where nspname ~ ('^' || $1 || '_v[0-9]+(_.*)?$') and nspname <> $2 order by 1";

impl Engine {
    /// Lets the live read models fold everything up to `position`, then drops all other copies. What is built from now on
    /// is built from the log as it is now, and what is live at `position` is what a switch puts aside: so nothing that the
    /// log had before stays anywhere. Answers the names of the schemas that went.
    pub async fn forget_before(&self, position: Position) -> Result<Vec<String>, EngineError> {
        self.catch_up(position, &|_| {}).await?;
        let mut dropped = Vec::new();
        for registered in self.projections.iter() {
            let mut leadership = self.upkeep(registered, "forget").await?;
            let result = drop_copies(leadership.connection(), registered).await;
            leadership.give_up().await;
            dropped.extend(result.while_("drop copies of read models")?);
        }
        Ok(dropped)
    }
}

async fn drop_copies(connection: &mut PgConnection, registered: &Registered) -> sqlx::Result<Vec<String>> {
    let mut transaction = connection.begin().await?;
    let copies: Vec<String> = sqlx::query_scalar(COPIES)
        .bind(registered.name)
        .bind(registered.live_schema())
        .fetch_all(&mut *transaction)
        .await?;
    for copy in &copies {
        schema::drop(&mut transaction, copy).await?;
    }
    let gone = "delete from projection.copy where name = $1";
    sqlx::query(gone).bind(registered.name).execute(&mut *transaction).await?;
    let former = "delete from projection.checkpoint where name = $1 and version <> $2";
    sqlx::query(former).bind(registered.name).bind(registered.version).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(copies)
}
