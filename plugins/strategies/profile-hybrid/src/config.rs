//! The configuration: how a model is asked, and when.

use chronogram_asking::Asking;
use chronogram_predictor::{Features, THRESHOLD, Weights};
use chronogram_strategy::prelude::*;
use serde::Deserialize;

/// The members of the configuration beside those of asking. Weights are checked by [`Config::of`]: what makes them whole, a
/// schema could only repeat.
pub(crate) const PREDICTOR_PROPERTIES: &str = r#""predictor":{"type":"object","description":"Weights that `chronogram profiles train` made; without them, five messages and two hundred letters are worth asking about"},"threshold":{"type":"number","minimum":0,"maximum":64,"default":0.5,"description":"Fields that asking must be expected to bring for the price of an average asking"}"#;

pub(crate) struct Config {
    pub(crate) asking: Asking,
    weights: Option<Weights>,
    threshold: f64,
}

/// As it is written, the members of asking beside these. What neither knows, the schema has kept out.
#[derive(Deserialize)]
struct Written {
    predictor: Option<Weights>,
    threshold: Option<f64>,
    #[serde(flatten)]
    asking: Asking,
}

impl Config {
    /// Reads it; weights that cannot be used are named with the reason.
    pub(crate) fn of(call: &CallContext) -> Result<Self, StrategyError> {
        let Written { predictor, threshold, asking } = call.config_as()?;
        if let Some(bad) = predictor.as_ref().and_then(|weights| weights.check().err()) {
            return Err(StrategyError::InvalidConfig(format!("predictor: {bad}")));
        }
        let threshold = threshold.unwrap_or(THRESHOLD);
        if !(threshold.is_finite() && threshold >= 0.0) {
            return Err(StrategyError::InvalidConfig("threshold must be a number of fields, at least 0".into()));
        }
        Ok(Self { asking, weights: predictor, threshold })
    }

    /// Where there is nothing to show a model, no weights make it worth asking.
    pub(crate) fn is_worth_asking(&self, features: &Features) -> bool {
        if features.worded == 0 {
            return false;
        }
        let Some(weights) = &self.weights else { return features.meets_the_rule() };
        let predicted = weights.predict(features);
        log::debug(format_args!(
            "expected: {:.2} fields, {:.2} for the price of an average asking",
            predicted.gain_fields, predicted.worth
        ));
        predicted.worth >= self.threshold
    }
}
