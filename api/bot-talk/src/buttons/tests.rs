#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chronogram_model::Origin;

use super::*;
use crate::{chance::Chance, zones::Zones};

/// Every kind of press, filled by chance.
fn presses(chance: &mut Chance) -> Vec<Press> {
    let id = ReminderId::of(Origin::of(&[&chance.number().to_string()]));
    let numbers = [i64::MIN, i64::MAX, 0, -1_001_878_264_527, chance.number().cast_signed()];
    let chat = ChatId(*chance.pick(&numbers));
    let page = *chance.pick(&[0, 1, u32::MAX]);
    let days = *chance.pick(&[1, 7, STATS_DAYS_MAX]);
    let zone = *chance.pick(&["UTC", "Etc/GMT-3", "America/Argentina/ComodRivadavia"]);
    let longest = "A".repeat(48);
    vec![
        Press::CancelReminder(id),
        Press::RescheduleMenu(id),
        Press::PutOff(id, *chance.pick(&PutOff::ALL)),
        Press::RemindersPage(page),
        Press::ChooseLanguage(*chance.pick(&Language::ALL)),
        Press::ChooseZone(ZoneName::of(zone).unwrap()),
        Press::ChooseZone(ZoneName::of(&longest).unwrap()),
        Press::ChannelsPage(page),
        Press::Stats(chat, days),
        Press::AskRemoval(chat),
        Press::ConfirmRemoval(chat),
        Press::AbandonRemoval(chat),
        Press::Close,
    ]
}

#[test]
fn whatever_is_encoded_fits_and_comes_back() {
    let mut chance = Chance::of(1);
    for press in (0..500).flat_map(|_| presses(&mut chance)) {
        let data = press.encode();
        assert!((1..=DATA_MAX_BYTES).contains(&data.len()), "{data}");
        assert_eq!(Press::parse(&data), Ok(press), "{data}");
    }
}

#[test]
fn hostile_data_is_refused_and_never_panics() {
    let mut chance = Chance::of(2);
    for data in ["", "1", "1:", "1:close:", "0:close", "2:close", "1:put:x:1h", "1:stats:1:0", "1:stats:1:366", "1:tz:"]
    {
        assert_eq!(Press::parse(data), Err(UnknownButton), "{data}");
    }
    assert_eq!(Press::parse(&format!("1:tz:{}", "a".repeat(60))), Err(UnknownButton));
    for _ in 0..20_000 {
        let _ = Press::parse(&chance.text(80));
        // Nearly right is worse than noise.
        let known = presses(&mut chance);
        let mut data: Vec<char> = chance.pick(&known).encode().chars().collect();
        let place = chance.below(data.len());
        data[place] = chance.char();
        let _ = Press::parse(&data.into_iter().collect::<String>());
    }
}

#[test]
fn buttons_of_the_first_release_are_understood_for_ever() {
    let id = ReminderId("c0ffee00-0000-5000-8000-000000000001".parse().unwrap());
    let chat = ChatId(-1_001_878_264_527);
    let sent = [
        ("1:cancel:c0ffee00000050008000000000000001", Press::CancelReminder(id)),
        ("1:later:c0ffee00000050008000000000000001", Press::RescheduleMenu(id)),
        ("1:put:c0ffee00000050008000000000000001:10m", Press::PutOff(id, PutOff::TenMinutes)),
        ("1:put:c0ffee00000050008000000000000001:1h", Press::PutOff(id, PutOff::Hour)),
        ("1:put:c0ffee00000050008000000000000001:1d", Press::PutOff(id, PutOff::Day)),
        ("1:put:c0ffee00000050008000000000000001:t9", Press::PutOff(id, PutOff::TomorrowAtNine)),
        ("1:rems:2", Press::RemindersPage(2)),
        ("1:lang:ru", Press::ChooseLanguage(Language::Ru)),
        ("1:tz:Europe/Moscow", Press::ChooseZone(ZoneName::of("Europe/Moscow").unwrap())),
        ("1:chans:0", Press::ChannelsPage(0)),
        ("1:stats:-1001878264527:30", Press::Stats(chat, 30)),
        ("1:rm?:-1001878264527", Press::AskRemoval(chat)),
        ("1:rm!:-1001878264527", Press::ConfirmRemoval(chat)),
        ("1:rm-:-1001878264527", Press::AbandonRemoval(chat)),
        ("1:close", Press::Close),
    ];
    for (data, press) in sent {
        assert_eq!(Press::parse(data), Ok(press.clone()));
        assert_eq!(press.encode(), data);
    }
}

#[test]
fn a_reminder_is_put_off_from_when_it_is_due_or_from_now_once_that_is_over() {
    let zone = Zones::built_in().get("Europe/Moscow").unwrap();
    let now: Timestamp = "2026-11-21T22:30:00Z".parse().unwrap();
    let ahead: Timestamp = "2026-11-21T23:00:00Z".parse().unwrap();
    let over: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let at = |to: PutOff, due_at| to.due(due_at, now, &zone).at.to_string();
    assert_eq!(at(PutOff::TenMinutes, ahead), "2026-11-21T23:10:00Z");
    assert_eq!(at(PutOff::TenMinutes, over), "2026-11-21T22:40:00Z");
    assert_eq!(at(PutOff::Hour, over), "2026-11-21T23:30:00Z");
    assert_eq!(at(PutOff::Day, over), "2026-11-22T22:30:00Z");
    // In Moscow it is the 22nd already.
    assert_eq!(at(PutOff::TomorrowAtNine, over), "2026-11-23T06:00:00Z");
    let due = PutOff::TomorrowAtNine.due(over, now, &zone);
    assert_eq!((due.zone.as_str(), due.wall_clock), ("Europe/Moscow", true));
    assert!(!PutOff::Hour.due(Timestamp::MAX, now, &zone).wall_clock);
}
