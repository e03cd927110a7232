#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

const ANN: PersonId = PersonId::Telegram(7);

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn seen(name: &str) -> PersonSeen {
    let name = PersonName { display: Some(name.to_owned()), username: None };
    PersonSeen { person: ANN, name: Personal::of(ANN, name), language: None, premium: None, chat: None, seen_at: now() }
}

fn field(key: &str, value: &str) -> ProfileField {
    ProfileField { key: key.to_owned(), value: value.to_owned(), confidence: Decimal::ONE, evidence: vec![] }
}

fn enriched(fields: Vec<ProfileField>) -> ProfileEnriched {
    ProfileEnriched {
        person: ANN,
        strategy: "basic".to_owned(),
        plugin: PluginStamp::default(),
        set: Personal::of(ANN, fields),
        unset: vec![],
        ask: None,
        fallback_reason: None,
        tokens: 0,
        cost: Decimal::ZERO,
        duration_us: 1,
        enriched_at: now(),
    }
}

fn given_when(events: &[PersonEvent], command: &PersonCommand) -> Result<Vec<PersonEvent>, PersonRejection> {
    Person::decide(&events.iter().fold(PersonState::default(), Person::evolve), command)
}

#[test]
fn a_new_name_is_news_and_the_same_name_is_not() {
    let ann = PersonEvent::from(seen("Ann"));
    assert_eq!(given_when(std::slice::from_ref(&ann), &PersonCommand::See(seen("Ann"))), Ok(vec![]));
    assert_eq!(given_when(&[ann], &PersonCommand::See(seen("Anna"))), Ok(vec![seen("Anna").into()]));
}

#[test]
fn who_gives_no_name_keeps_the_one_they_had() {
    let past = [PersonEvent::from(seen("Ann"))];
    let nameless = PersonSeen { name: Personal::of(ANN, PersonName::default()), ..seen("") };
    assert_eq!(given_when(&past, &PersonCommand::See(nameless.clone())), Ok(vec![]));
    let with_language = PersonSeen { language: Some("ru".into()), ..nameless };
    let expected = PersonSeen { language: Some("ru".into()), ..seen("Ann") };
    assert_eq!(given_when(&past, &PersonCommand::See(with_language)), Ok(vec![expected.into()]));
}

#[test]
fn a_profile_is_replaced_only_when_asked() {
    let past = [seen("Ann").into(), enriched(vec![field("mood", "calm")]).into()];
    let propose = |replaces| {
        given_when(&past, &PersonCommand::Enrich { proposal: enriched(vec![field("mood", "wild")]), replaces })
    };
    let refused = Err(PersonRejection::ProfileExists { person: ANN });
    assert_eq!(propose(Replaces::Nothing), refused);
    // A run that began when the profile was filled already, or at that moment by another, has nothing to replace.
    assert_eq!(propose(Replaces::FilledBefore(now())), refused);
    let later = Timestamp::from_second(now().as_second() + 1).unwrap();
    assert!(propose(Replaces::FilledBefore(later)).is_ok());
}

#[test]
fn who_has_no_profile_is_filled_whatever_may_be_replaced() {
    for replaces in [Replaces::Nothing, Replaces::FilledBefore(Timestamp::MIN)] {
        let command = PersonCommand::Enrich { proposal: enriched(vec![field("mood", "calm")]), replaces };
        assert!(given_when(&[seen("Ann").into()], &command).is_ok());
    }
}

#[test]
fn an_empty_value_never_replaces_a_field() {
    let proposal = enriched(vec![field("mood", " "), field("name", "Ann")]);
    let events =
        given_when(&[seen("Ann").into()], &PersonCommand::Enrich { proposal, replaces: Replaces::Nothing }).unwrap();
    let [PersonEvent::ProfileEnriched(event)] = events.as_slice() else { panic!("one event: {events:?}") };
    assert_eq!(event.set.plain(), Some(&vec![field("name", "Ann")]));
}

