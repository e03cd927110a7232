//! How a model is asked; what an operator may configure.

use serde::Deserialize;

/// Messages shown at most where nobody says otherwise.
const MESSAGES: usize = 100;
/// Room for a handful of fields with their evidence, and for a model that likes to talk.
const OUTPUT_TOKENS: u32 = 800;

/// The members of a configuration that speak of asking, for the JSON schema of a strategy that asks.
pub const PROPERTIES: &str = r#""model":{"type":"string","pattern":"^[a-z0-9-]{1,64}$","default":"default","description":"The operator's name of the model; needs the grant llm:<model>"},"language":{"enum":["ru","en","auto"],"default":"auto","description":"Language of the values; auto: that of the messages"},"max_messages":{"type":"integer","minimum":1,"maximum":200,"default":100,"description":"Newest messages shown to the model at most"},"max_output_tokens":{"type":"integer","minimum":64,"maximum":4096,"default":800},"structured":{"type":"boolean","default":false,"description":"Hold the model's server to a JSON schema; an answer in any other form is then refused before it is read"}"#;

/// How a model is asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asking {
    /// The operator's name of the model.
    pub model: String,
    /// The language of values.
    pub language: ValueLanguage,
    /// Newest messages shown at most.
    pub max_messages: usize,
    /// Longest answer.
    pub max_output_tokens: u32,
    /// Whether the answer is held to a schema by whoever serves the model.
    pub structured: bool,
}

/// The language values are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueLanguage {
    /// Russian.
    Ru,
    /// English.
    En,
    /// That of the messages.
    Auto,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            model: "default".into(),
            language: ValueLanguage::Auto,
            max_messages: MESSAGES,
            max_output_tokens: OUTPUT_TOKENS,
            structured: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_what_the_defaults_are() {
        let properties: serde_json::Value = serde_json::from_str(&format!("{{{PROPERTIES}}}")).expect("JSON");
        let defaults = properties.as_object().expect("an object").iter();
        let defaults: serde_json::Map<_, _> =
            defaults.map(|(name, schema)| (name.clone(), schema["default"].clone())).collect();
        let configured: Asking = serde_json::from_value(defaults.into()).expect("a configuration");
        assert_eq!(configured, Asking::default());
    }
}
