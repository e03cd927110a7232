//! Formatting of texts: what is said in HTML, Markdown or as given entities becomes plain text with entities.

mod builder;
mod detect;
mod given;
mod html;
mod markdown;
mod markdown_v2;
mod tidy;
mod utf16;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use utf16::{cut, units};

/// A stretch of a text with a meaning; offset and length count UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) custom_emoji_id: Option<String>,
}

impl Entity {
    pub(crate) fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length, url: None, user: None, language: None, custom_emoji_id: None }
    }
}

/// A plain text with its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Formatted {
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
}

/// Why a text cannot be read; the words are the real server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormattingError {
    #[error("can't parse entities: {0}")]
    Entities(String),
    #[error("unsupported parse_mode")]
    ParseMode,
}

fn refuse<T>(why: impl Into<String>) -> Result<T, FormattingError> {
    Err(FormattingError::Entities(why.into()))
}

/// Reads a bot's text: by `parse_mode` when one is given, else with `entities`; links, mentions and commands in it are
/// found as Telegram finds them.
pub(crate) fn read(
    text: &str,
    parse_mode: Option<&str>,
    entities: Option<&Value>,
) -> Result<Formatted, FormattingError> {
    let mode = parse_mode.map(str::to_ascii_lowercase).unwrap_or_default();
    let formatted = match mode.as_str() {
        "html" => html::parse(text)?,
        "markdownv2" => markdown_v2::parse(text)?,
        "markdown" => markdown::parse(text)?,
        "" => given::take(text, entities)?,
        _ => return Err(FormattingError::ParseMode),
    };
    Ok(tidy::tidy(detect::detect(formatted)))
}

/// What a person typed: no formatting, but links, mentions and commands are found.
pub(crate) fn typed(text: &str) -> Formatted {
    tidy::tidy(detect::detect(Formatted { text: text.to_owned(), entities: Vec::new() }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
