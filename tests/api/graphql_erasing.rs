//! Who is erased is gone from the present and from every moment of the past.

use chronogram_graphql::{IdempotencyKey, Role, async_graphql::Request};
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, code, principal},
    graphql_world::world,
};

const ERASE: &str = r#"mutation { erasePerson(id: "1001") { position repeated keysDestroyed copiesDropped personId
    person { id displayName username profile { strategy } } } }"#;
const SEEN: &str = r#"person(id: "1001") { displayName username profile { strategy fields { value } } }
    messages(filter: { person: "1001" }) { nodes { text } }"#;

async fn keyed(fixture: &Fixture, key: &str, query: &str) -> Value {
    let request = Request::new(query).data(principal(Role::Operator)).data(IdempotencyKey(key.to_owned()));
    fixture.execute(request).await
}

fn texts(seen: &Value) -> Vec<&Value> {
    seen["messages"]["nodes"].as_array().unwrap().iter().map(|message| &message["text"]).collect()
}

#[tokio::test]
async fn who_is_erased_is_so_now_and_in_the_past() {
    let fixture = world().await;
    let then = fixture.folds.catch_up().await.unwrap();
    fixture.engine.build_as_of(&[], then, &|_| {}).await.unwrap();
    let past = format!(r#"{{ asOf(position: "{then}") {{ {SEEN} }} }}"#);
    let before = &fixture.data(&past).await["asOf"];
    assert_eq!(before["person"]["displayName"], "Person 1001");
    assert!(texts(before).len() > 5 && texts(before).iter().all(|text| text.is_string()), "{before}");

    let erased = &fixture.data(ERASE).await["erasePerson"];
    assert_eq!(
        (&erased["keysDestroyed"], &erased["repeated"], &erased["personId"]),
        (&json!(1), &json!(false), &json!("1001"))
    );
    assert_eq!(erased["position"], json!((then.0 + 1).to_string()));
    let dropped = erased["copiesDropped"].as_array().unwrap();
    assert!(dropped.iter().any(|copy| copy == &json!(format!("people_v4_at_{then}"))), "{erased}");
    assert_eq!(erased["person"], json!({ "id": "1001", "displayName": null, "username": null, "profile": null }));
    let now = fixture.data(&format!("{{ {SEEN} }}")).await;
    assert_eq!(texts(&now).len(), texts(before).len(), "what was said keeps its place");
    assert!(texts(&now).iter().all(|text| text.is_null()), "{now}");

    // That moment is built from the log as it is now.
    assert_eq!(code(&fixture.ask(&past).await), "NOT_FOUND");
    fixture.engine.build_as_of(&[], then, &|_| {}).await.unwrap();
    let again = &fixture.data(&past).await["asOf"];
    let nothing_said = json!({ "strategy": "hybrid", "fields": [] });
    assert_eq!(again["person"], json!({ "displayName": null, "username": null, "profile": nothing_said }));
    assert_eq!(texts(again).len(), texts(before).len());
    assert!(texts(again).iter().all(|text| text.is_null()), "{again}");
}

#[tokio::test]
async fn a_repeat_under_the_same_key_leaves_what_was_said_since() {
    let fixture = world().await;
    fixture.folds.catch_up().await.unwrap();
    let say = |text: &str| {
        format!(r#"mutation {{ recordMessage(input: {{ clientId: "eve", text: "{text}" }}) {{ position }} }}"#)
    };
    let erase = r#"mutation { erasePerson(id: "api.eve") { position repeated keysDestroyed } }"#;
    assert_eq!(code(&keyed(&fixture, "k", erase).await), "NOT_FOUND");
    fixture.data(&say("first")).await;
    let first = &keyed(&fixture, "k", erase).await["data"]["erasePerson"];
    assert_eq!((&first["keysDestroyed"], &first["repeated"]), (&json!(1), &json!(false)));
    fixture.data(&say("second")).await;
    let again = &keyed(&fixture, "k", erase).await["data"]["erasePerson"];
    assert_eq!((&again["keysDestroyed"], &again["repeated"]), (&json!(0), &json!(true)));
    assert_eq!(again["position"], first["position"]);
    let other = keyed(&fixture, "k", r#"mutation { erasePerson(id: "1001") { position } }"#).await;
    assert_eq!(code(&other), "IDEMPOTENCY_KEY_REUSED");
    fixture.folds.catch_up().await.unwrap();
    let said = r#"{ messages(filter: { person: "api.eve" }, orderBy: SENT_AT_DESC) { nodes { text } }
        person(id: "1001") { displayName } }"#;
    let said = fixture.data(said).await;
    assert_eq!(texts(&said), [&json!("second"), &Value::Null]);
    assert_eq!(said["person"]["displayName"], "Person 1001", "a refused key destroys nothing");

    // Without a key it is another wish.
    assert_eq!(fixture.data(erase).await["erasePerson"]["keysDestroyed"], 1);
    assert_eq!(fixture.data(erase).await["erasePerson"]["keysDestroyed"], 0);
}

#[tokio::test]
async fn it_is_for_operators_and_of_people_who_are_known() {
    let fixture = world().await;
    fixture.folds.catch_up().await.unwrap();
    for (role, id, expected) in [
        (Role::Analyst, "1001", "FORBIDDEN"),
        (Role::PluginAuthor, "1001", "FORBIDDEN"),
        (Role::Operator, "api.nobody", "NOT_FOUND"),
        (Role::Operator, "no id", "BAD_USER_INPUT"),
    ] {
        let asked = format!(r#"mutation {{ erasePerson(id: "{id}") {{ position }} }}"#);
        assert_eq!(code(&fixture.ask_as(role, &asked).await), expected, "{id}");
    }
}
