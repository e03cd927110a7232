//! Snapshots of everything the bot says, in both languages: text, what is formatted in it, buttons.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write as _;

use chronogram_model::{
    ChatId, Entity, Origin, ReminderId,
    conversation::OutgoingMessage,
    person::ProfileField,
    reminder::{Due, ReminderStatus},
};

use super::*;
use crate::{
    buttons::{DATA_MAX_BYTES, Press},
    commands::{ChannelRef, Command, Hearing, Request, Usage, Username, Wrong},
    split::{PART_MAX_UNITS, split},
    zones::{ZoneName, Zones},
};

/// Tuesday, 1 December 2026, 06:30 in Moscow.
const NOW: &str = "2026-12-01T03:30:00Z";

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn id(name: &str) -> ReminderId {
    ReminderId::of(Origin::of(&[name]))
}

/// The message as a reader sees it: formatted words between ⟨ and ⟩ with their format, buttons in brackets.
fn shown(message: &OutgoingMessage) -> String {
    let place = |units: u32| usize::try_from(units).unwrap();
    let mut marks: Vec<(usize, usize, String)> = Vec::new();
    for (order, entity) in message.entities.iter().enumerate() {
        let Entity { kind, offset, length, url, .. } = entity;
        let target = url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
        marks.push((place(*offset), 1000 + order, format!("⟨{kind}{target}: ")));
        marks.push((place(*offset) + place(*length), 1000 - order, "⟩".to_owned()));
    }
    marks.sort();
    let mut shown = String::new();
    let mut units = 0;
    let mut marks = marks.into_iter().peekable();
    for c in message.text.chars() {
        while let Some((.., mark)) = marks.next_if(|(at, ..)| *at <= units) {
            shown.push_str(&mark);
        }
        shown.push(c);
        units += c.len_utf16();
    }
    marks.for_each(|(.., mark)| shown.push_str(&mark));
    for row in &message.buttons {
        shown.push('\n');
        for button in row {
            write!(shown, "[{}] ", button.text).unwrap();
        }
    }
    shown.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Checks what Telegram wants of every message.
fn check(message: &OutgoingMessage) {
    let units = message.text.encode_utf16().count();
    assert!((1..=PART_MAX_UNITS).contains(&units), "{units} units");
    assert_eq!(message.text.trim(), message.text);
    for button in message.buttons.iter().flatten() {
        assert!((1..=DATA_MAX_BYTES).contains(&button.data.len()), "{button:?}");
        assert!(Press::parse(&button.data).is_ok(), "{button:?}");
        assert!(!button.text.trim().is_empty());
    }
}

/// Snapshots the views under their names, in both languages side by side.
fn snapshot(file: &str, views: impl Fn(&Reader<'_>) -> Vec<(&'static str, OutgoingMessage)>) {
    let zones = Zones::built_in();
    let zone = zones.get("Europe/Moscow").unwrap();
    for language in Language::ALL {
        let reader = Reader { language, zone: &zone, now: at(NOW) };
        let mut text = String::new();
        for (name, message) in views(&reader) {
            check(&message);
            write!(text, "──── {name}\n{}\n\n", shown(&message)).unwrap();
        }
        insta::assert_snapshot!(format!("{file}_{}", language.tag()), text);
    }
}

fn line(name: &str, text: &str, due_at: &str) -> ReminderLine {
    ReminderLine { id: id(name), text: text.to_owned(), due_at: at(due_at) }
}

fn due(moment: &str) -> Due {
    Due { at: at(moment), zone: "Europe/Moscow".to_owned(), wall_clock: true }
}

fn telegram() -> ChannelName {
    ChannelName {
        id: ChatId(-1_001_878_264_527),
        title: Some("Telegram <News>".to_owned()),
        username: Some("telegram".to_owned()),
    }
}

fn private_channel() -> ChannelName {
    ChannelName { id: ChatId(-1_001_000_000_001), title: Some("Кухня".to_owned()), username: None }
}

#[test]
fn greetings_and_settings() {
    snapshot("greetings", |reader| {
        let language = reader.language;
        vec![
            ("start", start(language, Some("Анна *Мария*"))),
            ("start, name unknown", start(language, Some("  "))),
            ("help for people", help(reader, Role::Person)),
            ("help for admins", help(reader, Role::Admin)),
            ("language menu", language_menu(language)),
            ("language chosen", language_chosen(language)),
            ("zone, set", zone_shown(reader, true)),
            ("zone, assumed", zone_shown(reader, false)),
            ("zone set", zone_set(reader)),
            ("noted", noted(language)),
            ("unknown command", unknown_command(language, "export")),
            ("refused", refused(language)),
            ("something went wrong", something_went_wrong(language, "E-7f3a")),
        ]
    });
}

#[test]
fn reminders_from_first_to_last() {
    snapshot("reminders", |reader| {
        let language = reader.language;
        let tea = line("tea", "Чай с <b>мятой</b>\nи печенье", "2026-12-01T06:00:00Z");
        let long = line("long", &"очень длинное напоминание ".repeat(30), "2026-12-24T21:00:00Z");
        let lines: Vec<_> = (0..4).map(|_| tea.clone()).chain([long]).collect();
        let page = |number, items| Page { items, number, total: 11 };
        let late = line("tea", &tea.text, "2026-12-01T01:00:00Z");
        let told = ReminderLine { due_at: at("2026-12-01T03:29:58Z"), ..tea.clone() };
        vec![
            ("scheduled", reminder_scheduled(reader, tea.id, &tea.text, &due("2026-12-01T06:00:00Z"))),
            ("over before it was read", reminder_over(reader, &due("2026-11-20T06:00:00Z"))),
            ("scheduled for the next second", reminder_scheduled(reader, tea.id, "чай", &due(NOW))),
            ("none", reminders(reader, &Page { items: &[], number: 0, total: 0 })),
            ("one", reminders(reader, &Page { items: std::slice::from_ref(&tea), number: 0, total: 1 })),
            ("first page", reminders(reader, &page(0, lines.as_slice()))),
            ("last page", reminders(reader, &page(2, &lines[..1]))),
            ("to when", reschedule_menu(reader, &tea)),
            ("put off", reminder_put_off(reader, tea.id, &tea.text, &due("2026-12-02T06:00:00Z"))),
            ("cancelled", reminder_cancelled(language, &tea.text)),
            ("not found", reminder_not_found(language)),
            ("already told", reminder_already_told(language, ReminderStatus::Sent)),
            ("already cancelled", reminder_already_told(language, ReminderStatus::Cancelled)),
            ("failed", reminder_already_told(language, ReminderStatus::Failed)),
            ("told", reminder(reader, &told)),
            ("told late", reminder(reader, &late)),
        ]
    });
}

#[test]
fn profiles() {
    let field = |key: &str, value: &str, hundredths: i64| ProfileField {
        key: key.to_owned(),
        value: value.to_owned(),
        confidence: rust_decimal::Decimal::new(hundredths, 2),
        evidence: Vec::new(),
    };
    let fields = [
        field("display_name", "Анна", 95),
        field("language", "ru", 80),
        field("interests", "путешествия, музыка", 65),
        field("activity", "very active", 50),
        field("message_style", "short", 49),
        field("active_hours", "18-22 UTC", 30),
        field("summary", "Пишет по-русски,\nчаще по вечерам.", 79),
        field("favourite_tea", "мята", 10),
    ];
    snapshot("profiles", |reader| {
        let full =
            ProfileView { fields: &fields, ask: Some("Чем вы увлекаетесь?"), enriched_at: at(NOW) };
        vec![("profile", profile(reader, &full)), ("no profile", no_profile(reader.language))]
    });
}

#[test]
fn channels_added_listed_and_removed() {
    snapshot("channels", |reader| {
        let language = reader.language;
        let by_name = ChannelRef::Username(Username::of("telegram").unwrap());
        let by_id = ChannelRef::Id(private_channel().id);
        let nameless = ChannelName { id: ChatId(-1_001_000_000_002), title: None, username: None };
        let listed = |name, members| ChannelLine { name, members, tracked_at: at("2026-11-20T22:00:00Z") };
        let lines = [listed(telegram(), Some(12_345_671)), listed(private_channel(), Some(21)), listed(nameless, None)];
        vec![
            ("added", channel_added(language, &telegram())),
            ("already tracked", channel_already_tracked(language, &private_channel())),
            ("not found", channel_not_found(language, &by_name)),
            ("no access", channel_no_access(language, &by_id)),
            ("owner unknown", channel_owner_unknown(language, &by_name)),
            ("not tracked", channel_not_tracked(language, &by_id)),
            ("none", channels(reader, &Page { items: &[], number: 0, total: 0 })),
            ("list", channels(reader, &Page { items: &lines, number: 0, total: 3 })),
            ("second page", channels(reader, &Page { items: &lines[..1], number: 1, total: 21 })),
            ("ask removal", ask_removal(language, &telegram())),
            ("removed", channel_removed(language, &telegram())),
            ("stays", channel_stays(language, &private_channel())),
            ("not yours", not_yours(language, &by_name)),
        ]
    });
}

#[test]
fn statistics_are_honest_about_what_is_missing() {
    snapshot("stats", |reader| {
        let channel = telegram();
        let counted = |count, moment: &str| Some(Counted { count, at: at(moment) });
        let day = |day, members| DayCount { day: jiff::civil::date(2026, 11, day), members };
        let week = [
            day(24, Some(12_000)),
            day(25, Some(12_100)),
            day(26, None),
            day(27, Some(12_090)),
            day(28, Some(12_090)),
            day(29, Some(12_085)),
            day(30, Some(12_345)),
        ];
        let month: Vec<_> =
            (1..=30).map(|number| day(number, Some(10_000 + u64::from(number.unsigned_abs())))).collect();
        let full = StatsView {
            channel: &channel,
            days: 7,
            members: counted(12_345, NOW),
            before: counted(12_000, "2026-11-24T03:30:00Z"),
            posts: Some(21),
            by_day: &week,
        };
        let few = StatsView { days: 21, before: counted(12_600, "2026-11-29T00:00:00Z"), ..full };
        let first = StatsView { before: None, by_day: &[], ..full };
        let nothing = StatsView { members: None, before: None, posts: None, by_day: &[], ..full };
        let empty_before = StatsView { before: counted(0, "2026-11-24T03:30:00Z"), by_day: &month, days: 30, ..full };
        vec![
            ("a full week", stats(reader, &full)),
            ("fewer days than asked for", stats(reader, &few)),
            ("the count before is old", stats(reader, &StatsView { days: 1, ..full })),
            ("one count only", stats(reader, &first)),
            ("nothing counted", stats(reader, &nothing)),
            ("a month, from nobody", stats(reader, &empty_before)),
        ]
    });
}

#[test]
fn health_for_those_who_run_the_system() {
    snapshot("health", |reader| {
        let check = |name: &str, condition, detail: Option<&str>| Check {
            name: name.to_owned(),
            condition,
            latency_ms: 3,
            detail: detail.map(str::to_owned),
        };
        let well = [check("postgres", Condition::Healthy, None), check("telegram", Condition::Healthy, None)];
        let late =
            [check("postgres", Condition::Healthy, None), check("projections", Condition::Degraded, Some("lag 12 s"))];
        let broken = [check("postgres", Condition::Unhealthy, Some("refused")), late[1].clone()];
        vec![
            ("well", health(reader, &well)),
            ("degraded", health(reader, &late)),
            ("unhealthy", health(reader, &broken)),
            ("nothing checked", health(reader, &[])),
        ]
    });
}

#[test]
fn wrong_use_is_answered_with_what_was_wrong_and_an_example() {
    snapshot("usage", |reader| {
        let zones = Zones::built_in();
        let hearing = Hearing { bot_username: "bot", now: reader.now, zone: reader.zone, zones: &zones };
        let long = format!("/remind 10m {}", "чай ".repeat(300));
        let said = [
            "/lang de",
            "/tz Evrope/Moskow",
            "/tz +5:30",
            "/tz qqqq",
            "/remind",
            "/remind чай",
            "/remind завтра чай",
            "/remind 31.02.2027 09:00 чай",
            "/remind 25:00 чай",
            "/remind 2026-11-01 09:00 чай",
            "/remind 5000d чай",
            "/remind 10m",
            long.as_str(),
            "/add",
            "/add telegram",
            "/add t.me/+AbCdEf",
            "/stats @telegram 400",
            "/remove",
        ];
        let answer = |text: &&str| {
            let name: String = text.chars().take(40).collect();
            let name: &'static str = name.leak();
            (name, usage(reader, &hearing.understand(text).unwrap_err()))
        };
        said.iter().map(answer).collect()
    });
}

#[test]
fn every_example_we_give_is_one_that_works() {
    let zones = Zones::built_in();
    let zone = zones.get("Europe/Moscow").unwrap();
    for language in Language::ALL {
        let reader = Reader { language, zone: &zone, now: at(NOW) };
        let hearing = Hearing { bot_username: "bot", now: reader.now, zone: &zone, zones: &zones };
        let channel = ChannelRef::Id(private_channel().id);
        let wrong =
            ["/lang x", "/tz x", "/remind", "/remind 10m", "/remind x", "/remind 99:99 x", "/remind today 00:00 x"]
                .into_iter()
                .chain(["/remind tomorrow x", "/remind 31.02.2027 09:00 x", "/remind 9999d x", "/add", "/add t.me/+x"])
                .chain(["/remove x", "/remove t.me/+x", "/stats", "/stats @telegram 0", "/stats t.me/+x"]);
        let answers = wrong.map(|text| usage(&reader, &hearing.understand(text).unwrap_err()));
        let others = [
            start(language, None),
            zone_shown(&reader, true),
            reminders(&reader, &Page { items: &[], number: 0, total: 0 }),
            channels(&reader, &Page { items: &[], number: 0, total: 0 }),
            channel_not_tracked(language, &channel),
            channel_no_access(language, &channel),
        ];
        for message in answers.chain(others) {
            let units: Vec<u16> = message.text.encode_utf16().collect();
            let codes = message.entities.iter().filter(|entity| entity.kind == "code").map(|entity| {
                let begin = usize::try_from(entity.offset).unwrap();
                String::from_utf16(&units[begin..begin + usize::try_from(entity.length).unwrap()]).unwrap()
            });
            let examples: Vec<_> = codes.filter(|code| code.starts_with('/')).collect();
            assert!(!examples.is_empty(), "{}", message.text);
            for example in examples {
                let understood = hearing.understand(&example);
                let works = !matches!(understood, Err(_) | Ok(Request::Talk | Request::Unknown { .. }));
                assert!(works, "{example}: {understood:?}");
            }
        }
    }
}

#[test]
fn notices_fit_over_a_chat() {
    for language in Language::ALL {
        let notices: Vec<_> = Notice::ALL.into_iter().map(|it| notice(language, it)).collect();
        assert!(notices.iter().all(|it| it.encode_utf16().count() <= 200));
        insta::assert_snapshot!(format!("notices_{}", language.tag()), notices.join("\n"));
    }
}

#[test]
fn the_longest_words_still_make_messages_that_can_be_sent() {
    let zones = Zones::built_in();
    let zone = zones.get("America/Argentina/ComodRivadavia").unwrap();
    let long = "Ж".repeat(5000);
    for language in Language::ALL {
        let reader = Reader { language, zone: &zone, now: at(NOW) };
        let text: String = long.chars().take(1000).collect();
        let lines: Vec<_> = (0..5).map(|_| line("x", &text, "9999-12-01T00:00:00Z")).collect();
        check(&start(language, Some(&long)));
        check(&reminders(&reader, &Page { items: &lines, number: u32::MAX, total: u64::MAX }));
        check(&reminder(&reader, &ReminderLine { due_at: Timestamp::MIN, ..lines[0].clone() }));
        let channel = ChannelName { id: ChatId(i64::MIN), title: Some(long.clone()), username: None };
        let listed = ChannelLine { name: channel.clone(), members: Some(u64::MAX), tracked_at: at(NOW) };
        let eight: Vec<_> = (0..CHANNELS_A_PAGE).map(|_| listed.clone()).collect();
        check(&channels(&reader, &Page { items: &eight, number: 1, total: 100 }));
        let counted = |count| Some(Counted { count, at: at(NOW) });
        let by_day = [DayCount { day: jiff::civil::Date::MIN, members: Some(u64::MAX) }; 400];
        let extreme = StatsView {
            channel: &channel,
            days: u16::MAX,
            members: counted(u64::MAX),
            before: Some(Counted { count: 1, at: Timestamp::MIN }),
            posts: Some(u64::MAX),
            by_day: &by_day,
        };
        check(&stats(&reader, &extreme));
        let suggestions = vec![ZoneName::of(&"A".repeat(48)).unwrap()];
        let wrong = Wrong::UnknownZone { said: long.clone(), suggestions };
        check(&usage(&reader, &Usage { command: Command::Tz, wrong }));
        let found = Check {
            name: long.clone(),
            condition: Condition::Healthy,
            latency_ms: u64::MAX,
            detail: Some(long.clone()),
        };
        let checks: Vec<_> = (0..60).map(|_| found.clone()).collect();
        assert!(split(health(&reader, &checks)).iter().all(|part| part.text.encode_utf16().count() <= PART_MAX_UNITS));
    }
}
