//! Reading a message's fields: all that is wrong is told at once, field by field.

use chronogram_intake::{RecordMessage, check_language, check_name, check_sent_at, check_text};
use chronogram_model::ClientId;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::failure::{Failure, FieldError};

/// A message as sent, every field valid.
#[derive(Debug)]
pub(super) struct MessageInput(pub(super) RecordMessage);

impl MessageInput {
    pub(super) fn parse(body: &[u8], now: Timestamp) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::bad_request(format!("the body is not JSON: see line {line}, column {column}"))
        })?;
        let mut errors = Errors::default();
        let shape = r#"a JSON object: {"client": {"id", "name"?, "language"?}, "text", "sent_at"?}"#;
        let Value::Object(mut fields) = value else {
            return Err(Failure::bad_request(format!("the body must be {shape}")));
        };

        let mut client = match fields.remove("client") {
            Some(Value::Object(client)) => client,
            Some(_) => {
                errors.refuse("client", r#"must be an object: {"id", "name"?, "language"?}"#).unwrap_or_default()
            }
            None => errors.refuse("client", r#"is missing: {"id", "name"?, "language"?}"#).unwrap_or_default(),
        };
        // With no client at all, its fields are not complained about one by one.
        let has_client = errors.0.is_empty();
        let id = if has_client { errors.required(&mut client, "id", "client.id") } else { None };
        let id = id.and_then(|id| ClientId::try_from(id).map_err(|_| errors.add("client.id", CLIENT_ID)).ok());
        let name = errors.optional(&mut client, "name", "client.name");
        let name = name.and_then(|name| errors.checked("client.name", name.clone(), check_name(&name)));
        let language = errors.optional(&mut client, "language", "client.language");
        let language = language.and_then(|tag| errors.checked("client.language", tag.clone(), check_language(&tag)));
        let text = errors.required(&mut fields, "text", "text");
        let text = text.and_then(|text| errors.checked("text", text.clone(), check_text(&text)));
        let sent_at = errors.optional(&mut fields, "sent_at", "sent_at").and_then(|at| errors.sent_at(&at, now));
        if !client.is_empty() {
            errors.add("client", "has fields that nobody knows; it has id, name and language");
        }
        if !fields.is_empty() {
            errors.add("body", "has fields that nobody knows; it has client, text and sent_at");
        }
        match (id, text, errors.0.is_empty()) {
            (Some(client), Some(text), true) => Ok(Self(RecordMessage { client, name, language, text, sent_at })),
            _ => Err(Failure::bad_fields(errors.0)),
        }
    }
}

const CLIENT_ID: &str = "must be 1 to 64 characters of A-Z a-z 0-9 _ - .";

#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    fn refuse<T>(&mut self, field: &'static str, message: impl Into<String>) -> Option<T> {
        self.add(field, message);
        None
    }

    fn optional(&mut self, fields: &mut Map<String, Value>, key: &str, field: &'static str) -> Option<String> {
        match fields.remove(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => self.refuse(field, "must be a string"),
        }
    }

    fn required(&mut self, fields: &mut Map<String, Value>, key: &str, field: &'static str) -> Option<String> {
        match fields.remove(key) {
            Some(Value::String(text)) => Some(text),
            None | Some(Value::Null) => self.refuse(field, "is missing"),
            Some(_) => self.refuse(field, "must be a string"),
        }
    }

    fn checked<T>(&mut self, field: &'static str, value: T, checked: Result<(), String>) -> Option<T> {
        match checked {
            Ok(()) => Some(value),
            Err(message) => self.refuse(field, message),
        }
    }

    fn sent_at(&mut self, text: &str, now: Timestamp) -> Option<Timestamp> {
        // RFC 3339 has a `T`, an offset and nothing after it; the parser alone would also take `[Europe/Berlin]`.
        let plain = !text.contains(['[', ']', ' ', ',']) && text.contains(['T', 't']);
        let Some(at) = text.parse::<Timestamp>().ok().filter(|_| plain) else {
            return self.refuse("sent_at", "must be a time by RFC 3339, like 2026-11-21T09:30:00Z");
        };
        self.checked("sent_at", at, check_sent_at(at, now))
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
