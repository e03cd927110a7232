//! What every call is told, whichever contract it is of.
//!
//! Numbers are decimals: an input cannot hold NaN.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::digest::json;

/// What the host tells a strategy about the call itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallContext {
    /// Whose data this is.
    pub tenant: String,
    /// Time of the event being handled, in milliseconds since the Unix epoch: the only clock.
    pub now_ms: u64,
    /// Randomness of the call, from [`crate::seed_for`].
    pub seed: String,
    /// The activated configuration, canonical JSON.
    pub config: String,
    /// BCP 47 tag, when known.
    pub locale: Option<String>,
}

/// A scalar of the open fact set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// Words.
    Text(String),
    /// How many; below 2⁵³.
    Count(u64),
    /// A measure.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// Milliseconds since the Unix epoch.
    At(u64),
}

/// One named fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name; the contract lists those the host sends.
    pub key: String,
    /// Its value.
    pub value: Scalar,
}

/// Size as JSON; these types always have one.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    json(value).len()
}
