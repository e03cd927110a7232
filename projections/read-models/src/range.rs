//! Half-open ranges of time as a filter.

use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use sqlx::{Postgres, QueryBuilder};

use crate::QueryError;

/// Days of the longest range that one answer holds: more than ten years, and a bound on its size.
pub const DAYS_MAX: i64 = 5_000;

/// Refuses a range of days that is too long for one answer.
pub(crate) fn check_days(from: Date, to: Date) -> Result<(), QueryError> {
    let days = to.duration_since(from).as_hours() / 24;
    if days > DAYS_MAX { Err(QueryError::RangeTooLong { days, max: DAYS_MAX }) } else { Ok(()) }
}

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
