//! JSON in whatever form a model gives it: our list of fields, a map of keys, or a list of maps; bare, fenced or in prose.

use serde_json::{Map, Value};

use super::{Said, mending, notes};
use crate::{
    keys::{Keys, plain},
    numbered::Cited,
};

/// Places where JSON may begin that are looked at.
const BEGINNINGS_MAX: usize = 8;
/// Levels of wrapping that are looked through.
const DEPTH_MAX: usize = 4;
const KEY_NAMES: [&str; 5] = ["key", "field", "name", "label", "ключ"];
const VALUE_NAMES: [&str; 6] = ["value", "values", "text", "content", "answer", "значение"];
const CONFIDENCE_NAMES: [&str; 5] = ["confidence", "certainty", "probability", "score", "уверенность"];
const EVIDENCE_NAMES: [&str; 8] =
    ["evidence", "messages", "message ids", "sources", "quotes", "quote", "citations", "подтверждение"];
const WRAPPINGS: [&str; 8] = ["fields", "profile", "result", "data", "response", "person", "поля", "профиль"];

/// What it says of our keys; nothing where there is no JSON that speaks of them.
pub(super) fn read(answer: &str, keys: &Keys) -> Option<Vec<Said>> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text.trim()).ok();
    let ours = |value: Value| said(&value, keys, 0);
    let whole = || parsed(answer).and_then(ours);
    let fenced = || {
        fenced(answer).find_map(|inside| parsed(inside).or_else(|| parsed(&mending::mended(inside)?)).and_then(ours))
    };
    let mended = || beginnings(answer).find_map(|text| parsed(&mending::mended(text)?).and_then(ours));
    whole().or_else(fenced).or_else(mended)
}

/// What stands between fences of three backticks, without the word that names the language. The last fence may be missing.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```")
        .skip(1)
        .step_by(2)
        .map(|inside| inside.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()))
}

fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(['{', '[']).take(BEGINNINGS_MAX).filter_map(|(at, _)| text.get(at..))
}

/// The claims in a value, or nothing where none of it is about our keys.
fn said(value: &Value, keys: &Keys, depth: usize) -> Option<Vec<Said>> {
    if depth > DEPTH_MAX {
        return None;
    }
    match value {
        Value::Array(items) => {
            // An empty list of fields says that nothing is known; an empty list by itself says nothing.
            let mut ours = items.iter().filter_map(|item| said(item, keys, depth + 1)).peekable();
            (ours.peek().is_some() || (items.is_empty() && depth > 0)).then(|| ours.flatten().collect())
        }
        Value::Object(members) => said_of_object(members, keys, depth),
        _ => None,
    }
}

fn said_of_object(members: &Map<String, Value>, keys: &Keys, depth: usize) -> Option<Vec<Said>> {
    let plainly = Plainly::of(members);
    let label = plainly.first(&KEY_NAMES).and_then(Value::as_str).filter(|_| plainly.first(&VALUE_NAMES).is_some());
    if let Some(key) = label.and_then(|label| keys.of_label(label)) {
        return Some(vec![claim(&key.name, &plainly)]);
    }
    let mut ours = None;
    for ((label, value), (name, _)) in members.iter().zip(&plainly.0) {
        let inside = match keys.of_label(label) {
            Some(key) => Some(claim_of(&key.name, value).into_iter().collect()),
            None if WRAPPINGS.contains(&name.as_str()) => said(value, keys, depth + 1),
            None => None,
        };
        if let Some(inside) = inside {
            ours.get_or_insert_with(Vec::new).extend(inside);
        }
    }
    // A claim under a key that was not asked for is understood, and dropped.
    ours.or(label.map(|_| Vec::new()))
}

/// A claim that stands under its key: the value itself, or an object around it.
fn claim_of(key: &str, value: &Value) -> Option<Said> {
    match value {
        Value::Object(members) => Some(claim(key, &Plainly::of(members))),
        value => Some(Said { key: key.into(), value: text_of(value)?, ..Said::default() }),
    }
}

fn claim(key: &str, members: &Plainly<'_>) -> Said {
    let value = members.first(&VALUE_NAMES).and_then(text_of).unwrap_or_default();
    let mut cited = Vec::new();
    for (_, evidence) in members.0.iter().filter(|(name, _)| EVIDENCE_NAMES.contains(&name.as_str())) {
        cite(evidence, &mut cited);
    }
    Said { key: key.into(), value, confidence: members.first(&CONFIDENCE_NAMES).and_then(sureness), cited }
}

/// Members of an object by their plain names.
struct Plainly<'a>(Vec<(String, &'a Value)>);

impl<'a> Plainly<'a> {
    fn of(members: &'a Map<String, Value>) -> Self {
        Self(members.iter().map(|(name, value)| (plain(name), value)).collect())
    }

    /// The member with the first of these names that there is.
    fn first(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| self.0.iter().find(|(member, _)| member == name)).map(|(_, value)| *value)
    }
}

/// A scalar as text, a list with commas.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => None,
        Value::Array(items) => Some(items.iter().filter_map(text_of).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = Plainly::of(members);
            let text = members.first(&VALUE_NAMES).or_else(|| members.first(&KEY_NAMES))?;
            text.as_str().map(str::to_owned)
        }
    }
}

fn sureness(value: &Value) -> Option<f32> {
    match value {
        Value::Number(number) => notes::share(number.as_f64()? as f32),
        Value::String(text) => notes::sureness(text),
        _ => None,
    }
}

fn cite(value: &Value, cited: &mut Vec<Cited>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| cite(item, cited)),
        Value::Object(members) => members.values().for_each(|member| cite(member, cited)),
        Value::Number(number) => {
            cited.extend(number.as_u64().and_then(|at| usize::try_from(at).ok()).map(Cited::Number))
        }
        Value::String(text) => match notes::numbers(text) {
            Some(numbers) => cited.extend(numbers.into_iter().map(Cited::Number)),
            None => {
                // "[m3] and his words": the number is surer than the words.
                let (words, noted) = notes::taken_out(text);
                if noted.cited.is_empty() {
                    cited.push(Cited::Quote(words));
                } else {
                    cited.extend(noted.cited);
                }
            }
        },
        Value::Null | Value::Bool(_) => {}
    }
}
