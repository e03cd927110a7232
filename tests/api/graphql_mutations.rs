//! Mutations say where they appended, show their effect, and answer a repeat with the first answer.

use chronogram_graphql::{IdempotencyKey, Role, async_graphql::Request};
use chronogram_log::Position;
use serde_json::{Value, json};

use crate::{
    graphql_fixture::{Fixture, code, principal},
    graphql_world::{CHANNEL, world},
};

async fn ask_with_key(fixture: &Fixture, key: &str, query: &str) -> Value {
    let request = Request::new(query).data(principal(Role::Operator)).data(IdempotencyKey(key.to_owned()));
    fixture.execute(request).await
}

#[tokio::test]
async fn a_mutation_gives_its_position_and_the_object_as_it_is_then() {
    let fixture = world().await;
    let head = fixture.folds.catch_up().await.unwrap().0;
    let track = r#"mutation { trackChannel(input: { id: "-1000000000700", username: "@go", title: "Go" }) {
        position repeated channel { id username title tracked } } }"#;
    let expected = json!({
        "position": (head + 1).to_string(), "repeated": false,
        "channel": { "id": "-1000000000700", "username": "go", "title": "Go", "tracked": true },
    });
    assert_eq!(fixture.data(track).await["trackChannel"], expected);

    let both = format!(
        r#"mutation {{ off: untrackChannel(id: "{CHANNEL}") {{ position channel {{ tracked }} }}
            on: trackChannel(input: {{ id: "{CHANNEL}" }}) {{ position channel {{ tracked }} }} }}"#
    );
    let data = fixture.data(&both).await;
    assert_eq!(data["off"], json!({ "position": (head + 2).to_string(), "channel": { "tracked": false } }));
    assert_eq!(data["on"], json!({ "position": (head + 3).to_string(), "channel": { "tracked": true } }));

    let say = r#"mutation { recordMessage(input: { clientId: "alice", text: "hello", sentAt: "2026-11-20T10:00:00Z" }) {
        position repeated conversationId messageId
        message { id text sentAt receivedAt source sender { id } conversation { kind } } } }"#;
    let expected = json!({
        // Before it stand its person and its conversation.
        "position": (head + 6).to_string(), "repeated": false, "conversationId": "api.alice", "messageId": "1",
        "message": {
            "id": "api.alice/1", "text": "hello", "sentAt": "2026-11-20T10:00:00Z",
            "receivedAt": crate::graphql_fixture::NOW, "source": "API",
            "sender": { "id": "api.alice" }, "conversation": { "kind": "API" },
        },
    });
    assert_eq!(fixture.data(say).await["recordMessage"], expected);
    let again = &fixture.data(say).await["recordMessage"];
    assert_eq!((&again["position"], &again["repeated"]), (&json!((head + 6).to_string()), &json!(true)));

    let clear = r#"mutation { clearProfile(personId: "1001") { position repeated person {
        id profile { strategy } enrichments { totalCount } } } }"#;
    let expected = json!({
        "position": (head + 7).to_string(), "repeated": false,
        "person": { "id": "1001", "profile": null, "enrichments": { "totalCount": "1" } },
    });
    assert_eq!(fixture.data(clear).await["clearProfile"], expected);
    assert_eq!(code(&fixture.ask(clear).await), "CONFLICT");
}

#[tokio::test]
async fn a_repeat_under_the_same_key_gets_the_first_answer_and_another_request_is_refused() {
    let fixture = world().await;
    let head = fixture.folds.catch_up().await.unwrap().0;
    let say = |text: &str| {
        format!(
            r#"mutation {{ recordMessage(input: {{ clientId: "bob", text: "{text}" }}) {{ position repeated messageId }} }}"#
        )
    };
    let first = ask_with_key(&fixture, "k1", &say("hello")).await;
    let position = (head + 3).to_string();
    assert_eq!(first["data"]["recordMessage"], json!({ "position": position, "repeated": false, "messageId": "1" }));
    let again = ask_with_key(&fixture, "k1", &say("hello")).await;
    assert_eq!(again["data"]["recordMessage"], json!({ "position": position, "repeated": true, "messageId": "1" }));
    assert_eq!(code(&ask_with_key(&fixture, "k1", &say("goodbye")).await), "IDEMPOTENCY_KEY_REUSED");
    let other = ask_with_key(&fixture, "k2", &say("hello")).await;
    assert_eq!(other["data"]["recordMessage"]["messageId"], "2");
}

#[tokio::test]
async fn what_was_appended_is_told_even_when_the_read_models_are_behind() {
    let fixture = Fixture::reaching(Position(0)).await;
    let track = r#"mutation { trackChannel(input: { id: "-1000000000700" }) { position channel { id } } }"#;
    let answer = fixture.ask(track).await;
    assert_eq!(code(&answer), "TIMEOUT");
    assert_eq!(answer["errors"][0]["path"], json!(["trackChannel", "channel"]));
    assert_eq!(answer["data"], json!({ "trackChannel": { "position": "1", "channel": null } }));
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named_as_the_schema_names_it() {
    let fixture = world().await;
    let head = fixture.folds.catch_up().await.unwrap();
    for (input, field) in [
        (r#"clientId: "a b", text: "x""#, "input.clientId"),
        (r#"clientId: "a", text: """#, "input.text"),
        (r#"clientId: "a", text: "x", language: "?""#, "input.language"),
        (r#"clientId: "a", text: "x", sentAt: "2126-11-20T10:00:00Z""#, "input.sentAt"),
    ] {
        let answer = fixture.ask(&format!("mutation {{ recordMessage(input: {{ {input} }}) {{ position }} }}")).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT");
        assert_eq!(answer["errors"][0]["extensions"]["argument"], field, "{answer}");
    }
    assert_eq!(fixture.folds.catch_up().await.unwrap(), head, "nothing was appended");
}
