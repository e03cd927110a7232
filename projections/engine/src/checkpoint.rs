//! How far a projection got: the row that commits together with what it counts.

use chronogram_log::Position;
use sqlx::{Connection, PgConnection};

use crate::{EngineError, error::While, registered::Registered, schema};

/// A row of `projection.checkpoint`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Checkpoint {
    pub(crate) fingerprint: String,
    pub(crate) position: i64,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
    pub(crate) error_position: Option<i64>,
}

impl Checkpoint {
    pub(crate) fn position(&self) -> Position {
        Position::from_i64(self.position)
    }

    /// The error of a stopped projection.
    pub(crate) fn stop(&self, registered: &Registered) -> Option<EngineError> {
        (self.state == "stopped").then(|| EngineError::Stopped {
            name: registered.name.to_owned(),
            position: self.error_position.map_or(self.position(), Position::from_i64),
            reason: self.error.clone().unwrap_or_default(),
        })
    }
}

/// The row, `None` before the projection's first use.
pub(crate) async fn read(
    executor: impl sqlx::PgExecutor<'_>,
    registered: &Registered,
) -> Result<Option<Checkpoint>, EngineError> {
    sqlx::query_as(
        "select fingerprint, position, state, error, error_position from projection.checkpoint \
         where name = $1 and version = $2",
    )
    .bind(registered.name)
    .bind(registered.version)
    .fetch_optional(executor)
    .await
    .while_("read a checkpoint")
}

/// Where the live rows are.
pub(crate) async fn position(connection: &mut PgConnection, registered: &Registered) -> Result<Position, EngineError> {
    let row = read(connection, registered).await?;
    row.map(|row| row.position()).ok_or_else(|| registered.mismatch())
}

/// Makes row and tables on first use. Rows without a checkpoint belong to nobody: they are made anew.
pub(crate) async fn ensure(connection: &mut PgConnection, registered: &Registered) -> Result<(), EngineError> {
    const OPERATION: &str = "make the tables of a projection";
    let mut transaction = connection.begin().await.while_(OPERATION)?;
    let inserted = sqlx::query(
        "insert into projection.checkpoint (name, version, fingerprint) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(&registered.fingerprint)
    .execute(&mut *transaction)
    .await
    .while_(OPERATION)?
    .rows_affected();
    if inserted == 1 {
        let projection = &*registered.projection;
        schema::create_tables(&mut transaction, &registered.live_schema(), projection).await.while_(OPERATION)?;
        schema::create_indexes(&mut transaction, projection).await.while_(OPERATION)?;
    }
    transaction.commit().await.while_(OPERATION)
}

/// Where to go on. Refuses tables of another shape; a projection that was stopped gets its new try.
pub(crate) async fn open(connection: &mut PgConnection, registered: &Registered) -> Result<Position, EngineError> {
    ensure(connection, registered).await?;
    let position: Option<i64> = sqlx::query_scalar(
        "update projection.checkpoint set state = 'running', error = null, error_position = null, pace = 0, \
         updated_at = clock_timestamp() where name = $1 and version = $2 and fingerprint = $3 \
         and exists (select from pg_namespace where nspname = $4) returning position",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(&registered.fingerprint)
    .bind(registered.live_schema())
    .fetch_optional(connection)
    .await
    .while_("open a checkpoint")?;
    position.map(Position::from_i64).ok_or_else(|| registered.mismatch())
}

/// Compare-and-set, first in its transaction: it locks the row, so a switch of schemas happens before or after the
/// whole transaction, and names are resolved after it. `false`: somebody else moved it; roll back and read again.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    registered: &Registered,
    from: Position,
    to: Position,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update projection.checkpoint set position = $5, pace = projection.pace(pace, updated_at, $5 - position), \
         updated_at = clock_timestamp() \
         where name = $1 and version = $2 and fingerprint = $3 and position = $4",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(&registered.fingerprint)
    .bind(from.as_i64())
    .bind(to.as_i64())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks the row against every batch until the transaction ends; where the live rows are, and of which shape.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    registered: &Registered,
) -> Result<(Position, String), EngineError> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "select position, fingerprint from projection.checkpoint where name = $1 and version = $2 for update",
    )
    .bind(registered.name)
    .bind(registered.version)
    .fetch_optional(connection)
    .await
    .while_("lock a checkpoint")?;
    row.map(|(position, fingerprint)| (Position::from_i64(position), fingerprint)).ok_or_else(|| registered.mismatch())
}

/// Other tables are live from now on: this is where they are.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    registered: &Registered,
    position: Position,
) -> sqlx::Result<()> {
    sqlx::query(
        "update projection.checkpoint set position = $3, fingerprint = $4, state = 'running', error = null, \
         error_position = null, pace = 0, updated_at = clock_timestamp() where name = $1 and version = $2",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(position.as_i64())
    .bind(&registered.fingerprint)
    .execute(connection)
    .await?;
    Ok(())
}
