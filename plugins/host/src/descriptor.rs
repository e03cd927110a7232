//! What a strategy says of itself, believed only in form.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::config_schema::ConfigSchema;

/// Longest name: it becomes a stream's name and a label of metrics.
pub(crate) const NAME_BYTES: usize = 64;
/// Longest version; shown, never compared.
pub(crate) const VERSION_BYTES: usize = 32;
/// Longest summary: one sentence.
pub(crate) const SUMMARY_BYTES: usize = 1 << 10;
/// Longest schema: a form a person fills in.
pub(crate) const CONFIG_SCHEMA_BYTES: usize = 16 << 10;
/// Most effects asked for: an operator grants each by hand.
pub(crate) const WANTS: usize = 16;

/// What a strategy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// Lower-case letters, digits and hyphens; begins with a letter.
    pub name: String,
    /// For people.
    pub version: String,
    /// One sentence for people.
    pub summary: String,
    /// JSON schema of the configuration; an object.
    pub config_schema: String,
    /// Effects it may ask for: `llm`, `lookup:<name>`.
    pub wants: Vec<String>,
}

/// Which contract a strategy fulfils.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// Fills profiles of people.
    Profile,
    /// Raises alerts on channels.
    Alert,
}

/// A field of the descriptor breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("descriptor.{field} {why}")]
pub struct BadDescriptor {
    /// The field.
    pub field: &'static str,
    /// What it has to be.
    pub why: Cow<'static, str>,
}

impl Descriptor {
    pub(crate) fn check(self) -> Result<Self, BadDescriptor> {
        let wrong = |field, why: &'static str| Err(BadDescriptor { field, why: why.into() });
        if !is_name(&self.name) {
            return wrong("name", "must be 1 to 64 lower-case letters, digits and hyphens, a letter first");
        }
        if self.version.is_empty()
            || self.version.len() > VERSION_BYTES
            || !self.version.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return wrong("version", "must be 1 to 32 printable ASCII characters");
        }
        if self.summary.len() > SUMMARY_BYTES || self.summary.chars().any(char::is_control) {
            return wrong("summary", "must be at most 1 KiB on one line");
        }
        if self.config_schema.len() > CONFIG_SCHEMA_BYTES {
            return wrong("config-schema", "must be at most 16 KiB");
        }
        ConfigSchema::of(&self.config_schema)?;
        if self.wants.len() > WANTS || !self.wants.iter().all(|want| is_effect(want)) {
            return wrong("wants", "must be at most 16 of `llm` and `lookup:<name>`");
        }
        Ok(self)
    }
}

/// Names of plugins, models and fact sets.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_effect(want: &str) -> bool {
    want == "llm" || want.strip_prefix("lookup:").is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> Descriptor {
        Descriptor {
            name: "profile-basic".into(),
            version: "0.1.0".into(),
            summary: "Fills.".into(),
            config_schema: "{}".into(),
            wants: vec!["llm".into(), "lookup:shop".into()],
        }
    }

    #[test]
    fn a_descriptor_in_form_passes() {
        assert_eq!(descriptor().check(), Ok(descriptor()));
    }

    #[test]
    fn each_field_out_of_form_is_named() {
        type Break = fn(&mut Descriptor);
        let broken: [(&str, Break); 7] = [
            ("name", |d| d.name = "Profile Basic".into()),
            ("name", |d| d.name = String::new()),
            ("version", |d| d.version = "1\n2".into()),
            ("summary", |d| d.summary = "two\nlines".into()),
            ("config-schema", |d| d.config_schema = "[]".into()),
            ("config-schema", |d| d.config_schema = " ".repeat(17 << 10)),
            ("wants", |d| d.wants = vec!["network".into()]),
        ];
        for (field, break_it) in broken {
            let mut candidate = descriptor();
            break_it(&mut candidate);
            assert_eq!(candidate.check().map_err(|error| error.field), Err(field));
        }
    }
}
