#![allow(clippy::unwrap_used)]

use axum::{body::to_bytes, response::IntoResponse};
use serde_json::{Value, json};

use super::MessageInput;

const NOW: &str = "2026-11-21T12:00:00Z";

/// The fields that are complained about, in order; empty when the message is fine.
fn complaints(body: &Value) -> Vec<String> {
    let Err(failure) = MessageInput::parse(body.to_string().as_bytes(), NOW.parse().unwrap()) else {
        return Vec::new();
    };
    let body = futures::executor::block_on(to_bytes(failure.into_response().into_body(), 10_000)).unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    let errors = problem.get("errors").and_then(Value::as_array).unwrap();
    errors.iter().map(|error| error.get("field").and_then(Value::as_str).unwrap().to_owned()).collect()
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({ "client": { "id": "alice", "name": "Alice", "language": "de-AT" }, "text": "hello" });
    *body.pointer_mut(field).unwrap() = value.into();
    body
}

#[test]
fn what_is_right_is_taken() {
    assert!(complaints(&json!({ "client": { "id": "a" }, "text": "x" })).is_empty());
    assert!(complaints(&with("/client/name", Value::Null)).is_empty());
    assert!(complaints(&with("/client/name", "x".repeat(256))).is_empty());
    for language in ["de", "pt-BR", "zh-Hant-TW", "yue"] {
        assert!(complaints(&with("/client/language", language)).is_empty(), "{language}");
    }
    for text in ["two\r\nlines\tand a tab", "nul \0 is replaced later", "🙂", "'; drop table x; --", "<script>"] {
        assert!(complaints(&with("/text", text)).is_empty(), "{text}");
    }
    assert!(complaints(&with("/text", "🙂".repeat(2048))).is_empty());
    for sent_at in ["2026-11-21T12:05:00Z", "1999-01-01T00:00:00+03:00", "2026-11-21T12:00:00.123456789Z"] {
        let body = json!({ "client": { "id": "a" }, "text": "x", "sent_at": sent_at });
        assert!(complaints(&body).is_empty(), "{sent_at}");
    }
}

#[test]
fn what_is_wrong_is_told_by_field() {
    for (body, fields) in [
        (json!({}), vec!["client", "text"]),
        (json!({ "client": "alice", "text": "x" }), vec!["client"]),
        (json!({ "client": {}, "text": 5 }), vec!["client.id", "text"]),
        (with("/client/id", ""), vec!["client.id"]),
        (with("/client/id", "a b"), vec!["client.id"]),
        (with("/client/id", "../../etc"), vec!["client.id"]),
        (with("/client/id", "x".repeat(65)), vec!["client.id"]),
        (with("/client/id", 5), vec!["client.id"]),
        (with("/client/name", ""), vec!["client.name"]),
        (with("/client/name", "x".repeat(257)), vec!["client.name"]),
        (with("/client/name", "Ali\u{7}ce"), vec!["client.name"]),
        (with("/client/language", "german!"), vec!["client.language"]),
        (with("/client/language", "d"), vec!["client.language"]),
        (with("/client/language", "de-"), vec!["client.language"]),
        (with("/text", ""), vec!["text"]),
        (with("/text", "x".repeat(4097)), vec!["text"]),
        (with("/text", format!("{}x", "🙂".repeat(2048))), vec!["text"]),
        (with("/text", "bell \u{7}"), vec!["text"]),
        (with("/text", "c1 \u{85}"), vec!["text"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": "2026-11-21T12:05:01Z" }), vec!["sent_at"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": "yesterday" }), vec!["sent_at"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": "2026-11-21 12:00:00Z" }), vec!["sent_at"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": "2026-11-21T12:00:00" }), vec!["sent_at"]),
        (json!({ "client": { "id": "a" }, "text": "x", "sent_at": 1 }), vec!["sent_at"]),
        (json!({ "client": { "id": "a", "mail": "x" }, "text": "x", "sentAt": "y" }), vec!["client", "body"]),
    ] {
        assert_eq!(complaints(&body), fields, "{body}");
    }
}
