//! What the queries of members give.

use chronogram_model::ChatId;
use jiff::{Timestamp, civil::Date};

use crate::columns::ChatNumber;

/// How many members a channel had on a day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CountRow {
    /// Which channel.
    #[sqlx(try_from = "ChatNumber")]
    pub channel: ChatId,
    /// The day, in UTC.
    #[sqlx(try_from = "jiff_sqlx::Date")]
    pub day: Date,
    /// How many, by the last count of that day.
    pub members: i64,
    /// When they were counted.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub taken_at: Timestamp,
    /// Where: `bot_api`.
    pub source: String,
    /// Position of the event.
    pub position: i64,
}

/// A day of a channel's series.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DailyRow {
    /// The count.
    #[sqlx(flatten)]
    pub count: CountRow,
    /// Members more (or fewer) than at the count before it, whichever day that was; absent at the first.
    pub change: Option<i64>,
}
