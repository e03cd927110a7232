//! What a verification found.

use chronogram_log::Position;

/// What a replay into a scratch schema says about the live rows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// The projection.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Live and replayed rows were compared at this position.
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
    /// Rows that the log gives and the live table lacks.
    pub missing: u64,
    /// Rows that the live table has and the log does not give.
    pub extra: u64,
    /// Rows of the same key and other contents.
    pub different: u64,
    /// The first of them, by key.
    pub differences: Vec<Difference>,
}

/// A row that is not as the log says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What is wrong with it.
    pub kind: DifferenceKind,
    /// Its key: `chat=1 message=2`.
    pub key: String,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The log gives it, the live table lacks it.
    Missing,
    /// The live table has it, the log does not give it.
    Extra,
    /// Its contents are others.
    Different,
}

impl VerifyReport {
    /// Whether every row is as the log says.
    pub fn is_clean(&self) -> bool {
        self.tables.iter().all(|table| table.missing + table.extra + table.different == 0)
    }
}
