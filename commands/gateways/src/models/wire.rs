//! Chat completions as they travel.

use std::time::Duration;

use chronogram_model::cleaned;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest_of_teloxide::header::{DATE, HeaderMap, RETRY_AFTER};
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ChatMessage, ChatRequest, Completion, Finish, ModelError, Role, Usage, error::Unsupported};

/// What a model is told where its server takes no schema.
pub(super) const SCHEMA_WORDS: &str =
    "Answer with one JSON value that is valid under the following JSON Schema, and with nothing else:\n";

/// Bytes of an answer's text, written as JSON: sealed, and with all that is around it, it fits into an event.
const CONTENT_BYTES_MAX: usize = 512 * 1024;
/// Characters of a name that a server gives a model.
const NAME_CHARS_MAX: usize = 128;

/// What this server takes, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub(super) schema: bool,
    pub(super) max_tokens: bool,
    pub(super) temperature: bool,
}

pub(super) fn body_of(model: &str, request: &ChatRequest, dialect: Dialect) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    let limit = if dialect.max_tokens { "max_tokens" } else { "max_completion_tokens" };
    body.insert(limit.into(), request.max_output_tokens.into());
    if let Some(free) = request.temperature.filter(|_| dialect.temperature) {
        body.insert("temperature".into(), json!(free.to_f64()));
    }
    let mut messages = request.messages.clone();
    if let Some(schema) = &request.schema {
        if dialect.schema {
            let named = json!({ "name": "answer", "strict": schema.is_strict(), "schema": schema.value() });
            body.insert("response_format".into(), json!({ "type": "json_schema", "json_schema": named }));
        } else {
            tell_schema(&mut messages, schema.text());
        }
    }
    body.insert("messages".into(), json!(messages));
    Value::Object(body)
}

/// Some servers want one message of the system, and that first.
fn tell_schema(messages: &mut Vec<ChatMessage>, schema: &str) {
    let words = format!("{SCHEMA_WORDS}{schema}");
    match messages.first_mut() {
        Some(first) if first.role == Role::System => first.content = format!("{}\n\n{words}", first.content),
        _ => messages.insert(0, ChatMessage { role: Role::System, content: words }),
    }
}

#[derive(Deserialize)]
struct Answer {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

pub(super) fn completion_of(body: &[u8]) -> Result<Completion, ModelError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| ModelError::Malformed("no chat completion"))?;
    let choice = answer.choices.into_iter().next().ok_or(ModelError::Malformed("no choices"))?;
    let (text, finish) = match (choice.message.refusal, choice.message.content) {
        (Some(refusal), _) if !refusal.is_empty() => (refusal, Finish::Refused),
        (_, Some(content)) => (content, finish_of(choice.finish_reason.as_deref())),
        (_, None) => return Err(ModelError::Malformed("no content")),
    };
    let text = cleaned(&text);
    if Value::from(text.as_str()).to_string().len() > CONTENT_BYTES_MAX {
        return Err(ModelError::Malformed("the text is too long"));
    }
    let count = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
    Ok(Completion {
        content: text,
        finish,
        served_by: answer.model.map(|name| shown(&name)).filter(|name| !name.is_empty()),
        usage: answer.usage.map(|usage| Usage {
            input_tokens: count(usage.prompt_tokens),
            output_tokens: count(usage.completion_tokens),
        }),
    })
}

fn finish_of(reason: Option<&str>) -> Finish {
    match reason {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::Filtered,
        _ => Finish::Other,
    }
}

/// A name that anybody may have chosen, fit to be shown.
fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(NAME_CHARS_MAX).collect()
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: RefusalDetail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefusalDetail {
    message: Option<String>,
    param: Option<String>,
    /// A word at some servers, a number at others.
    code: Value,
    r#type: Option<String>,
}

/// What a status that is no success means. Of the body only known words are looked at; it may repeat the question.
pub(super) fn error_of(status: u16, headers: &HeaderMap, body: &[u8]) -> ModelError {
    let detail = serde_json::from_slice::<Refusal>(body).unwrap_or_default().error;
    let is = |word: &str| detail.code.as_str() == Some(word) || detail.r#type.as_deref() == Some(word);
    match status {
        401 | 403 => ModelError::Unauthorized,
        404 => ModelError::UnknownModel,
        429 if is("insufficient_quota") => ModelError::QuotaSpent,
        429 => ModelError::Limited { after: retry_after(headers) },
        408 | 500..=599 => ModelError::ServerFault { status, after: retry_after(headers) },
        413 => ModelError::TooLong,
        400 if is("context_length_exceeded") => ModelError::TooLong,
        400 | 422 => ModelError::Refused { status, unsupported: unsupported(&detail) },
        _ => ModelError::Refused { status, unsupported: None },
    }
}

fn unsupported(detail: &RefusalDetail) -> Option<Unsupported> {
    let (param, message) = (detail.param.as_deref().unwrap_or_default(), detail.message.as_deref().unwrap_or_default());
    if param.starts_with("response_format") || message.contains("response_format") || message.contains("json_schema") {
        Some(Unsupported::Schema)
    } else if param == "max_tokens" || message.contains("max_completion_tokens") {
        Some(Unsupported::MaxTokens)
    } else if param == "temperature" {
        Some(Unsupported::Temperature)
    } else {
        None
    }
}

/// In milliseconds, in seconds, or as a moment, which is counted from the moment that the server says it is.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let wait = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = wait.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let moment = |text: &str| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    let (at, now): (Timestamp, Timestamp) = (moment(wait)?, moment(text(DATE.as_str())?)?);
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
