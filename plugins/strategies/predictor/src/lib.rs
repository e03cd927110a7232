//! Whether asking a model about a person is worth it, told from the history of what they wrote.
//!
//! [`Features`] are counted from a [`History`]. Without weights a plain rule decides ([`Features::meets_the_rule`]). From
//! recorded [`Outcome`]s, [`train`] makes [`Weights`]: two linear regressions on the same features, one of the fields that a
//! model tells beyond what is told without it, one of what asking costs. `docs/operators/profiles.md` has the formulas.
//!
//! Pure and the same everywhere: only operations that IEEE 754 defines to the bit, so the house and a guest of wasm32 count
//! alike, and the same outcomes, in whatever order, bring the same weights.

mod features;
mod linear;
mod quality;
mod train;
mod weights;

pub use features::{Features, History, NAMES, Written};
pub use quality::{AtThreshold, Quality};
pub use train::{NotEnough, Outcome, train};
pub use weights::{BadWeights, Line, Prediction, VERSION, Weights};

/// Least worth, in fields for the price of an average asking, that is worth asking for where nobody says otherwise.
pub const THRESHOLD: f64 = 0.5;
