//! What the host tells of the call, read.

use crate::CallContext;

#[cfg(feature = "config")]
impl CallContext {
    /// The activated configuration. The host has validated it under the descriptor's schema; what the schema cannot say
    /// is said here: text that does not fit becomes `invalid-config`, which names the field.
    pub fn config_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::StrategyError> {
        serde_json::from_str(&self.config).map_err(|error| crate::StrategyError::InvalidConfig(error.to_string()))
    }
}

impl CallContext {
    /// A call for tests of a strategy: `{}` as its configuration, a moment in 2023, no locale.
    pub fn sample() -> Self {
        Self {
            tenant: "tests".into(),
            now: 1_700_049_600_000,
            seed: "00".repeat(32),
            config: "{}".into(),
            locale: None,
            facts: Vec::new(),
        }
    }
}
