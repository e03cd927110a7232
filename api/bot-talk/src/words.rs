//! Moments, spans and numbers in words.

use jiff::{SignedDuration, Timestamp, civil::Date};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    language::Language,
    texts::{Phrase, say},
    zones::Zone,
};

/// "1 декабря 2026, 09:00 (Europe/Moscow)".
pub(crate) fn moment<'a>(at: Timestamp, zone: &Zone) -> Phrase<'a> {
    say::moment_in_zone(moment_alone(at, zone), zone.name().label())
}

/// "1 декабря 2026, 09:00", where the zone is named elsewhere.
pub(crate) fn moment_alone<'a>(at: Timestamp, zone: &Zone) -> Phrase<'a> {
    let at = at.to_zoned(zone.rules().clone());
    say::moment(day(at.date()), format!("{:02}:{:02}", at.hour(), at.minute()))
}

/// "1 декабря 2026".
pub(crate) fn day<'a>(date: Date) -> Phrase<'a> {
    say::day(i64::from(date.day()), i64::from(date.month()), date.year().to_string())
}

/// Tomorrow at nine as it would be typed into a command: a moment that is never over when it is read.
pub(crate) fn typed_tomorrow(language: Language, now: Timestamp, zone: &Zone) -> String {
    let today = now.to_zoned(zone.rules().clone()).date();
    let day = today.tomorrow().unwrap_or(today);
    let typed = match language {
        Language::Ru => day.strftime("%d.%m.%Y 09:00"),
        Language::En => day.strftime("%Y-%m-%d 09:00"),
    };
    typed.to_string()
}

/// "2 часа 30 минут": the two largest units that count, the smaller one rounded down; at least one second. Russian
/// words stand in the accusative, as after "через" and "на".
pub(crate) fn span<'a>(span: SignedDuration) -> Phrase<'a> {
    let seconds = span.as_secs().max(1);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes, seconds) {
        (1.., 0, ..) => say::span_days(days),
        (1.., ..) => say::span_two(say::span_days(days), say::span_hours(hours)),
        (_, 1.., 0, _) => say::span_hours(hours),
        (_, 1.., ..) => say::span_two(say::span_hours(hours), say::span_minutes(minutes)),
        (_, _, 1.., 0) => say::span_minutes(minutes),
        (_, _, 1.., _) => say::span_two(say::span_minutes(minutes), say::span_seconds(seconds)),
        _ => say::span_seconds(seconds),
    }
}

/// "12 345": groups of three, kept on one line.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{A0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// "+1 234", "−5", "0".
pub(crate) fn signed(number: i64) -> String {
    let sign = match number {
        1.. => "+",
        0 => "",
        ..0 => "−",
    };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// The words, cut to `units_max` UTF-16 units between characters as people see them; "…" says that there was more.
pub(crate) fn shortened(words: &str, units_max: usize) -> String {
    let units = |text: &str| text.encode_utf16().count();
    if units(words) <= units_max {
        return words.to_owned();
    }
    let mut left = units_max.saturating_sub(1);
    let fits = |grapheme: &&str| match left.checked_sub(units(grapheme)) {
        Some(less) => {
            left = less;
            true
        }
        None => false,
    };
    let kept: String = words.graphemes(true).take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// The words on one line: white space, line ends too, becomes a space.
pub(crate) fn on_one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
