//! Copies of read models beside the live ones: of former versions, or left by what was cut short.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{Engine, EngineError, error::While, leadership::release, registered::Registered, schema};

/// A name and a version, whatever follows. A rebuild under way goes on from its checkpoint and follows the log.
const COPIES: &str = "
select nspname::text from pg_namespace
where nspname ~ ('^' || $1 || '_v[0-9]+(_.*)?$') and nspname <> $2 and nspname <> $3 order by 1";

impl Engine {
    /// Drops every copy of a read model that no longer follows the log: it would keep what the log has let go of. Waits
    /// for a rebuild or verification under way. Gives the names of their schemas.
    pub async fn drop_copies(&self) -> Result<Vec<String>, EngineError> {
        let mut dropped = Vec::new();
        for registered in self.projections.iter() {
            let mut connection = self.upkeep(registered, "drop copies").await?;
            let result = drop_of(&mut connection, registered).await.while_("drop copies of read models");
            release(connection).await;
            dropped.extend(result?);
        }
        Ok(dropped)
    }
}

async fn drop_of(connection: &mut PgConnection, registered: &Registered) -> sqlx::Result<Vec<String>> {
    let mut transaction = connection.begin().await?;
    let copies: Vec<String> = sqlx::query_scalar(COPIES)
        .bind(registered.name)
        .bind(registered.live_schema())
        .bind(registered.rebuild_schema())
        .fetch_all(&mut *transaction)
        .await?;
    for copy in &copies {
        schema::drop(&mut transaction, copy).await?;
    }
    for table in ["projection.checkpoint", "projection.rebuild"] {
        let sql = format!("delete from {table} where name = $1 and version <> $2");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(registered.name).bind(registered.version);
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(copies)
}
