//! What a read model gives the engine: its name, its tables and its fold.

use async_trait::async_trait;
use chronogram_log::{Position, RecordedEvent};
use sqlx::PgConnection;

/// A read model's fold over the log.
///
/// The engine owns the transaction, the checkpoint and the schema; `apply` sees unqualified table names that the
/// transaction's `search_path` resolves, so the same code fills the live tables and those of a rebuild.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Its name: `conversations`. Part of the schema's name.
    fn name(&self) -> &'static str;
    /// Version of its tables and fold; a change of either takes the next number.
    fn version(&self) -> u32;
    /// DDL of the tables, unqualified, with primary keys, without other indexes.
    fn tables_sql(&self) -> &'static str;
    /// DDL of the other indexes, unqualified; on a rebuild they are made last.
    fn indexes_sql(&self) -> &'static str;
    /// Its tables and their keys, for comparing row by row.
    fn tables(&self) -> &'static [TableKey];
    /// The event types it reads; `None`: all.
    fn event_types(&self) -> Option<&'static [&'static str]>;
    /// Folds a batch (increasing positions, never empty) into rows and writes them with a few statements, not one an
    /// event. Deterministic: the same events give the same rows in batches of any size.
    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError>;
}

/// A table and the columns that identify its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableKey {
    /// Unqualified name.
    pub table: &'static str,
    /// Primary key.
    pub key: &'static [&'static str],
}

/// Why a batch was not applied; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// One event cannot be folded: this projection stops and says where.
    #[error("the event at position {position} cannot be applied: {reason}")]
    Poison {
        /// Where it stands.
        position: Position,
        /// Why, without its data.
        reason: String,
    },
    /// The database failed; worth another try.
    #[error("the rows of a batch could not be written")]
    Database(#[from] sqlx::Error),
}

impl From<chronogram_log::DecodeError> for ApplyError {
    fn from(error: chronogram_log::DecodeError) -> Self {
        Self::Poison { position: error.position, reason: error.to_string() }
    }
}
