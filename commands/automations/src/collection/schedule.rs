//! When a channel is counted.

use std::time::Duration;

use chronogram_gateways::patience::doubled;
use chronogram_model::ChatId;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Channels are counted within so long after midnight in UTC: near enough together that the counts of a day compare,
/// far enough apart that a thousand channels are one request in four seconds; and 23 hours are left to try again in,
/// so that a bad hour of ours or Telegram's leaves no day without its count.
const SPREAD_SECONDS: u64 = 3_600;

/// The first pause after a failure; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Long enough to leave Telegram alone, short enough for dozens of tries a day.
const PAUSE_MAX: Duration = Duration::from_mins(15);

/// The UTC day of a moment.
pub(super) fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// When a channel that was counted at this moment is counted next: on the next day, at its own second of the hour, so
/// that 24 hours lie between two counts.
pub(super) fn next_after(channel: ChatId, counted_at: Timestamp) -> Timestamp {
    let tomorrow = day_of(counted_at).tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    let midnight = tomorrow.map_or(Timestamp::MAX, |midnight| midnight.timestamp());
    let second = i64::try_from(scattered(channel) % SPREAD_SECONDS).unwrap_or_default();
    midnight.saturating_add(SignedDuration::from_secs(second)).unwrap_or(Timestamp::MAX)
}

/// The number of a channel, scattered: those made one after the other lie near each other. (Multiplied by 2⁶⁴ over the
/// golden ratio, upper half.)
fn scattered(channel: ChatId) -> u64 {
    channel.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

/// How long to wait after so many failures in a row.
pub(super) fn pause_after(failures: i16) -> SignedDuration {
    let pause = doubled(PAUSE_MIN, PAUSE_MAX, u32::try_from(failures).unwrap_or_default());
    SignedDuration::try_from(pause).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_next_count_is_in_the_first_hour_of_the_next_day_and_then_every_24_hours() {
        let channel = ChatId::supergroup(1_878_264_527);
        for counted_at in ["2026-11-21T00:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T23:59:59.999Z"] {
            let next = next_after(channel, counted_at.parse().unwrap());
            assert_eq!(day_of(next).to_string(), "2026-11-22");
            assert!(next < "2026-11-22T01:00:00Z".parse().unwrap(), "{next}");
            assert_eq!(next_after(channel, next).duration_since(next), SignedDuration::from_hours(24));
        }
        assert_eq!(next_after(channel, Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn channels_are_spread_over_the_hour_whatever_their_numbers() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        for step in [1, 2, 60, 3_600, 65_536] {
            let mut of_minute = [0; 60];
            for number in 0..6_000 {
                let next = next_after(ChatId::supergroup(1_000_000_000 + number * step), now);
                let minute = next.to_zoned(TimeZone::UTC).minute();
                *of_minute.get_mut(usize::try_from(minute).unwrap()).unwrap() += 1;
            }
            assert!(of_minute.iter().all(|count| (50..200).contains(count)), "{step}: {of_minute:?}");
        }
    }

    #[test]
    fn pauses_grow_to_a_quarter_of_an_hour() {
        let seconds = [1, 2, 3, 10, 11, i16::MAX].map(|failures| pause_after(failures).as_secs());
        assert_eq!(seconds, [1, 2, 4, 512, 900, 900]);
    }
}
