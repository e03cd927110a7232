//! When a policy is due.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::IdError;

/// Thirty days.
const MINUTES_MAX: u32 = 30 * 24 * 60;
/// What is told of a schedule that cannot be read.
const EXPECTED: &str = "like 10m, 6h (1 minute to 30 days), or a time of day in UTC like 03:00";

/// How often, or at what time of the day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Schedule {
    /// Again and again.
    Every {
        /// After so many minutes.
        minutes: u32,
    },
    /// Once a day, in UTC.
    Daily {
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
    },
}

impl Schedule {
    /// The first time that it is due behind `now`, where it was due at `last`: whatever was missed between is not made up
    /// for. An interval goes on counting from `last`, or begins at `now`.
    pub fn next_after(self, last: Option<Timestamp>, now: Timestamp) -> Timestamp {
        match self {
            Self::Every { minutes } => {
                let interval = i64::from(minutes.max(1)) * 60;
                let begun = last.filter(|last| *last <= now).unwrap_or(now);
                let passed = now.duration_since(begun).as_secs() / interval;
                let ahead = passed.saturating_add(1).saturating_mul(interval);
                begun.saturating_add(SignedDuration::from_secs(ahead)).unwrap_or(Timestamp::MAX)
            }
            Self::Daily { hour, minute } => {
                let today = now.to_zoned(TimeZone::UTC).date();
                let due = [Some(today), today.tomorrow().ok()].into_iter().flatten().filter_map(|day| {
                    day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).ok().map(|due| due.timestamp())
                });
                due.into_iter().find(|due| *due > now).unwrap_or(Timestamp::MAX)
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { minutes } if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Every { minutes } => write!(f, "{minutes}m"),
            Self::Daily { hour, minute } => write!(f, "{hour:02}:{minute:02}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let every = |number: &str, unit: u32| {
            let is_plain = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
            let minutes = number.parse::<u32>().ok().filter(|_| is_plain)?.checked_mul(unit)?;
            (1..=MINUTES_MAX).contains(&minutes).then_some(Self::Every { minutes })
        };
        let read = if let Some(minutes) = text.strip_suffix('m') {
            every(minutes, 1)
        } else if let Some(hours) = text.strip_suffix('h') {
            every(hours, 60)
        } else {
            daily(text)
        };
        read.ok_or_else(|| IdError::new("a schedule", EXPECTED))
    }
}

fn daily(text: &str) -> Option<Schedule> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<i8>().ok().filter(|_| is_plain)
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(Schedule::Daily { hour, minute })
}

impl TryFrom<String> for Schedule {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}
