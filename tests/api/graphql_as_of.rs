//! `asOf`: the same questions, answered as they would have been then.

use chronogram_graphql::Role;
use chronogram_model::{
    PersonId, Personal,
    person::{PersonName, PersonSeen},
};
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, NOW, at, code},
    graphql_world::{group, world},
};

async fn rename(fixture: &Fixture, number: i64, name: &str) {
    let person = PersonId::Telegram(number);
    let name = PersonName { display: Some(name.to_owned()), ..PersonName::default() };
    let name = Personal::of(person.clone(), name);
    let seen = PersonSeen { person, name, language: None, premium: None, chat: None, seen_at: at(NOW) };
    fixture.append_to_person(number, vec![seen.into()]).await;
}

/// The name of a person, asked for directly and through what they wrote.
fn names(way: &str) -> String {
    let group = group();
    format!(
        r#"{way} {{ person(id: 1001) {{ displayName }} people {{ totalCount }} messages(
            filter: {{ conversation: "{group}", person: 1001 }}, first: 1) {{ nodes {{ sender {{ displayName }} }} }} }}"#
    )
}

#[tokio::test]
async fn questions_below_as_of_are_answered_by_what_the_log_held_then() {
    let fixture = world().await;
    rename(&fixture, 1001, "Then").await;
    let then = fixture.folds.catch_up().await.unwrap();
    rename(&fixture, 1001, "Now").await;
    rename(&fixture, 4242, "New").await;
    fixture.folds.catch_up().await.unwrap();
    fixture.engine.build_as_of(&[], then, &|_| {}).await.unwrap();

    let way = format!(r#"asOf(position: "{then}")"#);
    let query = format!("{{ {} {} }}", names(&way), names("").trim().trim_start_matches('{').trim_end_matches('}'));
    let data = fixture.data(&query).await;
    for (place, name) in [("/asOf", "Then"), ("", "Now")] {
        let of = |rest: &str| data.pointer(&format!("{place}{rest}")).unwrap().clone();
        assert_eq!(of("/person/displayName"), name, "{data}");
        assert_eq!(of("/messages/nodes/0/sender/displayName"), name, "loaded by what many rows refer to");
    }
    let count = |data: &Value| data["people"]["totalCount"].as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(count(&data["asOf"]) + 1, count(&data), "somebody is new");
    let moment = fixture.data(&format!("{{ {way} {{ position expiresAt }} }}")).await;
    assert_eq!(moment["asOf"]["position"], then.to_string());
    assert!(moment["asOf"]["expiresAt"].is_string());
}

#[tokio::test]
async fn a_moment_that_is_not_built_is_refused_with_the_way_to_get_it() {
    let fixture = world().await;
    fixture.folds.catch_up().await.unwrap();
    let asked = |arguments: &str| format!("{{ asOf({arguments}) {{ position }} }}");
    let message = |answer: &Value| answer["errors"][0]["message"].as_str().unwrap().to_owned();
    let missing = fixture.ask(&asked(r#"position: "10""#)).await;
    assert_eq!(code(&missing), "NOT_FOUND");
    assert!(message(&missing).contains("chronogram projections rebuild --as-of 10"), "{missing}");

    fixture.engine.build_as_of(&[], chronogram_log::Position(10), &|_| {}).await.unwrap();
    assert_eq!(fixture.data(&asked(r#"position: "10""#)).await, json!({ "asOf": { "position": "10" } }));
    let other = fixture.ask(&asked(r#"position: "11""#)).await;
    assert!(message(&other).contains("those of 10 are"), "{other}");
    for nonsense in [r#"position: "-1""#, r#"position: "1", time: "2026-11-21T03:00:00Z""#, "position: null"] {
        assert_eq!(code(&fixture.ask(&asked(nonsense)).await), "BAD_USER_INPUT", "{nonsense}");
    }
    let analyst = fixture.ask_as(Role::Analyst, &asked(r#"position: "10""#)).await;
    assert_eq!(analyst.get("errors"), None, "who reads the present may read the past");
}
