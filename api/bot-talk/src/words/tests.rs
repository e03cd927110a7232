#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::{compose::Composer, zones::Zones};

fn both(phrase: &Phrase<'_>) -> [String; 2] {
    Language::ALL.map(|language| Composer::plain(language, phrase))
}

fn spans(seconds: i64) -> [String; 2] {
    both(&say::left(span(SignedDuration::from_secs(seconds))))
}

#[test]
fn moments_are_shown_in_the_readers_zone() {
    let zones = Zones::built_in();
    let at: Timestamp = "2026-12-01T06:00:00Z".parse().unwrap();
    let in_zone = |name| both(&moment(at, &zones.get(name).unwrap()));
    assert_eq!(
        in_zone("Europe/Moscow"),
        ["1 декабря 2026, 09:00 (Europe/Moscow)", "1 December 2026, 09:00 (Europe/Moscow)"]
    );
    assert_eq!(in_zone("Etc/GMT+7"), ["30 ноября 2026, 23:00 (UTC-7)", "30 November 2026, 23:00 (UTC-7)"]);
}

#[test]
fn every_month_has_its_name() {
    let of_language = |place: usize| -> Vec<String> {
        let months = (1..=12).map(|month| both(&day(jiff::civil::date(2026, month, 1)))[place].clone());
        months.map(|day| day.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    let russian = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря";
    let english = "January February March April May June July August September October November December";
    assert_eq!(of_language(0).join(" "), russian);
    assert_eq!(of_language(1).join(" "), english);
}

#[test]
fn spans_are_said_in_their_two_largest_units() {
    assert_eq!(spans(9000), ["через 2 часа 30 минут", "in 2 hours 30 minutes"]);
    assert_eq!(spans(600), ["через 10 минут", "in 10 minutes"]);
    assert_eq!(spans(90), ["через 1 минуту 30 секунд", "in 1 minute 30 seconds"]);
    assert_eq!(spans(3600), ["через 1 час", "in 1 hour"]);
    assert_eq!(spans(3659), ["через 1 час", "in 1 hour"]);
    assert_eq!(spans(86_400), ["через 1 день", "in 1 day"]);
    assert_eq!(spans(2 * 86_400 + 5 * 3600 + 59), ["через 2 дня 5 часов", "in 2 days 5 hours"]);
    assert_eq!(spans(0), ["через 1 секунду", "in 1 second"]);
}

#[test]
fn russian_words_follow_their_numbers() {
    let minutes = |count: i64| both(&say::span_minutes(count))[0].clone();
    for (count, word) in [(1, "минуту"), (2, "минуты"), (5, "минут"), (11, "минут"), (21, "минуту"), (22, "минуты")]
    {
        assert_eq!(minutes(count), format!("{count} {word}"));
    }
    let reminders = |count: i64| both(&say::reminders_title(count));
    assert_eq!(reminders(1), ["1 напоминание", "1 reminder"]);
    assert_eq!(reminders(2), ["2 напоминания", "2 reminders"]);
    assert_eq!(reminders(5), ["5 напоминаний", "5 reminders"]);
    assert_eq!(reminders(12), ["12 напоминаний", "12 reminders"]);
    assert_eq!(reminders(21), ["21 напоминание", "21 reminders"]);
    assert_eq!(reminders(0), ["0 напоминаний", "0 reminders"]);
}

#[test]
fn large_numbers_are_grouped_and_changes_have_a_sign() {
    assert_eq!(grouped(0), "0");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(12_345), "12\u{A0}345");
    assert_eq!(grouped(1_234_567), "1\u{A0}234\u{A0}567");
    assert_eq!([signed(1200), signed(0), signed(-5)], ["+1\u{A0}200", "0", "−5"]);
    assert!(signed(i64::MIN).starts_with("−9"));
}

#[test]
fn words_are_shortened_between_characters_as_people_see_them() {
    assert_eq!(shortened("короткое", 8), "короткое");
    assert_eq!(shortened("длинное слово", 9), "длинное…");
    assert_eq!(shortened("👩🏽‍🚀👩🏽‍🚀", 10), "👩🏽‍🚀…");
    assert_eq!(shortened("👩🏽‍🚀👩🏽‍🚀", 7), "…");
    assert_eq!(on_one_line(" a \n\n b\tc "), "a b c");
}
