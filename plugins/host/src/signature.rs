//! Signatures of artifacts: Ed25519 over the file's bytes, detached, by a key that the operator trusts.
//!
//! Keys and signatures are those of every other tool: `openssl genpkey -algorithm ed25519`, `openssl pkeyutl -sign
//! -rawin`.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::descriptor::is_name;

/// Bytes of a public key.
const KEY_BYTES: usize = 32;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;
/// What stands before an Ed25519 key in the form that PEM files have (RFC 8410).
const DER_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key that artifacts may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningKey([u8; KEY_BYTES]);

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Ed25519 public key: give 64 hex digits, or the PEM file that `openssl pkey -pubout` writes")]
pub struct NotAKey;

/// Why an artifact is not taken for signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is not signed at all.
    #[error(
        "the artifact is not signed; sign it with a key of `chronogram plugins keys list`, or allow it with \
         --allow-unsigned"
    )]
    Missing,
    /// The signature is none.
    #[error("the signature is not 64 bytes, nor 128 hex digits, nor base64 of 64 bytes")]
    Form,
    /// Nobody is trusted.
    #[error("no signing key is trusted; add one with `chronogram plugins keys add`")]
    NoKeys,
    /// No trusted key made it for these bytes.
    #[error("the signature is not by a trusted key over these bytes: the file was changed, or somebody else signed it")]
    Untrusted,
}

impl SigningKey {
    /// Reads hex or PEM.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim();
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let bytes = match hex::decode(text) {
            Ok(bytes) => bytes,
            Err(_) => STANDARD
                .decode(body)
                .ok()
                .and_then(|der| Some(der.strip_prefix(&DER_PREFIX)?.to_vec()))
                .ok_or(NotAKey)?,
        };
        Self::from_bytes(&bytes)
    }

    /// Whether a key may be called so.
    pub fn is_name(name: &str) -> bool {
        is_name(name)
    }

    /// Reads the key itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAKey> {
        bytes.try_into().map(Self).map_err(|_| NotAKey)
    }

    /// The key itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Display for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

/// Which of the trusted keys signed these bytes.
pub fn signer<'a>(wasm: &[u8], signature: &[u8], trusted: &'a [(String, SigningKey)]) -> Result<&'a str, BadSignature> {
    let signature = read_signature(signature).ok_or(BadSignature::Form)?;
    if trusted.is_empty() {
        return Err(BadSignature::NoKeys);
    }
    trusted
        .iter()
        .find(|(_, key)| UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(wasm, &signature).is_ok())
        .map(|(name, _)| name.as_str())
        .ok_or(BadSignature::Untrusted)
}

fn read_signature(file: &[u8]) -> Option<Vec<u8>> {
    if file.len() == SIGNATURE_BYTES {
        return Some(file.to_vec());
    }
    let text = std::str::from_utf8(file).ok()?.trim();
    let bytes = hex::decode(text).ok().or_else(|| STANDARD.decode(text).ok())?;
    (bytes.len() == SIGNATURE_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    fn pair(seed: u8) -> (Ed25519KeyPair, SigningKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let key = SigningKey::from_bytes(pair.public_key().as_ref()).unwrap();
        (pair, key)
    }

    #[test]
    fn a_signature_names_the_trusted_key_that_made_it() {
        let ((ours, our_key), (theirs, their_key)) = (pair(1), pair(2));
        let trusted = vec![("other".to_owned(), their_key), ("ours".to_owned(), our_key)];
        let signature = ours.sign(b"wasm");
        for file in [
            signature.as_ref().to_vec(),
            format!("{}\n", hex::encode(signature.as_ref())).into_bytes(),
            STANDARD.encode(signature.as_ref()).into_bytes(),
        ] {
            assert_eq!(signer(b"wasm", &file, &trusted), Ok("ours"));
        }
        assert_eq!(signer(b"wasm!", signature.as_ref(), &trusted), Err(BadSignature::Untrusted));
        assert_eq!(signer(b"wasm", theirs.sign(b"wasm").as_ref(), &trusted[1..]), Err(BadSignature::Untrusted));
        assert_eq!(signer(b"wasm", signature.as_ref(), &[]), Err(BadSignature::NoKeys));
        for broken in [&b""[..], b"signed, me", &[0; 63], &[0xff; 65]] {
            assert_eq!(signer(b"wasm", broken, &trusted), Err(BadSignature::Form));
        }
    }

    #[test]
    fn a_key_is_read_from_hex_and_from_pem() {
        let (_, key) = pair(3);
        assert_eq!(SigningKey::parse(&format!(" {key}\n")), Ok(key));
        let der = [&DER_PREFIX[..], key.as_bytes()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        assert_eq!(SigningKey::parse(&pem), Ok(key));
        for broken in ["", "abc", "00", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
            assert_eq!(SigningKey::parse(broken), Err(NotAKey));
        }
    }
}
