//! Questions about how many events were recorded.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use crate::{QueryError, range::check_days};

/// Which counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCountFilter {
    /// The first day, in UTC.
    pub from: Date,
    /// The first day that no longer counts, in UTC.
    pub to: Date,
    /// Only these event types; empty: all.
    pub types: Vec<String>,
}

/// How many events of a type were recorded on a day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EventCountRow {
    /// The day, in UTC.
    #[sqlx(try_from = "jiff_sqlx::Date")]
    pub day: Date,
    /// The event type.
    pub event_type: String,
    /// How many, never 0.
    pub events: i64,
}

/// Counts by day and type; days and types without events are absent.
pub async fn event_counts(
    executor: impl PgExecutor<'_>,
    filter: &EventCountFilter,
) -> Result<Vec<EventCountRow>, QueryError> {
    const ALL: &str = "select * from event_count where day >= $1 and day < $2 order by day, event_type";
    const SOME: &str = "select * from event_count where day >= $1 and day < $2 and event_type = any($3)
        order by day, event_type";
    check_days(filter.from, filter.to)?;
    let (from, to) = (filter.from.to_sqlx(), filter.to.to_sqlx());
    let query = if filter.types.is_empty() {
        sqlx::query_as(ALL).bind(from).bind(to)
    } else {
        sqlx::query_as(SOME).bind(from).bind(to).bind(&filter.types)
    };
    Ok(query.fetch_all(executor).await?)
}

/// How many events of these types were recorded at all, as far as they are folded.
pub async fn count_events(executor: impl PgExecutor<'_>, types: &[String]) -> Result<i64, QueryError> {
    const SQL: &str = "select coalesce(sum(events), 0)::bigint from event_count where event_type = any($1)";
    Ok(sqlx::query_scalar(SQL).bind(types).fetch_one(executor).await?)
}
