//! Reading a message's fields: all that is wrong is told at once, field by field.

use chronogram_model::ClientId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::failure::{Failure, FieldError};

/// Telegram's own limit, counted as Telegram counts.
const TEXT_UTF16_MAX: usize = 4096;
/// Telegram's names have 64 + 64; other systems' are longer.
const NAME_CHARACTERS_MAX: usize = 256;
/// The longest well-formed tag that RFC 5646 tells receivers to expect.
const LANGUAGE_LENGTH_MAX: usize = 35;
/// How far a client's clock may be ahead of ours.
const CLOCK_SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// A message as sent, every field valid.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MessageInput {
    pub(super) client: ClientId,
    pub(super) name: Option<String>,
    pub(super) language: Option<String>,
    pub(super) text: String,
    pub(super) sent_at: Option<Timestamp>,
}

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
        let name = errors.optional(&mut client, "name", "client.name").and_then(|name| errors.name(name));
        let language = errors.optional(&mut client, "language", "client.language").and_then(|tag| errors.language(tag));
        let text = errors.required(&mut fields, "text", "text").and_then(|text| errors.text(text));
        let sent_at = errors.optional(&mut fields, "sent_at", "sent_at").and_then(|at| errors.sent_at(&at, now));
        if !client.is_empty() {
            errors.add("client", "has fields that nobody knows; it has id, name and language");
        }
        if !fields.is_empty() {
            errors.add("body", "has fields that nobody knows; it has client, text and sent_at");
        }
        match (id, text, errors.0.is_empty()) {
            (Some(client), Some(text), true) => Ok(Self { client, name, language, text, sent_at }),
            _ => Err(Failure::bad_fields(errors.0)),
        }
    }

    /// A digest of what was sent; what was left out counts as left out, whatever stands in for it.
    pub(super) fn fingerprint(&self) -> String {
        let fields = serde_json::json!([self.client, self.name, self.language, self.text, self.sent_at]).to_string();
        hex::encode(Sha256::digest(fields))
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

    fn name(&mut self, name: String) -> Option<String> {
        if !(1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) {
            return self.refuse("client.name", format!("must have 1 to {NAME_CHARACTERS_MAX} characters"));
        }
        if name.chars().any(char::is_control) {
            return self.refuse("client.name", "must have no control characters");
        }
        Some(name)
    }

    /// The form of BCP 47, not its registry: `de`, `pt-BR`, `zh-Hant-TW`.
    fn language(&mut self, tag: String) -> Option<String> {
        let mut parts = tag.split('-');
        let primary = parts.next().unwrap_or_default();
        let well_formed = (2..=3).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            && tag.len() <= LANGUAGE_LENGTH_MAX;
        if well_formed { Some(tag) } else { self.refuse("client.language", "must be a language tag like de or pt-BR") }
    }

    fn text(&mut self, text: String) -> Option<String> {
        if !(1..=TEXT_UTF16_MAX).contains(&text.encode_utf16().count()) {
            return self.refuse("text", format!("must have 1 to {TEXT_UTF16_MAX} UTF-16 units"));
        }
        // U+0000 is let in: it is replaced, visibly, where the event is made.
        let refused = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t' | '\0');
        if text.chars().any(refused) {
            return self.refuse("text", "must have no control characters but line breaks and tabs");
        }
        Some(text)
    }

    fn sent_at(&mut self, text: &str, now: Timestamp) -> Option<Timestamp> {
        // RFC 3339 has a `T`, an offset and nothing after it; the parser alone would also take `[Europe/Berlin]`.
        let plain = !text.contains(['[', ']', ' ', ',']) && text.contains(['T', 't']);
        let Some(at) = text.parse::<Timestamp>().ok().filter(|_| plain) else {
            return self.refuse("sent_at", "must be a time by RFC 3339, like 2026-11-21T09:30:00Z");
        };
        if at.duration_since(now) > CLOCK_SKEW_MAX {
            return self.refuse("sent_at", "must not lie more than 5 minutes in the future");
        }
        Some(at)
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
