#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use chronogram_model::ChatId;

use super::*;
use crate::chance::Chance;

/// Saturday, 09:00 in Moscow.
const NOW: &str = "2026-11-21T06:00:00Z";

fn heard(text: &str, now: &str, zone: &str) -> Result<Request, Usage> {
    let zones = Zones::built_in();
    let zone = zones.get(zone).unwrap();
    let hearing = Hearing { bot_username: "ChronogramBot", now: now.parse().unwrap(), zone: &zone, zones: &zones };
    hearing.understand(text)
}

fn moscow(text: &str) -> Result<Request, Usage> {
    heard(text, NOW, "Europe/Moscow")
}

fn wrong(text: &str) -> Wrong {
    moscow(text).unwrap_err().wrong
}

/// Moment and text of a reminder.
fn reminder(text: &str, now: &str, zone: &str) -> (String, bool, String) {
    match heard(text, now, zone) {
        Ok(Request::Remind { due, text }) => {
            assert_eq!(due.zone, zone);
            (due.at.to_string(), due.wall_clock, text)
        }
        other => panic!("{text}: {other:?}"),
    }
}

fn at(text: &str) -> String {
    reminder(text, NOW, "Europe/Moscow").0
}

#[test]
fn commands_are_understood_in_any_case_and_with_our_name_behind_them() {
    for text in ["/help", " /HELP ", "/help@ChronogramBot", "/Help@chronogrambot please"] {
        assert_eq!(moscow(text), Ok(Request::Help), "{text}");
    }
    assert_eq!(moscow("/reminders"), Ok(Request::Reminders));
    assert_eq!(moscow("/profile"), Ok(Request::Profile));
    assert_eq!(moscow("/list"), Ok(Request::List));
    assert_eq!(moscow("/health"), Ok(Request::Health));
    assert_eq!(moscow("/lang"), Ok(Request::AskLanguage));
    assert_eq!(moscow("/lang ru-RU"), Ok(Request::SetLanguage(Language::Ru)));
    assert_eq!(moscow("/tz"), Ok(Request::AskZone));
}

#[test]
fn a_command_for_another_bot_is_not_for_us() {
    assert_eq!(moscow("/help@OtherBot"), Ok(Request::NotForUs));
    assert_eq!(moscow("/nothing@OtherBot"), Ok(Request::NotForUs));
}

#[test]
fn what_is_no_command_is_talk_and_what_is_none_of_ours_is_unknown() {
    for text in ["", "hello", "/", "/ help", "//", "/etc/passwd", "/помощь", "/help@", "/help@a b@c/d", "1/2", "/a-b"]
    {
        let expected = if text.starts_with("/help@a b") { Request::NotForUs } else { Request::Talk };
        assert_eq!(moscow(text), Ok(expected), "{text}");
    }
    assert_eq!(moscow(&format!("/{}", "a".repeat(33))), Ok(Request::Talk));
    assert_eq!(moscow("/Export x"), Ok(Request::Unknown { command: "Export".to_owned() }));
}

#[test]
fn a_deep_link_carries_its_payload() {
    assert_eq!(moscow("/start"), Ok(Request::Start { payload: None }));
    assert_eq!(moscow("/start ref_42-a"), Ok(Request::Start { payload: Some("ref_42-a".to_owned()) }));
    assert_eq!(moscow("/start <b>x</b>"), Ok(Request::Start { payload: None }));
    assert_eq!(moscow(&format!("/start {}", "a".repeat(65))), Ok(Request::Start { payload: None }));
}

#[test]
fn reminders_after_a_span_count_from_now() {
    let said = |text| reminder(text, NOW, "Europe/Moscow");
    assert_eq!(said("/remind 10m tea"), ("2026-11-21T06:10:00Z".to_owned(), false, "tea".to_owned()));
    assert_eq!(
        said("/remind 2ч30м  чай\nи торт "),
        ("2026-11-21T08:30:00Z".to_owned(), false, "чай\nи торт".to_owned())
    );
    assert_eq!(said("/remind 2h 30m tea"), ("2026-11-21T08:30:00Z".to_owned(), false, "tea".to_owned()));
    assert_eq!(said("/remind 10m 2h of sport").2, "2h of sport");
    assert_eq!(said("/remind 10m 10m of sport").2, "10m of sport");
    assert_eq!(said("/remind@ChronogramBot\n1d\ntea").0, "2026-11-22T06:00:00Z");
    assert_eq!(said("/remind 90s \0").2, "\u{FFFD}");
}

