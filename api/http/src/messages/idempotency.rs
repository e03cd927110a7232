//! Idempotency keys: reading them, and one request a key at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, HeaderName, StatusCode};
use chronogram_model::Origin;

use crate::failure::Failure;

const HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("idempotency-key"), HeaderName::from_static("x-idempotency-key")];
/// As long as the keys of widely used payment APIs may be.
const KEY_LENGTH_MAX: usize = 255;

/// The key of a request, from `Idempotency-Key` or `X-Idempotency-Key`, quoted or bare. Where both are given they
/// must agree.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut found: Option<String> = None;
    for value in HEADERS.iter().flat_map(|name| headers.get_all(name)) {
        let key = value.to_str().ok().and_then(parse).ok_or_else(malformed)?;
        if found.as_ref().is_some_and(|other| *other != key) {
            return Err(Failure::bad_request("two different idempotency keys are given: send one"));
        }
        found = Some(key);
    }
    Ok(found)
}

/// The key in `text`, where there is no header to send it in.
pub(crate) fn key_in(text: &str) -> Result<String, Failure> {
    parse(text).ok_or_else(malformed)
}

fn malformed() -> Failure {
    Failure::bad_request(format!(
        "Idempotency-Key must be 1 to {KEY_LENGTH_MAX} visible ASCII characters, bare or in double quotes"
    ))
}

/// A structured-field string, or the same without its quotes.
fn parse(value: &str) -> Option<String> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted.strip_suffix('"')?)?,
        None if value.contains(['"', ' ', ',', ';']) => return None,
        None => value.to_owned(),
    };
    let visible = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    (visible && (1..=KEY_LENGTH_MAX).contains(&key.len())).then_some(key)
}

/// Only `\"` and `\\` are escapes; a bare quote would end the string.
fn unquoted(inner: &str) -> Option<String> {
    let mut key = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => key.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            plain => key.push(plain),
        }
    }
    Some(key)
}

/// The requests with a key that are at work in this process.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<Origin>>>);

/// A request at work; free again when dropped.
pub(crate) struct Claim {
    all: InFlight,
    origin: Origin,
}

impl InFlight {
    /// Claims a key, or says that a request with it is still at work.
    pub(super) fn claim(&self, origin: Origin) -> Result<Claim, Failure> {
        if self.origins().insert(origin) {
            Ok(Claim { all: self.clone(), origin })
        } else {
            let detail = "a request with this idempotency key is still at work; ask again shortly";
            Err(Failure::new(StatusCode::CONFLICT, "CONFLICT", detail).retry_after(1))
        }
    }

    /// Every change is one set operation, so a panic elsewhere leaves nothing half-done.
    fn origins(&self) -> MutexGuard<'_, HashSet<Origin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.all.origins().remove(&self.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn keys_are_read_quoted_or_bare() {
        for (value, expected) in [
            ("abc-1", Some("abc-1")),
            ("\"abc-1\"", Some("abc-1")),
            (" \"a b\" ", Some("a b")),
            (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
            ("", None),
            ("\"\"", None),
            ("\"", None),
            ("\"abc", None),
            ("abc\"", None),
            ("a b", None),
            ("a,b", None),
            ("\"a\";x=1", None),
            (r#""a\n""#, None),
            ("a\tb", None),
        ] {
            assert_eq!(parse(value).as_deref(), expected, "{value}");
        }
        assert!(parse(&"k".repeat(255)).is_some());
        assert!(parse(&"k".repeat(256)).is_none());
    }
}
