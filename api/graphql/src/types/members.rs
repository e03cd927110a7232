//! How many members a channel has, now and day by day.

use async_graphql::Object;
use chronogram_read_models::{
    DAYS_MAX,
    members::{CountRow, DailyRow},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::days_between;
use crate::{errors::Failure, scalars::Long};

/// Days of a series where no range is asked for.
const DAYS_DEFAULT: i32 = 30;

/// A count of a channel's members.
#[derive(Clone)]
pub(crate) struct MemberCount(pub(crate) CountRow);

/// A day of a channel's series.
pub(crate) struct MembersOfDay(pub(crate) DailyRow);

/// How many days are asked for.
pub(crate) fn days_wanted(from: Option<Date>, to: Option<Date>, last_days: Option<i32>) -> i64 {
    match (from, to) {
        (Some(from), Some(to)) => days_between(from, to),
        _ => last_days.unwrap_or(DAYS_DEFAULT).into(),
    }
}

/// The days that were asked for: the first, and the first that no longer counts.
pub(crate) fn days_asked_for(
    from: Option<Date>,
    to: Option<Date>,
    last_days: Option<i32>,
    now: Timestamp,
) -> Result<(Date, Date), Failure> {
    match (from, to, last_days) {
        (Some(from), Some(to), None) => Ok((from, to)),
        (None, None, days) => {
            let days = i64::from(days.unwrap_or(DAYS_DEFAULT));
            if !(1..=DAYS_MAX).contains(&days) {
                return Err(Failure::input("lastDays", format!("must be 1 to {DAYS_MAX}")));
            }
            let end = now.to_zoned(TimeZone::UTC).date().tomorrow().unwrap_or(Date::MAX);
            Ok((end.saturating_sub(SignedDuration::from_hours(24 * days)), end))
        }
        _ => Err(Failure::input("from", "give `from` and `to`, or `lastDays`, one of both")),
    }
}

/// A count of a channel's members.
#[Object]
impl MemberCount {
    /// How many there were.
    async fn members(&self) -> Long {
        Long(self.0.members)
    }

    /// When they were counted.
    async fn taken_at(&self) -> Timestamp {
        self.0.taken_at
    }
}

/// How many members a channel had on a day, by the last count of that day.
#[Object]
impl MembersOfDay {
    /// The day, in UTC.
    async fn day(&self) -> Date {
        self.0.count.day
    }

    /// How many there were.
    async fn members(&self) -> Long {
        Long(self.0.count.members)
    }

    /// How many more (or fewer) than at the count before it, whichever day that was; null at the very first.
    async fn change(&self) -> Option<Long> {
        self.0.change.map(Long)
    }

    /// When they were counted.
    async fn taken_at(&self) -> Timestamp {
        self.0.count.taken_at
    }

    /// Position of the event that tells it.
    async fn position(&self) -> Long {
        Long(self.0.count.position)
    }
}
