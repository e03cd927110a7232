//! What a read model holds, as one number a table: two that hold the same rows have the same, wherever they are.
//!
//! A checksum is SHA-256 over the rows as Postgres copies them out, in the order of their keys' bytes, with the zone UTC:
//! neither the machine's collation nor its zone changes it. One row is in memory at a time.

use std::sync::Arc;

use chronogram_log::Position;
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::{Engine, EngineError, Leadership, TableKey, error::While as _, registered::Registered, schema};

const OPERATION: &str = "take the checksum of a read model";

/// What a read model holds at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadModelChecksum {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Everything up to here is in its rows.
    pub position: Position,
    /// Every table.
    pub tables: Vec<TableChecksum>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableChecksum {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

/// Read models that nobody switches while this is held, so that names mean in a snapshot what they mean outside.
pub struct Still(Vec<(Arc<Registered>, Leadership)>);

impl Engine {
    /// Holds every read model that nobody works on just now. To be called before the snapshot begins.
    pub async fn hold_still(&self) -> Result<Still, EngineError> {
        let mut held = Vec::new();
        for registered in self.projections.iter() {
            match self.upkeep(registered, "backup").await {
                Ok(leadership) => held.push((registered.clone(), leadership)),
                // It is being rebuilt or verified: left out.
                Err(EngineError::Busy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Still(held))
    }

    /// What this read model holds as it was built as of `position` (`build_as_of`).
    pub async fn checksum_as_of(&self, name: &str, position: Position) -> Result<ReadModelChecksum, EngineError> {
        let registered = self.find(name)?;
        let mut connection = self.sessions.pool.acquire().await.while_(OPERATION)?;
        of_schema(&mut connection, registered, &registered.as_of_schema(position), position).await
    }
}

impl Still {
    /// What the live read models hold in the caller's snapshot, which no connection has used for anything else.
    pub async fn checksums(&self, snapshot: &mut PgConnection) -> Result<Vec<ReadModelChecksum>, EngineError> {
        const CHECKPOINT: &str =
            "select position from projection.checkpoint where name = $1 and version = $2 and fingerprint = $3";
        let mut checksums = Vec::new();
        for (registered, _) in &self.0 {
            let position: Option<i64> = sqlx::query_scalar(CHECKPOINT)
                .bind(registered.name)
                .bind(registered.version)
                .bind(&registered.fingerprint)
                .fetch_optional(&mut *snapshot)
                .await
                .while_(OPERATION)?;
            let live = registered.live_schema();
            if let Some(position) = position
                && schema::exists(snapshot, &live).await.while_(OPERATION)?
            {
                checksums.push(of_schema(snapshot, registered, &live, Position::from_i64(position)).await?);
            }
        }
        Ok(checksums)
    }

    /// Lets others work on them again.
    pub async fn release(self) {
        for (_, leadership) in self.0 {
            leadership.give_up().await;
        }
    }
}

async fn of_schema(
    connection: &mut PgConnection,
    registered: &Registered,
    schema: &str,
    position: Position,
) -> Result<ReadModelChecksum, EngineError> {
    let mut tables = Vec::new();
    for table in registered.projection.tables() {
        tables.push(of_table(connection, schema, table).await.while_(OPERATION)?);
    }
    let version = registered.projection.version();
    Ok(ReadModelChecksum { name: registered.name.to_owned(), version, position, tables })
}

async fn of_table(connection: &mut PgConnection, schema: &str, table: &TableKey) -> sqlx::Result<TableChecksum> {
    let key: Vec<String> =
        table.key.iter().map(|column| format!("{}::text collate \"C\"", schema::quoted(column))).collect();
    let copy = format!(
        "copy (select * from \"{schema}\".{} order by {}) to stdout",
        schema::quoted(table.table),
        key.join(", ")
    );
    // For the transaction where there is one; else for this session, which the engine's other statements do not mind.
    sqlx::raw_sql("set timezone = 'UTC'; set datestyle = 'ISO, YMD'").execute(&mut *connection).await?;
    let (mut rows, mut digest) = (0, Sha256::new());
    let mut out = connection.copy_out_raw(&copy).await?;
    while let Some(bytes) = out.try_next().await? {
        // A line feed within a value is written as two other characters.
        rows += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        digest.update(&bytes);
    }
    Ok(TableChecksum { table: table.table.to_owned(), rows, sha256: hex::encode(digest.finalize()) })
}
