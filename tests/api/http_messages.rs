//! `POST /api/messages`: recorded once, refused clearly.

use chronogram_graphql::Role;
use chronogram_log::{Actor, Clock};
use chronogram_model::Sender;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::http_support::{Server, header, json};

fn send(server: &Server, body: &Value) -> RequestBuilder {
    server.post("/api/messages").bearer_auth(server.token(Role::Operator)).json(body)
}

fn message(text: &str) -> Value {
    json!({ "client": { "id": "alice", "name": "Alice", "language": "de" }, "text": text })
}

#[tokio::test]
async fn a_message_is_recorded_as_sent() {
    let server = Server::start().await;
    let mut body = message("'; drop table es.event; -- <script>");
    body["sent_at"] = json!("2026-11-21T11:59:00Z");
    let (status, content_type, answer) = json(send(&server, &body)).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(content_type, "application/json");
    // Before it stand its person and its conversation.
    assert_eq!(answer, json!({ "message_id": 1, "position": 3, "duplicate": false }));

    let messages = server.log.messages().await;
    let [(message, recorded)] = messages.as_slice() else { panic!("one message was sent, {} came", messages.len()) };
    assert_eq!(message.sender, Sender::Person("api.alice".parse().unwrap()));
    assert_eq!(message.content.readable().unwrap().text, "'; drop table es.event; -- <script>");
    assert_eq!(message.sent_at, "2026-11-21T11:59:00Z".parse().unwrap());
    assert_eq!(message.received_at, Some(server.clock.now()));
    let metadata = recorded.metadata().unwrap();
    assert_eq!(metadata.actor, Actor::Principal("the-operator".to_owned()));
    assert_eq!(metadata.fingerprint, None);
}

#[tokio::test]
async fn without_a_key_the_same_text_is_told_as_a_duplicate() {
    let server = Server::start().await;
    assert_eq!(json(send(&server, &message("hello"))).await.0, StatusCode::CREATED);
    let (status, _, answer) = json(send(&server, &message("hello"))).await;
    assert_eq!(status, StatusCode::OK);
    let original = json!({ "message_id": 1, "received_at": "2026-11-21T12:00:00Z", "rule": "same_text_within_5s" });
    assert_eq!(answer, json!({ "message_id": 1, "position": 3, "duplicate": true, "original": original }));
}

#[tokio::test]
async fn a_repeat_with_the_same_key_hears_the_first_answer() {
    let server = Server::start().await;
    let body = message("hello");
    let keyed = |name: &str, value: &str| send(&server, &body).header(name, value);
    let first = keyed("Idempotency-Key", "\"k-1\"").send().await.unwrap();
    assert_eq!((first.status(), header(&first, "idempotency-replayed")), (StatusCode::CREATED, ""));
    // Quoted or bare, under either name, it is the same key.
    for (name, value) in [("Idempotency-Key", "k-1"), ("X-Idempotency-Key", "\"k-1\""), ("X-Idempotency-Key", "k-1")] {
        let again = keyed(name, value).send().await.unwrap();
        assert_eq!((again.status(), header(&again, "idempotency-replayed")), (StatusCode::CREATED, "true"), "{name}");
        let answer: Value = again.json().await.unwrap();
        assert_eq!((&answer["message_id"], &answer["position"]), (&json!(1), &json!(3)));
        assert_eq!(answer["original"]["rule"], "idempotency_key");
    }
    // Another key is another message; another principal's key is another key.
    assert_eq!(json(keyed("Idempotency-Key", "k-2")).await.2["message_id"], 2);
    let other = server.post("/api/messages").bearer_auth(server.token(Role::Admin)).json(&body);
    assert_eq!(json(other.header("Idempotency-Key", "k-1")).await.2["message_id"], 3);
}

