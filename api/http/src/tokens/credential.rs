//! A token as somebody sent it, kept as its hash from the first moment on.

use std::fmt;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};

use super::{AuthError, ENCODED_SECRET_LENGTH, PREFIX};

pub(super) type Hash = [u8; 32];

/// Something that has the form of a token of ours.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential(Hash);

/// A hash is no secret, and no business of a log either.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

impl Credential {
    /// That of a request: exactly one header `Authorization: Bearer chr_…`.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Result<Self, AuthError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(AuthError::Missing)?;
        if values.next().is_some() {
            return Err(AuthError::Malformed);
        }
        value.to_str().map_err(|_| AuthError::Malformed).and_then(Self::of_authorization)
    }

    /// `Bearer chr_…`.
    pub(crate) fn of_authorization(value: &str) -> Result<Self, AuthError> {
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Self::of_token(token.trim()),
            _ => Err(AuthError::Malformed),
        }
    }

    /// `chr_…`.
    pub(crate) fn of_token(token: &str) -> Result<Self, AuthError> {
        let encoded = token.strip_prefix(PREFIX).ok_or(AuthError::Malformed)?;
        let in_alphabet = encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if encoded.len() == ENCODED_SECRET_LENGTH && in_alphabet {
            Ok(Self(hash(token)))
        } else {
            Err(AuthError::Malformed)
        }
    }

    pub(super) fn hash(&self) -> Hash {
        self.0
    }
}

pub(super) fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}
