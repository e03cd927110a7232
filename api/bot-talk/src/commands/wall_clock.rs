//! Days and times of day as people write them: `2026-12-01`, `01.12.2026`, `tomorrow`, `завтра`, `09:00`.

use jiff::civil::{Date, Time};

/// What a word says, as far as it looks like a day or a time of day at all.
pub(super) type Read<T> = Option<Result<T, NotThere>>;

/// It has the shape, but the calendar or the clock has no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotThere;

/// The day that `word` names, seen from `today`.
pub(super) fn day(word: &str, today: Date) -> Read<Date> {
    match word.to_lowercase().as_str() {
        "today" | "сегодня" => return Some(Ok(today)),
        "tomorrow" | "завтра" => return Some(today.tomorrow().map_err(|_| NotThere)),
        _ => {}
    }
    let parts = |separator: char| match *word.split(separator).map(digits).collect::<Vec<_>>() {
        [Some(first), Some(second), Some(third)] => Some((first, second, third)),
        _ => None,
    };
    let (year, month, day) = parts('-').or_else(|| parts('.').map(|(day, month, year)| (year, month, day)))?;
    // 26 is no year: better to ask than to remind in the days of Tiberius.
    let date = (1000..=9999).contains(&year).then(|| Date::new(year, small(month)?, small(day)?).ok()).flatten();
    Some(date.ok_or(NotThere))
}

/// The time of day that `word` names: hours and minutes.
pub(super) fn time(word: &str) -> Read<Time> {
    let (hour, minute) = word.split_once(':')?;
    let (hour, minute) = (digits(hour)?, digits(minute).filter(|_| minute.len() == 2)?);
    let time = small(hour).zip(small(minute)).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    Some(time.ok_or(NotThere))
}

/// One to four digits.
fn digits(text: &str) -> Option<i16> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Months, days, hours and minutes are small; a larger number is none of them.
fn small(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}
