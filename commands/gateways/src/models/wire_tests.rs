//! What is sent, and what anybody may answer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::models::Schema;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn a_wait_is_read_in_every_way_it_is_written() {
    let wait = |pairs: &[_]| retry_after(&headers(pairs)).map(|wait| wait.as_millis());
    assert_eq!(wait(&[("retry-after", "20")]), Some(20_000));
    assert_eq!(wait(&[("retry-after", "0.5")]), Some(500));
    assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "1")]), Some(250));
    let date = ("date", "Sat, 21 Nov 2026 08:00:00 GMT");
    assert_eq!(wait(&[("retry-after", "Sat, 21 Nov 2026 08:00:07 GMT"), date]), Some(7_000));
    assert_eq!(wait(&[("retry-after", "Sat, 21 Nov 2026 07:00:00 GMT"), date]), Some(0));
    for nonsense in ["soon", "-5", "1e400", "NaN", ""] {
        assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense}");
    }
}

#[test]
fn refusals_are_told_apart() {
    let of = |status, body: &str| error_of(status, &HeaderMap::new(), body.as_bytes());
    assert_eq!(of(429, r#"{"error":{"code":"insufficient_quota"}}"#), ModelError::QuotaSpent);
    assert_eq!(of(429, "<html>"), ModelError::Limited { after: None });
    assert_eq!(of(400, r#"{"error":{"code":"context_length_exceeded"}}"#), ModelError::TooLong);
    assert_eq!(of(503, ""), ModelError::ServerFault { status: 503, after: None });
    let unsupported = |body: &str| match of(400, body) {
        ModelError::Refused { unsupported, .. } => unsupported,
        _ => None,
    };
    assert_eq!(unsupported(r#"{"error":{"param":"response_format.type"}}"#), Some(Unsupported::Schema));
    assert_eq!(unsupported(r#"{"error":{"param":"max_tokens","code":7}}"#), Some(Unsupported::MaxTokens));
    assert_eq!(unsupported(r#"{"error":"words"}"#), None);
}

#[test]
fn a_server_without_schemas_is_told_in_the_question() {
    let ask = |role, content: &str| ChatMessage { role, content: content.into() };
    let mut request = ChatRequest {
        messages: vec![ask(Role::User, "hi")],
        schema: Some(Schema::read(r#"{"type":"object"}"#).unwrap()),
        max_output_tokens: 5,
        temperature: Some("0.2".parse().unwrap()),
    };
    let poor = Dialect { schema: false, max_tokens: false, temperature: false };
    let body = body_of("m", &request, poor);
    let said = format!("{SCHEMA_WORDS}{{\"type\":\"object\"}}");
    assert_eq!(
        body,
        json!({ "model": "m", "max_completion_tokens": 5, "messages": [
            { "role": "system", "content": said }, { "role": "user", "content": "hi" }] })
    );
    request.messages.insert(0, ask(Role::System, "Be brief."));
    let messages = body_of("m", &request, poor)["messages"].clone();
    assert_eq!(messages[0]["content"], format!("Be brief.\n\n{said}"));
    let rich = body_of("m", &request, Dialect { schema: true, max_tokens: true, temperature: true });
    assert_eq!((&rich["temperature"], &rich["max_tokens"]), (&json!(0.2), &json!(5)));
    assert_eq!(rich["response_format"]["json_schema"]["strict"], false);
}

#[test]
fn answers_of_anybody_are_read_or_refused() {
    let read = |body: &str| completion_of(body.as_bytes());
    let said = read(
        r#"{"model":"m\u0000 \u001b[31m","choices":[{"message":{"content":"a\u0000"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":99999999999,"completion_tokens":1}}"#,
    )
    .unwrap();
    assert_eq!((said.content.as_str(), said.finish), ("a\u{FFFD}", Finish::Stop));
    assert_eq!(said.served_by.as_deref(), Some("m[31m"));
    assert_eq!(said.usage.map(|usage| usage.input_tokens), Some(u32::MAX));
    let refused = read(r#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#).unwrap();
    assert_eq!((refused.content.as_str(), refused.finish, refused.usage), ("no", Finish::Refused, None));
    for body in ["", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":{}}]}"#, "<html>", "null"] {
        assert!(matches!(read(body), Err(ModelError::Malformed(_))), "{body}");
    }
    for (word, times) in [("x", 600_000), ("\\u0001", 90_000)] {
        let long = format!(r#"{{"choices":[{{"message":{{"content":"{}"}}}}]}}"#, word.repeat(times));
        assert_eq!(read(&long).err(), Some(ModelError::Malformed("the text is too long")));
    }
}
