//! A channel's members in numbers, as they were counted.

use std::collections::{BTreeMap, HashMap};

use chronogram_bot_talk::{
    Zone,
    views::{Counted, DayCount},
};
use chronogram_gateways::telegram::TelegramError;
use chronogram_model::ChatId;
use chronogram_read_models::members::{self, CountRow, DailyRow};
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::{Bot, Trouble};

/// How a channel's members changed.
pub(super) struct Growth {
    /// The newest count.
    pub(super) now: Option<Counted>,
    /// The count that the change is reckoned from.
    pub(super) before: Option<Counted>,
    /// Day by day, oldest first, in the reader's zone.
    pub(super) by_day: Vec<DayCount>,
}

impl Bot {
    /// A channel's members over so many days until now.
    pub(super) async fn growth(
        &self,
        channel: ChatId,
        days: u16,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<Growth, Trouble> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let first = today.saturating_sub(SignedDuration::from_hours(24 * i64::from(days)));
        // A count of this very minute may already be tomorrow's by another clock.
        let end = today.saturating_add(SignedDuration::from_hours(48));
        let series = members::members_daily(&self.parts.queries, channel, first, end).await?;
        let before = members::members_at_or_before(&self.parts.queries, channel, first).await?;
        let newest = series.last().map(|day| &day.count).or(before.as_ref()).map(counted);
        let newest = match newest {
            Some(newest) => Some(newest),
            None => self.ask_members(channel).await?,
        };
        let oldest = before.as_ref().or(series.first().map(|day| &day.count)).map(counted);
        let begins = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(now);
        Ok(Growth {
            now: newest,
            before: oldest.filter(|oldest| newest.is_some_and(|newest| oldest.at < newest.at)),
            by_day: by_day(&series, begins, now, zone),
        })
    }

    /// The newest counts of these channels. Telegram is asked only about those that were never counted.
    pub(super) async fn newest_counts(&self, channels: &[ChatId]) -> Result<HashMap<ChatId, u64>, Trouble> {
        let counted = members::latest_counts(&self.parts.queries, channels).await?;
        let mut counts: HashMap<_, _> = counted.into_iter().map(|row| (row.channel, number(row.members))).collect();
        let unknown: Vec<_> = channels.iter().filter(|channel| !counts.contains_key(channel)).copied().collect();
        let asked = try_join_all(unknown.iter().map(|channel| self.ask_members(*channel))).await?;
        let told = unknown.into_iter().zip(asked).filter_map(|(channel, told)| Some((channel, told?.count)));
        counts.extend(told);
        Ok(counts)
    }

    /// How many members a channel has now; absent where Telegram does not tell us.
    async fn ask_members(&self, channel: ChatId) -> Result<Option<Counted>, Trouble> {
        match self.parts.telegram.member_count(channel).await {
            Ok(count) => Ok(Some(Counted { count: count.into(), at: self.parts.clock.now() })),
            Err(TelegramError::NotFound | TelegramError::Forbidden | TelegramError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn counted(row: &CountRow) -> Counted {
    Counted { count: number(row.members), at: row.taken_at }
}

fn number(members: i64) -> u64 {
    u64::try_from(members).unwrap_or_default()
}

/// Every day from the first count (or the beginning, where that is later) to today, by the reader's clock; days without
/// a count are shown as such. Nothing where nothing was counted.
fn by_day(series: &[DailyRow], begins: Timestamp, now: Timestamp, zone: &Zone) -> Vec<DayCount> {
    let day_of = |at: Timestamp| at.to_zoned(zone.rules().clone()).date();
    // Two counts may lie on one day of the reader's: the later one stands.
    let counts: BTreeMap<Date, u64> =
        series.iter().map(|day| (day_of(day.count.taken_at), number(day.count.members))).collect();
    let Some((first, _)) = counts.first_key_value() else { return Vec::new() };
    let days = first.max(&day_of(begins)).series(jiff::Span::new().days(1)).take_while(|day| *day <= day_of(now));
    days.map(|day| DayCount { day, members: counts.get(&day).copied() }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chronogram_bot_talk::Zones;

    use super::*;

    fn count(taken_at: &str, members: i64) -> DailyRow {
        let taken_at: Timestamp = taken_at.parse().unwrap();
        let day = taken_at.to_zoned(TimeZone::UTC).date();
        let (channel, source) = (ChatId::supergroup(1), "bot_api".to_owned());
        DailyRow { count: CountRow { channel, day, members, taken_at, source, position: 1 }, change: None }
    }

    fn shown(series: &[DailyRow], zone: &str) -> Vec<(String, Option<u64>)> {
        let (begins, now) = ("2026-11-14T12:00:00Z".parse().unwrap(), "2026-11-21T12:00:00Z".parse().unwrap());
        let days = by_day(series, begins, now, &Zones::built_in().get(zone).unwrap());
        days.into_iter().map(|day| (day.day.strftime("%d").to_string(), day.members)).collect()
    }

    #[test]
    fn days_are_the_readers_and_those_without_a_count_are_seen() {
        let series =
            [count("2026-11-18T15:00:00Z", 10), count("2026-11-19T00:30:00Z", 11), count("2026-11-21T00:30:00Z", 13)];
        let day = |day: &str, members| (day.to_owned(), members);
        let in_utc = [day("18", Some(10)), day("19", Some(11)), day("20", None), day("21", Some(13))];
        assert_eq!(shown(&series, "UTC"), in_utc);
        // West of Greenwich the first two lie on one day.
        let in_new_york = [day("18", Some(11)), day("19", None), day("20", Some(13)), day("21", None)];
        assert_eq!(shown(&series, "America/New_York"), in_new_york);
        assert_eq!(shown(&[], "UTC"), []);
    }

    #[test]
    fn what_lies_before_the_period_is_no_line_of_it() {
        let series = [count("2026-11-14T00:30:00Z", 9), count("2026-11-15T00:30:00Z", 10)];
        let days = shown(&series, "America/New_York");
        assert_eq!(days.first().unwrap(), &("14".to_owned(), Some(10)));
        assert_eq!(days.len(), 8);
    }
}
