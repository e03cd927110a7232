//! What was learnt: an artifact. Its digest is the caller's to make, of its canonical JSON.

use serde::{Deserialize, Serialize};

use crate::{
    features::{Features, NAMES},
    linear::{Scaling, Values},
    quality::Quality,
};

/// Version of the weights' form and of what their features mean.
pub const VERSION: u32 = 1;
/// No asking is taken to cost less than this share of the average one: predictions of a cost may come near nothing.
const COST_SHARE_MIN: f64 = 0.1;

/// Weights with the quality that was measured. Fields are in the order of the alphabet, so `serde_json::to_string` writes
/// them canonically: the same weights, the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of what asking costs, in whatever unit the outcomes had.
    pub cost: Line,
    /// The features the weights are for: [`NAMES`].
    pub features: Vec<String>,
    /// Of the fields that asking brings.
    pub gain: Line,
    /// Means of the features.
    pub mean: Values,
    /// How good it is on outcomes it had not seen.
    pub quality: Quality,
    /// Standard deviations of the features; 1 for one that never varied.
    pub spread: Values,
    /// [`VERSION`].
    pub version: u32,
}

/// One regression: `base + weights · standardised features`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What comes of an average history.
    pub base: f64,
    /// What a standard deviation more of each feature adds.
    pub weights: Values,
}

/// What asking about one person is expected to bring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Fields beyond what is told without a model.
    pub gain_fields: f64,
    /// What it costs, in the unit of the outcomes.
    pub cost: f64,
    /// Fields for the price of an average asking; where asking costs nothing, fields.
    pub worth: f64,
}

/// Weights that cannot be used; says which part of them and what is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadWeights {
    /// They are of another version.
    Version(u32),
    /// They are for other features.
    Features,
    /// A number is infinite or none.
    NotFinite,
    /// A standard deviation is not above 0, or an average cost is below it.
    OutOfRange,
}

impl std::fmt::Display for BadWeights {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => write!(out, "version is {version}, and {VERSION} is understood: train them anew"),
            Self::Features => write!(out, "features must be {}", NAMES.join(", ")),
            Self::NotFinite => write!(out, "mean, spread, cost and gain must hold finite numbers"),
            Self::OutOfRange => write!(out, "spread must be above 0 and cost.base at least 0"),
        }
    }
}

impl std::error::Error for BadWeights {}

impl Line {
    pub(crate) fn at(&self, standardised: &Values) -> f64 {
        self.base + self.weights.iter().zip(standardised).map(|(weight, z)| weight * z).sum::<f64>()
    }
}

impl Weights {
    /// Whether they can be used. Weights that [`crate::train`] made can be; those that came from elsewhere may not.
    pub fn check(&self) -> Result<(), BadWeights> {
        if self.version != VERSION {
            return Err(BadWeights::Version(self.version));
        }
        if self.features != NAMES {
            return Err(BadWeights::Features);
        }
        let lines = [&self.cost, &self.gain];
        let numbers = lines.iter().flat_map(|line| line.weights.iter().chain([&line.base]));
        if !numbers.chain(&self.mean).chain(&self.spread).all(|number| number.is_finite()) {
            return Err(BadWeights::NotFinite);
        }
        if self.spread.iter().any(|spread| *spread <= 0.0) || self.cost.base < 0.0 {
            return Err(BadWeights::OutOfRange);
        }
        Ok(())
    }

    /// What asking about somebody with these features is expected to bring.
    pub fn predict(&self, features: &Features) -> Prediction {
        let scaling = Scaling { mean: self.mean, spread: self.spread };
        predict(&self.gain, &self.cost, &scaling.standardised(&features.values()))
    }
}

pub(crate) fn predict(gain: &Line, cost: &Line, standardised: &Values) -> Prediction {
    let gain_fields = gain.at(standardised).max(0.0);
    // Features are centred, so the base is the average.
    let average = cost.base;
    let cost = cost.at(standardised).max(average * COST_SHARE_MIN);
    let worth = if average > 0.0 { gain_fields / (cost / average) } else { gain_fields };
    Prediction { gain_fields, cost, worth }
}
