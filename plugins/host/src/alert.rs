//! What goes into an alert strategy and what comes out, in plain Rust.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::context::Fact;

/// Figures of a channel at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSample {
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Members of the channel.
    pub subscribers: u64,
    /// Mean views of the posts in the sample's window.
    pub views: Decimal,
    /// Posts in the window.
    pub posts: u32,
    /// What is known beside these.
    pub facts: Vec<Fact>,
}

/// Everything a strategy learns of one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertInput {
    /// The channel.
    pub channel: String,
    /// Its title.
    pub title: String,
    /// Oldest first; the last one triggered the call.
    pub samples: Vec<AlertSample>,
    /// When the channel last posted.
    pub last_post_at_ms: Option<u64>,
    /// What the strategy returned as memory last time for this channel; hex in JSON.
    #[serde(with = "hex_text")]
    pub memory: Vec<u8>,
    /// What is known beside the samples.
    pub facts: Vec<Fact>,
}

/// Something about a channel that people should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Stable name of the rule, 1 to 64 bytes.
    pub rule: String,
    /// `info`, `warning`, `critical`; an open set, 1 to 64 bytes.
    pub severity: String,
    /// What moved, 1 to 64 bytes.
    pub metric: String,
    /// From here, at most four decimal places.
    pub before: Decimal,
    /// To here, at most four decimal places.
    pub after: Decimal,
    /// Alerts of one key are one alert for a while; 1 to 128 bytes.
    pub dedup_key: String,
    /// For how long.
    pub suppress_ms: u64,
    /// For people, at most 4 KiB.
    pub message: String,
}

/// What a strategy makes of the newest sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDecision {
    /// At most 16, each deduplication key once.
    pub alerts: Vec<Alert>,
    /// At most 16 KiB, handed back on the next call for this channel; hex in JSON.
    #[serde(with = "hex_text")]
    pub memory: Vec<u8>,
}

/// Bytes as hex: an array of numbers takes twice the room and nobody can read it.
mod hex_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(text)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn memory_is_hex_in_json_and_comes_back() {
        let decision = AlertDecision { alerts: Vec::new(), memory: vec![0, 255] };
        let json = serde_json::to_string(&decision).unwrap();
        assert_eq!(json, r#"{"alerts":[],"memory":"00ff"}"#);
        assert_eq!(serde_json::from_str::<AlertDecision>(&json).unwrap(), decision);
        assert!(serde_json::from_str::<AlertDecision>(r#"{"alerts":[],"memory":"0x"}"#).is_err());
    }
}
