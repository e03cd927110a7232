//! What an examination of the house finds broken.

use crate::Position;

/// A promise that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Which invariant it breaks: `I1` to `I7` (docs/operators).
    pub invariant: &'static str,
    /// Where in the log, where it can be said.
    pub position: Option<Position>,
    /// What is wrong, without anybody's words.
    pub detail: String,
}

impl Fault {
    /// A broken `invariant` at `position`.
    pub fn at(invariant: &'static str, position: Position, detail: impl Into<String>) -> Self {
        Self { invariant, position: Some(position), detail: detail.into() }
    }

    /// A broken `invariant` that has no single place in the log.
    pub fn of(invariant: &'static str, detail: impl Into<String>) -> Self {
        Self { invariant, position: None, detail: detail.into() }
    }
}
