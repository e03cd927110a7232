//! Identity and fingerprints: which artifact ran, on what, with which answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of an artifact's bytes in lower-case hex: the only identity a plugin has.
///
/// Name and version are labels; JavaScript and Python builds bake seeds into the artifact, so two
/// builds of one version may answer differently.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginDigest(String);

impl PluginDigest {
    /// The digest of these bytes.
    pub fn of(artifact: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(artifact)))
    }

    /// The digest in 64 lower-case hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for PluginDigest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() == 64 && digits { Ok(Self(text)) } else { Err(NotADigest) }
    }
}

impl From<PluginDigest> for String {
    fn from(digest: PluginDigest) -> Self {
        digest.0
    }
}

/// The text is no digest of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plugin's digest is 64 lower-case hex digits")]
pub struct NotADigest;

/// The randomness of a call: the same event and the same artifact bring the same seed, for ever.
pub fn seed_for(event_id: &str, digest: &PluginDigest) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hasher.update(&(event_id.len() as u64).to_le_bytes());
    hasher.update(event_id.as_bytes());
    hasher.update(digest.as_str().as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// A value's JSON, whose key order is that of the fields. Every type that is written here has one.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// BLAKE3 in hex of a value's [`json`].
pub(crate) fn fingerprint(json: &[u8]) -> String {
    blake3::hash(json).to_hex().to_string()
}

/// The fingerprint of two values as one: of a list of both.
pub(crate) fn fingerprint_of_pair(one: &[u8], other: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [b"[", one, b",", other, b"]"] {
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_seed_depends_on_event_and_artifact() {
        let (one, two) = (PluginDigest::of(b"one"), PluginDigest::of(b"two"));
        assert_eq!(seed_for("event", &one), seed_for("event", &one));
        assert_ne!(seed_for("event", &one), seed_for("event", &two));
        assert_ne!(seed_for("event", &one), seed_for("other", &one));
        assert_eq!(seed_for("event", &one).len(), 64);
    }

    #[test]
    fn the_fingerprint_of_two_values_is_that_of_a_list_of_both() {
        let (one, other) = ("a \"word\"", vec![1, 2]);
        assert_eq!(fingerprint_of_pair(&json(&one), &json(&other)), fingerprint(&json(&(one, &other))));
        assert_eq!(fingerprint(b""), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    }

    #[test]
    fn a_digest_is_the_sha256_of_the_bytes_and_nothing_else_is_one() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(PluginDigest::of(b"").as_str(), empty);
        assert_eq!(PluginDigest::try_from(empty.to_owned()).unwrap(), PluginDigest::of(b""));
        assert_eq!(PluginDigest::try_from(empty.to_uppercase()), Err(NotADigest));
        assert_eq!(PluginDigest::try_from("e3b0".to_owned()), Err(NotADigest));
    }
}