#[test]
fn reminders_by_the_clock_are_read_in_the_persons_zone() {
    assert_eq!(
        reminder("/remind 2026-12-01 09:00 tea", NOW, "Europe/Moscow"),
        ("2026-12-01T06:00:00Z".to_owned(), true, "tea".to_owned())
    );
    assert_eq!(at("/remind 01.12.2026 9:00 tea"), "2026-12-01T06:00:00Z");
    assert_eq!(at("/remind 1.12.2026 09:00 tea"), "2026-12-01T06:00:00Z");
    assert_eq!(at("/remind tomorrow 09:00 tea"), "2026-11-22T06:00:00Z");
    assert_eq!(at("/remind Завтра 09:00 чай"), "2026-11-22T06:00:00Z");
    assert_eq!(at("/remind сегодня 23:59 чай"), "2026-11-21T20:59:00Z");
    // In Tokyo it is later, in Los Angeles it is still the day before.
    assert_eq!(reminder("/remind tomorrow 00:30 x", "2026-11-21T16:00:00Z", "Asia/Tokyo").0, "2026-11-22T15:30:00Z");
    assert_eq!(reminder("/remind tomorrow 00:30 x", NOW, "America/Los_Angeles").0, "2026-11-21T08:30:00Z");
}

#[test]
fn a_bare_time_of_day_is_the_next_one() {
    assert_eq!(at("/remind 09:01 tea"), "2026-11-21T06:01:00Z");
    assert_eq!(at("/remind 09:00 tea"), "2026-11-22T06:00:00Z");
    assert_eq!(at("/remind 08:59 tea"), "2026-11-22T05:59:00Z");
    assert_eq!(at("/remind 00:00 tea"), "2026-11-21T21:00:00Z");
}

