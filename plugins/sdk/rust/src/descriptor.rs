//! What a strategy says of itself.

pub use crate::bindings::manifest::exports::chronogram::strategy::manifest::Descriptor;

impl Descriptor {
    /// A strategy that takes no configuration and asks for no effects.
    ///
    /// `name`: lower-case letters, digits and hyphens, at most 64 bytes. `version`: at most 32 bytes; usually
    /// `env!("CARGO_PKG_VERSION")`. `summary`: one sentence.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            summary: summary.into(),
            config_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
            wants: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The JSON schema (2020-12) of the configuration.
    #[must_use]
    pub fn configured_by(mut self, json_schema: &str) -> Self {
        self.config_schema = json_schema.into();
        self
    }

    /// An effect it may ask for: `llm` or `lookup:<name>`. What is not named here, the host does not do.
    #[must_use]
    pub fn wanting(mut self, effect: &str) -> Self {
        self.wants.push(effect.into());
        self
    }
}