#[tokio::test]
async fn a_key_used_for_another_message_is_refused() {
    let server = Server::start().await;
    json(send(&server, &message("hello")).header("Idempotency-Key", "k")).await;
    let (status, content_type, answer) = json(send(&server, &message("other")).header("Idempotency-Key", "k")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(content_type, "application/problem+json");
    assert_eq!(answer["code"], "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let server = Server::start().await;
    for key in ["", "\"\"", "\"open", "a b", "a,b", &"k".repeat(256)] {
        let (status, _, answer) = json(send(&server, &message("hello")).header("Idempotency-Key", key)).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_REQUEST")), "{key}");
    }
    let two = send(&server, &message("hello")).header("Idempotency-Key", "a").header("X-Idempotency-Key", "b");
    assert_eq!(json(two).await.0, StatusCode::BAD_REQUEST);
    assert!(server.log.messages().await.is_empty());
}

#[tokio::test]
async fn a_key_at_work_answers_409_also_after_its_client_hung_up() {
    let server = Server::start().await;
    let keyed = || send(&server, &message("wait")).header("Idempotency-Key", "k");
    let first = tokio::spawn(keyed().send());
    server.log.gate.wait_for_entry().await;
    let response = keyed().send().await.unwrap();
    assert_eq!((response.status(), header(&response, "retry-after")), (StatusCode::CONFLICT, "1"));
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(keyed().send().await.unwrap().status(), StatusCode::CONFLICT);

    // Two permits: the first's, and the repeat's, which goes the same way.
    server.log.gate.open.add_permits(2);
    server.state.finish().await;
    let response = keyed().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(header(&response, "idempotency-replayed"), "true");
    assert_eq!(server.log.messages().await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let server = Server::start().await;
    for (body, fields) in [
        (json!({}), vec!["client", "text"]),
        (json!({ "client": { "id": "a/../b" }, "text": "" }), vec!["client.id", "text"]),
        (json!({ "client": { "id": "a", "name": "x".repeat(257) }, "text": "x" }), vec!["client.name"]),
        (
            json!({ "client": { "id": "a", "language": "?" }, "text": "x".repeat(4097) }),
            vec!["client.language", "text"],
        ),
        (json!({ "client": { "id": "a" }, "text": "\u{8}" }), vec!["text"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": "2026-11-21T12:06:00Z" }), vec!["sent_at"]),
    ] {
        let (status, content_type, answer) = json(send(&server, &body)).await;
        assert_eq!((status, content_type.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json"));
        assert_eq!(answer["code"], "BAD_USER_INPUT");
        let named: Vec<&str> =
            answer["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{answer}");
        for error in answer["errors"].as_array().unwrap() {
            assert!(
                error["message"].as_str().unwrap().contains("must")
                    || error["message"].as_str().unwrap().contains("missing")
            );
        }
    }
    assert!(server.log.messages().await.is_empty());
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_its_fields() {
    let server = Server::start().await;
    let post = || server.post("/api/messages").bearer_auth(server.token(Role::Operator));
    for body in ["", "{", "[]", "5"] {
        let (status, _, _) = json(post().header("content-type", "application/json").body(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _, _) = json(post().body("text")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, _, _) = json(post().header("content-type", "application/json").body(" ".repeat(65_537))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn only_operators_and_admins_record() {
    let server = Server::start().await;
    for (role, expected) in [
        (Role::Analyst, StatusCode::FORBIDDEN),
        (Role::PluginAuthor, StatusCode::FORBIDDEN),
        (Role::Operator, StatusCode::CREATED),
        (Role::Admin, StatusCode::CREATED),
    ] {
        let request = server.post("/api/messages").bearer_auth(server.token(role));
        assert_eq!(json(request.json(&message(role.as_str()))).await.0, expected, "{role}");
    }
    let (status, _, answer) = json(server.post("/api/messages").json(&message("x"))).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")));
}

#[tokio::test]
async fn an_intake_that_fails_or_panics_says_whether_to_try_again() {
    let server = Server::start().await;
    let (status, _, answer) = json(send(&server, &message("unavailable"))).await;
    assert_eq!((status, &answer["retryable"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(true)));
    let (status, _, answer) = json(send(&server, &message("panic")).header("Idempotency-Key", "p")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("INTERNAL_SERVER_ERROR")));
    assert!(answer["errorId"].is_string() && !answer.to_string().contains("secret"));
    // The key is free again.
    let (status, _, _) = json(send(&server, &message("fine")).header("Idempotency-Key", "p")).await;
    assert_eq!(status, StatusCode::CREATED);
}