#[test]
fn times_that_the_clocks_skip_or_repeat_are_resolved_the_compatible_way() {
    // Berlin, 29 March 2026: 02:00 to 03:00 is skipped.
    let berlin = |text, now| reminder(text, now, "Europe/Berlin").0;
    assert_eq!(berlin("/remind 2026-03-29 02:30 x", "2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
    assert_eq!(berlin("/remind 02:30 x", "2026-03-29T00:30:00Z"), "2026-03-29T01:30:00Z");
    // 25 October 2026: 02:00 to 03:00 comes twice; the first is taken.
    assert_eq!(berlin("/remind 2026-10-25 02:30 x", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
    // Ten hours by the clock are not ten hours by the sun; a span is.
    assert_eq!(berlin("/remind 1d x", "2026-03-28T12:00:00Z"), "2026-03-29T12:00:00Z");
    // Apia skipped 30 December 2011 altogether.
    assert_eq!(
        reminder("/remind 2011-12-30 09:00 x", "2011-12-29T00:00:00Z", "Pacific/Apia").0,
        "2011-12-30T19:00:00Z"
    );
}

#[test]
fn wrong_reminders_say_what_is_wrong() {
    let said = |said: &str| said.to_owned();
    assert_eq!(wrong("/remind"), Wrong::NoWhen);
    assert_eq!(wrong("/remind 10m"), Wrong::NoText);
    assert_eq!(wrong("/remind 09:30"), Wrong::NoText);
    assert_eq!(wrong("/remind tea"), Wrong::NotAWhen { said: said("tea") });
    assert_eq!(wrong("/remind -10m tea"), Wrong::NotAWhen { said: said("-10m") });
    assert_eq!(wrong("/remind 01.12.26 09:00 tea"), Wrong::NoSuchDay { said: said("01.12.26") });
    assert_eq!(wrong("/remind 31.02.2027 09:00 tea"), Wrong::NoSuchDay { said: said("31.02.2027") });
    assert_eq!(wrong("/remind 2026-13-01 09:00 tea"), Wrong::NoSuchDay { said: said("2026-13-01") });
    assert_eq!(wrong("/remind 25:00 tea"), Wrong::NoSuchTime { said: said("25:00") });
    assert_eq!(wrong("/remind завтра 24:00 чай"), Wrong::NoSuchTime { said: said("24:00") });
    assert_eq!(wrong("/remind завтра чай"), Wrong::NoTimeOfDay { said: said("завтра") });
    assert_eq!(wrong("/remind today 09:00 tea"), Wrong::Over { at: NOW.parse().unwrap() });
    assert_eq!(wrong("/remind 2025-01-01 00:00 x"), Wrong::Over { at: "2024-12-31T21:00:00Z".parse().unwrap() });
    assert_eq!(wrong("/remind 0s tea"), Wrong::Over { at: NOW.parse().unwrap() });
    assert_eq!(wrong("/remind 3661d tea"), Wrong::TooFarAhead);
    assert_eq!(wrong("/remind 99999999999999999999d tea"), Wrong::TooFarAhead);
    assert_eq!(wrong("/remind 9999-12-31 23:59 tea"), Wrong::TooFarAhead);
    let usage = moscow("/remind tea").unwrap_err();
    assert_eq!((usage.command, usage.to_string().as_str()), (Command::Remind, "/remind: the time is not understood"));
}

#[test]
fn the_text_of_a_reminder_is_bounded_in_utf16_units() {
    assert_eq!(reminder(&format!("/remind 1m {}", "😀".repeat(500)), NOW, "UTC").2, "😀".repeat(500));
    assert_eq!(wrong(&format!("/remind 1m {}", "😀".repeat(501))), Wrong::TextTooLong { units: 1002 });
    assert!(moscow("/remind 3659d tea").is_ok());
}

#[test]
fn zones_are_set_by_name_or_offset() {
    let set = |text| match moscow(text) {
        Ok(Request::SetZone(zone)) => zone.name().to_string(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(set("/tz europe/moscow"), "Europe/Moscow");
    assert_eq!(set("/tz +3"), "Etc/GMT-3");
    assert_eq!(set("/tz UTC+3"), "Etc/GMT-3");
    let Wrong::UnknownZone { said, suggestions } = wrong("/tz Evrope/Moskow") else { panic!() };
    assert_eq!(said, "Evrope/Moskow");
    assert_eq!(suggestions[0].as_str(), "Europe/Moscow");
    assert_eq!(wrong("/lang de"), Wrong::UnknownLanguage { said: "de".to_owned() });
}

#[test]
fn channels_are_named_by_username_link_or_number() {
    let added = |said: &str| match moscow(&format!("/add {said}")) {
        Ok(Request::Add(channel)) => channel.to_string(),
        other => panic!("{said}: {other:?}"),
    };
    for said in [
        "@telegram",
        "t.me/telegram",
        "https://t.me/telegram",
        "HTTP://T.ME/telegram/",
        "https://t.me/s/telegram",
        "https://t.me/telegram/123?single",
        "telegram.me/telegram",
    ] {
        assert_eq!(added(said), "@telegram", "{said}");
    }
    assert_eq!(added("-1001878264527"), "-1001878264527");
    assert_eq!(added("https://t.me/c/1878264527/15"), "-1001878264527");
    assert_eq!(moscow("/remove -1001878264527"), Ok(Request::Remove(ChannelRef::Id(ChatId(-1_001_878_264_527)))));
}

#[test]
fn what_names_no_channel_is_refused() {
    assert_eq!(wrong("/add"), Wrong::NoChannel);
    assert_eq!(wrong("/stats"), Wrong::NoChannel);
    for said in [
        "telegram",
        "@ab",
        "@1abc",
        "@телеграм",
        "-5",
        "777000",
        "https://example.org/telegram",
        "t.me/",
        "t.me/c/x",
        "t.me/share",
        "@telegram @durov",
        "t.me/c/99999999999999999999",
    ] {
        assert_eq!(wrong(&format!("/add {said}")), Wrong::NotAChannel { said: said.to_owned() }, "{said}");
    }
    assert_eq!(wrong("/add https://t.me/+AbCdEf"), Wrong::InviteLink);
    assert_eq!(wrong("/add t.me/joinchat/AbCdEf"), Wrong::InviteLink);
}

#[test]
fn statistics_cover_a_week_unless_said_otherwise() {
    let days = |text: &str| match moscow(text) {
        Ok(Request::Stats { days, .. }) => days,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(days("/stats @telegram"), 7);
    assert_eq!(days("/stats @telegram 1"), 1);
    assert_eq!(days("/stats @telegram  365"), 365);
    for said in ["0", "366", "-1", "week", "7 8", "99999999999"] {
        assert_eq!(wrong(&format!("/stats @telegram {said}")), Wrong::NotDays { said: said.to_owned() });
    }
}

#[test]
fn no_text_makes_us_panic_and_every_reminder_keeps_its_promises() {
    let (zones, mut chance) = (Zones::built_in(), Chance::of(5));
    let now: Timestamp = NOW.parse().unwrap();
    let beginnings =
        ["", "/", "/remind ", "/remind 1", "/remind 2026-", "/tz ", "/add ", "/stats @telegram ", "/lang "];
    for _ in 0..4000 {
        let zone = zones.get(chance.pick::<&str>(&["UTC", "Europe/Berlin", "Pacific/Apia"])).unwrap();
        let hearing = Hearing { bot_username: "bot", now, zone: &zone, zones: &zones };
        let text = format!("{}{}", chance.pick(&beginnings), chance.text(30));
        if let Ok(Request::Remind { due, text }) = hearing.understand(&text) {
            assert!(due.at > now && due.at.duration_since(now) <= AHEAD_MAX);
            assert!((1..=REMINDER_TEXT_MAX).contains(&text.encode_utf16().count()) && !text.contains('\0'));
        }
    }
}