/// What `plugin` proposes for a profile in which others filled `job` and `mood`, and it filled `city`.
fn taken_back_by(plugin: &str, proposal: ProfileEnriched) -> Vec<String> {
    let by = |name: &str, event: ProfileEnriched| ProfileEnriched {
        plugin: PluginStamp { name: name.to_owned(), ..PluginStamp::default() },
        ..event
    };
    let past = [
        seen("Ann").into(),
        by("profile-llm", enriched(vec![field("job", "vet"), field("mood", "calm")])).into(),
        by("profile-basic", enriched(vec![field("mood", "wild"), field("city", "Riga")])).into(),
    ];
    let replaces = Replaces::FilledBefore(Timestamp::MAX);
    let command = PersonCommand::Enrich { proposal: by(plugin, proposal), replaces };
    let events = given_when(&past, &command).unwrap();
    let [PersonEvent::ProfileEnriched(event)] = events.as_slice() else { panic!("one event: {events:?}") };
    event.unset.clone()
}

#[test]
fn a_plugin_takes_back_what_it_told_itself_and_nothing_that_another_told() {
    let everything = || ["job", "mood", "city", "never_there"].map(str::to_owned).to_vec();
    let proposal = || ProfileEnriched { unset: everything(), ..enriched(vec![]) };
    assert_eq!(taken_back_by("profile-basic", proposal()), ["mood", "city"], "who told it last");
    assert_eq!(taken_back_by("profile-llm", proposal()), ["job"]);
    assert_eq!(taken_back_by("profile-hybrid", proposal()), [""; 0]);
    assert_eq!(taken_back_by("profile-llm", enriched(vec![field("age", "30")])), [""; 0], "left out, it stays");
}

#[test]
fn what_was_taken_back_or_cleared_is_nobodys_any_more() {
    let told = PersonEvent::from(enriched(vec![field("mood", "calm")]));
    let back = || ProfileEnriched { unset: vec!["mood".to_owned()], ..enriched(vec![]) };
    let cleared = PersonEvent::from(ProfileCleared { person: ANN, cleared_at: now() });
    for gone in [back().into(), cleared] {
        let past = [seen("Ann").into(), told.clone(), gone];
        let replaces = Replaces::FilledBefore(Timestamp::MAX);
        let events = given_when(&past, &PersonCommand::Enrich { proposal: back(), replaces }).unwrap();
        assert_eq!(events, [enriched(vec![]).into()]);
    }
}

#[test]
fn nobody_unknown_gets_a_profile() {
    let refused = given_when(&[], &PersonCommand::Enrich { proposal: enriched(vec![]), replaces: Replaces::Nothing });
    assert_eq!(refused, Err(PersonRejection::Unknown { person: ANN }));
}

#[test]
fn a_cleared_profile_can_be_filled_again_and_not_cleared_twice() {
    let cleared = ProfileCleared { person: ANN, cleared_at: now() };
    let past = [seen("Ann").into(), enriched(vec![]).into(), cleared.clone().into()];
    assert!(
        given_when(&past, &PersonCommand::Enrich { proposal: enriched(vec![]), replaces: Replaces::Nothing }).is_ok()
    );
    assert_eq!(
        given_when(&past, &PersonCommand::ClearProfile(cleared)),
        Err(PersonRejection::NoProfile { person: ANN })
    );
}

#[test]
fn who_is_erased_is_known_by_nothing_and_may_be_seen_anew() {
    let erased = PersonErased { person: ANN, erased_at: now() };
    let chosen = LanguageChosen { person: ANN, language: "ru".to_owned(), chosen_at: now() };
    let past = [seen("Ann").into(), chosen.into(), enriched(vec![field("mood", "calm")]).into(), erased.clone().into()];
    let state = past.iter().fold(PersonState::default(), Person::evolve);
    assert_eq!((state.language(), state.time_zone()), (None, None));
    assert_eq!(given_when(&past, &PersonCommand::See(seen("Ann"))), Ok(vec![seen("Ann").into()]));
    let clear = PersonCommand::ClearProfile(ProfileCleared { person: ANN, cleared_at: now() });
    assert_eq!(given_when(&past, &clear), Err(PersonRejection::NoProfile { person: ANN }));
    assert_eq!(given_when(&[], &PersonCommand::Erase(erased.clone())), Ok(vec![erased.into()]));
}
