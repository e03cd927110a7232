#![allow(clippy::unwrap_used)]

use super::*;

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

fn named(name: &str) -> PolicyName {
    name.parse().unwrap()
}

fn weekly(name: &str) -> FillPolicy {
    FillPolicy {
        name: named(name),
        enabled: true,
        audience: Audience::Everybody,
        active_days: None,
        profiles: WantedProfiles::Missing,
        strategy: "basic".into(),
        workers: 4,
        limit: None,
        schedule: "1h".parse().unwrap(),
    }
}

fn set(policy: FillPolicy) -> PolicyCommand {
    PolicyCommand::Set(FillPolicySet { policy, set_at: at("21T12:00:00") })
}

fn switch(name: &str, enabled: bool) -> PolicyCommand {
    PolicyCommand::Switch { name: named(name), enabled, at: at("21T12:00:00") }
}

fn remove(name: &str) -> PolicyCommand {
    PolicyCommand::Remove(FillPolicyRemoved { name: named(name), removed_at: at("21T12:00:00") })
}

/// The state after commands that are all taken.
fn after(commands: &[PolicyCommand]) -> PolicyState {
    commands.iter().fold(PolicyState::default(), |state, command| {
        let events = FillPolicies::decide(&state, command).unwrap();
        events.iter().fold(state, FillPolicies::evolve)
    })
}

#[test]
fn three_policies_are_there_before_anybody_set_one() {
    let state = PolicyState::default();
    let told: Vec<_> = state
        .all()
        .map(|kept| (kept.policy.name.as_str(), kept.policy.strategy.as_str(), kept.policy.workers, kept.shipped))
        .collect();
    assert_eq!(told, [("active", "hybrid", 3, true), ("new", "basic", 4, true), ("vip", "llm", 4, true)]);
    assert!(shipped().iter().all(|policy| policy.check().is_ok()));
}

#[test]
fn an_operators_word_takes_the_place_of_what_was_shipped() {
    let state = after(&[switch("active", false), remove("vip"), set(weekly("weekly"))]);
    let told: Vec<_> = state.all().map(|kept| (kept.policy.name.as_str(), kept.policy.enabled, kept.shipped)).collect();
    assert_eq!(told, [("active", false, false), ("new", true, true), ("weekly", true, false)]);
}

#[test]
fn what_is_said_again_is_no_news_but_for_what_was_shipped() {
    let state = PolicyState::default();
    assert_eq!(FillPolicies::decide(&state, &switch("new", true)).unwrap().len(), 1);
    let state = after(&[switch("new", true)]);
    assert_eq!(FillPolicies::decide(&state, &switch("new", true)).unwrap(), []);
    assert_eq!(FillPolicies::decide(&state, &set(state.get(&named("new")).unwrap().policy.clone())).unwrap(), []);
}

#[test]
fn who_is_not_there_is_neither_switched_nor_removed() {
    let state = after(&[remove("vip")]);
    for command in [switch("vip", true), remove("vip"), switch("weekly", false)] {
        let refused = FillPolicies::decide(&state, &command).unwrap_err();
        assert!(matches!(refused, PolicyRejection::Unknown { .. }), "{refused}");
    }
}

#[test]
fn there_are_no_more_than_a_limit_and_those_that_are_there_can_be_changed() {
    let many: Vec<_> = (3..POLICIES_MAX).map(|number| set(weekly(&format!("p{number}")))).collect();
    let state = after(&many);
    assert_eq!(FillPolicies::decide(&state, &set(weekly("more"))), Err(PolicyRejection::TooMany));
    assert!(FillPolicies::decide(&state, &set(FillPolicy { workers: 9, ..weekly("p7") })).is_ok());
}

#[test]
fn a_field_that_makes_no_sense_is_named() {
    let days = |days| WantedProfiles::Outdated { days };
    for (policy, field) in [
        (FillPolicy { workers: 0, ..weekly("a") }, "workers"),
        (FillPolicy { workers: 257, ..weekly("a") }, "workers"),
        (FillPolicy { limit: Some(0), ..weekly("a") }, "limit"),
        (FillPolicy { active_days: Some(0), ..weekly("a") }, "active_days"),
        (FillPolicy { profiles: days(0), ..weekly("a") }, "days"),
        (FillPolicy { profiles: WantedProfiles::NotByStrategy { days: 36_501 }, ..weekly("a") }, "days"),
        (FillPolicy { strategy: String::new(), ..weekly("a") }, "strategy"),
        (FillPolicy { strategy: "profile-llm".into(), ..weekly("a") }, "strategy"),
        (FillPolicy { strategy: "a b".into(), ..weekly("a") }, "strategy"),
    ] {
        let refused = FillPolicies::decide(&PolicyState::default(), &set(policy)).unwrap_err();
        assert!(matches!(&refused, PolicyRejection::Invalid(fault) if fault.field == field), "{field}: {refused}");
    }
    for name in ["", "Weekly", "a b", "a_b", &"a".repeat(33)] {
        assert!(name.parse::<PolicyName>().is_err(), "{name:?}");
    }
}

#[test]
fn schedules_are_read_as_they_are_written() {
    for text in ["1m", "10m", "90m", "6h", "720h", "00:00", "03:30", "23:59"] {
        assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
    }
    assert_eq!("120m".parse::<Schedule>().unwrap().to_string(), "2h");
    for wrong in
        ["", "m", "0m", "-1m", "+1m", "721h", "99999999999h", "10", "10s", "24:00", "3:00", "03:60", "03:00:00"]
    {
        assert!(wrong.parse::<Schedule>().is_err(), "{wrong:?}");
    }
}

#[test]
fn an_interval_keeps_its_beat_and_makes_up_for_nothing() {
    let every: Schedule = "10m".parse().unwrap();
    assert_eq!(every.next_after(None, at("21T12:00:00")), at("21T12:10:00"));
    assert_eq!(every.next_after(Some(at("21T12:00:00")), at("21T12:00:00")), at("21T12:10:00"));
    assert_eq!(every.next_after(Some(at("21T12:00:00")), at("21T12:09:59")), at("21T12:10:00"));
    assert_eq!(every.next_after(Some(at("14T12:03:00")), at("21T12:00:00")), at("21T12:03:00"));
    // A clock that was set back: what lies ahead of it is not waited for.
    assert_eq!(every.next_after(Some(at("28T12:00:00")), at("21T12:00:00")), at("21T12:10:00"));
    assert_eq!(every.next_after(None, Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn a_time_of_the_day_is_the_next_of_its_kind_in_utc() {
    let daily: Schedule = "03:00".parse().unwrap();
    assert_eq!(daily.next_after(None, at("21T02:59:59")), at("21T03:00:00"));
    assert_eq!(daily.next_after(Some(at("14T03:00:00")), at("21T03:00:00")), at("22T03:00:00"));
    assert_eq!(daily.next_after(None, at("21T12:00:00")), at("22T03:00:00"));
    assert_eq!(daily.next_after(None, Timestamp::MAX), Timestamp::MAX);
}
