//! What an alert strategy is told of a channel: its counts, what it posted between them, when it posted last.
//!
//! - A *sample* is a day's count of members: the last one that was taken that UTC day, at the moment it was taken. The
//!   newest triggered the call.
//! - Its *window* reaches from the sample before it (the first one's: from a day before it) up to itself. `posts` is how
//!   many posts were published in it; the fact `reactions` (count) is the sum of their reactions as last observed.
//! - `views` is 0, for nothing that is collected so far counts views; the fact `views_known` (flag) of the input says so.
//! - Facts of the input: `username` (text) where there is one, `posts_total` (count), `views_known`.
//!
//! It is read through a connection whose search path holds the read models `channels` and `members`, the live ones or
//! those of a moment; so what is tried on the past is what would have been told then.

use chronogram_model::ChatId;
use chronogram_plugin_host::{AlertInput, AlertSample, Fact, Limits, Scalar};
use chronogram_read_models::{
    QueryError,
    channels::{Published, channels_by_id, published_between},
    members::{DailyRow, members_daily},
};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::profiles::input::milliseconds;

/// The window of a sample before which there is none.
const FIRST_WINDOW_HOURS: i64 = 24;

/// Reads it; `None` where nothing was counted of the channel by `day`. `memory` is what the strategy said to keep.
pub(crate) async fn alert_input(
    rows: &mut PgConnection,
    channel: ChatId,
    day: Date,
    memory: Vec<u8>,
    limits: &Limits,
) -> Result<Option<AlertInput>, QueryError> {
    let days = i64::try_from(limits.input_samples).unwrap_or(i64::MAX);
    let (from, to) = (day.saturating_sub((days - 1).days()), day.saturating_add(1.day()));
    let counts = members_daily(&mut *rows, channel, from, to).await?;
    if counts.is_empty() {
        return Ok(None);
    }
    let published = published_between(&mut *rows, channel, &windows(&counts)).await?;
    let row = channels_by_id(rows, &[channel]).await?.pop();
    let samples = counts.iter().zip(published).map(|(daily, published)| sample(daily, published)).collect();
    let mut facts = vec![Fact { key: "views_known".to_owned(), value: Scalar::Flag(false) }];
    if let Some(row) = &row {
        facts.push(count("posts_total", row.posts_count));
        let username = row.username.clone().map(Scalar::Text);
        facts.extend(username.map(|value| Fact { key: "username".to_owned(), value }));
    }
    Ok(Some(AlertInput {
        channel: channel.to_string(),
        title: row.as_ref().and_then(|row| row.title.clone()).unwrap_or_default(),
        samples,
        last_post_at_ms: row.and_then(|row| row.last_post_at).map(milliseconds),
        memory,
        facts,
    }))
}

/// The UTC day of a moment.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// From the sample before, not included, up to each sample, included.
fn windows(counts: &[DailyRow]) -> Vec<(Timestamp, Timestamp)> {
    let mut before = None;
    let window = |daily: &DailyRow| {
        let end = daily.count.taken_at;
        let begin = before.unwrap_or_else(|| end.saturating_sub(FIRST_WINDOW_HOURS.hours()).unwrap_or(end));
        before = Some(end);
        (begin, end)
    };
    counts.iter().map(window).collect()
}

fn sample(daily: &DailyRow, published: Published) -> AlertSample {
    AlertSample {
        at_ms: milliseconds(daily.count.taken_at),
        subscribers: u64::try_from(daily.count.members).unwrap_or(0),
        views: Decimal::ZERO,
        posts: u32::try_from(published.posts).unwrap_or(u32::MAX),
        facts: vec![count("reactions", published.reactions)],
    }
}

fn count(key: &str, value: i64) -> Fact {
    Fact { key: key.to_owned(), value: Scalar::Count(u64::try_from(value).unwrap_or(0)) }
}
