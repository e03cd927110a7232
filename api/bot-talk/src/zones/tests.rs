#![allow(clippy::unwrap_used)]

use super::*;

fn now() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

fn found(said: &str) -> Option<String> {
    Zones::built_in().find(said, now()).ok().map(|zone| zone.name().to_string())
}

fn suggested(said: &str) -> Vec<String> {
    let refused = Zones::built_in().find(said, now()).unwrap_err();
    refused.suggestions.into_iter().map(String::from).collect()
}

#[test]
fn a_zone_is_found_by_its_name_in_any_case_and_keeps_its_own() {
    for said in ["Europe/Moscow", "europe/moscow", " EUROPE/MOSCOW ", "Moscow", "москва", "Питер", "msk"] {
        assert_eq!(found(said).as_deref(), Some("Europe/Moscow"), "{said}");
    }
    assert_eq!(found("america/new york").as_deref(), Some("America/New_York"));
    assert_eq!(found("new york").as_deref(), Some("America/New_York"));
    assert_eq!(found("utc").as_deref(), Some("UTC"));
}

#[test]
fn whole_offsets_become_fixed_zones() {
    for said in ["+3", "+03", "+3:00", "UTC+3", "utc +3", "GMT+03:00"] {
        assert_eq!(found(said).as_deref(), Some("Etc/GMT-3"), "{said}");
    }
    assert_eq!(found("-5").as_deref(), Some("Etc/GMT+5"));
    assert_eq!(found("−5").as_deref(), Some("Etc/GMT+5"));
    assert_eq!(found("+0").as_deref(), Some("UTC"));
    assert_eq!(found("UTC+14").as_deref(), Some("Etc/GMT-14"));
    for said in ["+15", "-13", "+3:75", "+", "UTC+", "+03:", "+1000000000000"] {
        assert_eq!(found(said), None, "{said}");
    }
}

#[test]
fn a_fixed_zone_is_ahead_when_its_label_says_so() {
    let zone = Zones::built_in().find("+3", now()).unwrap();
    assert_eq!(zone.rules().to_offset(now()).seconds(), 3 * 3600);
    assert_eq!(zone.name().label(), "UTC+3");
    assert_eq!(ZoneName::of("Etc/GMT+5").unwrap().label(), "UTC-5");
    assert_eq!(ZoneName::of("Etc/GMT").unwrap().label(), "Etc/GMT");
    assert_eq!(ZoneName::of("Europe/Moscow").unwrap().label(), "Europe/Moscow");
}

#[test]
fn an_offset_of_half_an_hour_is_answered_by_the_zones_that_keep_it() {
    assert!(suggested("+5:30").contains(&"Asia/Colombo".to_owned()), "{:?}", suggested("+5:30"));
    assert!(suggested("+1:17").is_empty());
}

#[test]
fn a_misspelt_zone_is_answered_by_those_it_may_mean() {
    for said in ["Evrope/Moskow", "Moskow", "Moscov", "europe/mosow"] {
        assert_eq!(suggested(said).first().map(String::as_str), Some("Europe/Moscow"), "{said}: {:?}", suggested(said));
    }
    assert!(suggested("Europe/Moskva").contains(&"Europe/Moscow".to_owned()));
    assert_eq!(suggested("Europe/Belin").first().map(String::as_str), Some("Europe/Berlin"));
    assert!(suggested("qqqqq").is_empty());
    assert!(suggested(&"x".repeat(10_000)).is_empty());
    assert!(suggested("").is_empty());
}

#[test]
fn names_that_exist_fit_into_a_button() {
    let zones = Zones::built_in();
    assert!(zones.names.len() > 400);
    assert!(zones.names.iter().all(|name| name.as_str().len() <= NAME_MAX_BYTES));
    assert!(zones.get("Europe/Moscow").is_some());
    assert!(zones.get("Factory").is_none());
    assert_eq!(zones.get_or_utc("Atlantis/Capital"), Zone::utc());
}
