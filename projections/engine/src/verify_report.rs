//! What a verification or a comparison found.

use chronogram_log::Position;

/// What other rows, those of a replay or of a copy, say about the live ones.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// The projection.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Both were compared at this position.
    pub position: Position,
    /// Every table.
    pub tables: Vec<TableReport>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TableReport {
    /// Its name.
    pub table: String,
    /// Live rows.
    pub rows: u64,
    /// Rows that the live table lacks.
    pub missing: u64,
    /// Rows that only the live table has.
    pub extra: u64,
    /// Rows of the same key and other contents.
    pub different: u64,
    /// The first of them, by key.
    pub differences: Vec<Difference>,
}

/// A row that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What is wrong with it.
    pub kind: DifferenceKind,
    /// Its key: `chat=1 message=2`.
    pub key: String,
    /// Of a different one: the columns whose contents are others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The live table lacks it.
    Missing,
    /// Only the live table has it.
    Extra,
    /// Its contents are others.
    Different,
}

impl VerifyReport {
    /// Whether every row is the same.
    pub fn is_clean(&self) -> bool {
        self.tables.iter().all(|table| table.missing + table.extra + table.different == 0)
    }
}
