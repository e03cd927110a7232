//! Answers against schemas, and schemas that are none.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

const PROFILE: &str = r#"{ "type": "object", "additionalProperties": false, "required": ["interests", "age"],
    "properties": {
        "interests": { "type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true,
                       "items": { "type": "string", "minLength": 2, "maxLength": 5 } },
        "age": { "anyOf": [{ "type": "integer", "minimum": 0, "exclusiveMaximum": 150 }, { "type": "null" }] },
        "mood": { "enum": ["good", "bad"] } } }"#;

#[test]
fn answers_are_checked_keyword_by_keyword() {
    let schema = Schema::read(PROFILE).unwrap();
    for (answer, broken) in [
        (json!({ "interests": ["чай"], "age": 7 }), None),
        (json!({ "interests": ["tea"], "age": 7.0, "mood": "bad" }), None),
        (json!({ "interests": ["tea"], "age": null }), None),
        (json!([]), Some("type")),
        (json!({ "interests": ["tea"] }), Some("required")),
        (json!({ "interests": [], "age": 7 }), Some("minItems")),
        (json!({ "interests": ["aa", "bb", "cc", "dd"], "age": 7 }), Some("maxItems")),
        (json!({ "interests": ["aa", "aa"], "age": 7 }), Some("uniqueItems")),
        (json!({ "interests": ["a"], "age": 7 }), Some("minLength")),
        (json!({ "interests": ["aaaaaa"], "age": 7 }), Some("maxLength")),
        (json!({ "interests": [1], "age": 7 }), Some("type")),
        (json!({ "interests": ["tea"], "age": 7.5 }), Some("anyOf")),
        (json!({ "interests": ["tea"], "age": 150 }), Some("anyOf")),
        (json!({ "interests": ["tea"], "age": -1 }), Some("anyOf")),
        (json!({ "interests": ["tea"], "age": 7, "mood": "so" }), Some("enum")),
        (json!({ "interests": ["tea"], "age": 7, "more": 1 }), Some("additionalProperties")),
    ] {
        assert_eq!(schema.check(&answer).err().map(|violation| violation.0), broken, "{answer}");
    }
}

#[test]
fn servers_are_asked_to_hold_a_model_to_what_they_can() {
    assert!(!Schema::read(PROFILE).unwrap().is_strict(), "mood may be absent");
    let closed = r#"{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":INNER}}"#;
    let with = |inner| Schema::read(&closed.replace("INNER", inner)).unwrap().is_strict();
    assert!(with(r#"{"type":"array","items":{"type":"string"}}"#));
    assert!(!with(r#"{"type":"array","items":{"type":"object"}}"#));
    assert!(!with(r#"{"anyOf":[{"type":"null"},{"type":["object","null"]}]}"#));
}

#[test]
fn what_cannot_be_checked_is_no_schema() {
    for (schema, why) in [
        ("{", "no JSON"),
        ("[]", "#: a schema is an object"),
        (r#"{"type":"text"}"#, "\"type\" is not what it should be"),
        (r#"{"type":[]}"#, "\"type\" is not what it should be"),
        (r#"{"properties":{"a":{"pattern":"x"}}}"#, "#/properties/a: \"pattern\" cannot be checked"),
        (r##"{"$ref":"#"}"##, "\"$ref\" cannot be checked"),
        (r#"{"minLength":-1}"#, "\"minLength\" is not what it should be"),
        (r#"{"anyOf":[]}"#, "\"anyOf\" is not what it should be"),
    ] {
        let error = Schema::read(schema).unwrap_err().to_string();
        assert!(error.contains(why), "{schema}: {error}");
    }
    let deep = format!("{}{{}}{}", r#"{"items":"#.repeat(40), "}".repeat(40));
    assert!(Schema::read(&deep).unwrap_err().to_string().contains("too deep"));
    assert!(Schema::read(&format!(r#"{{"title":"{}"}}"#, "x".repeat(20_000))).is_err());
}
