//! Half-open ranges of time as a filter.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{Postgres, QueryBuilder};

/// From `from` (included) to `to` (excluded); an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment that belongs to it.
    pub from: Option<Timestamp>,
    /// The first moment that no longer does.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether it holds every moment.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Adds ` and column >= … and column < …`.
    pub(crate) fn push(&self, column: &'static str, query: &mut QueryBuilder<Postgres>) {
        if let Some(from) = self.from {
            query.push(format_args!(" and {column} >= ")).push_bind(from.to_sqlx());
        }
        if let Some(to) = self.to {
            query.push(format_args!(" and {column} < ")).push_bind(to.to_sqlx());
        }
    }
}
