//! What fields of a request must be like; edges name them in their own way.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// Telegram's own limit, counted as Telegram counts.
const TEXT_UTF16_MAX: usize = 4096;
/// Telegram's names have 64 + 64; other systems' are longer.
const NAME_CHARACTERS_MAX: usize = 256;
/// The longest well-formed tag that RFC 5646 tells receivers to expect.
const LANGUAGE_LENGTH_MAX: usize = 35;
/// How far a client's clock may be ahead of ours.
const CLOCK_SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// A field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name in the request: `text`.
    pub field: &'static str,
    /// What would be right: `must …`.
    pub message: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}

/// A name to show: 1 to 256 characters, none of them a control character. The error says what it must be.
pub fn check_name(name: &str) -> Result<(), String> {
    if !(1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) {
        return Err(format!("must have 1 to {NAME_CHARACTERS_MAX} characters"));
    }
    if name.chars().any(char::is_control) {
        return Err("must have no control characters".to_owned());
    }
    Ok(())
}

/// A language: the form of BCP 47, not its registry: `de`, `pt-BR`, `zh-Hant-TW`.
pub fn check_language(tag: &str) -> Result<(), String> {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let well_formed = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && tag.len() <= LANGUAGE_LENGTH_MAX;
    if well_formed { Ok(()) } else { Err("must be a language tag like de or pt-BR".to_owned()) }
}

/// A message's text: 1 to 4096 UTF-16 units. U+0000 is let in: it is replaced, visibly, where the event is made.
pub fn check_text(text: &str) -> Result<(), String> {
    if !(1..=TEXT_UTF16_MAX).contains(&text.encode_utf16().count()) {
        return Err(format!("must have 1 to {TEXT_UTF16_MAX} UTF-16 units"));
    }
    let refused = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t' | '\0');
    if text.chars().any(refused) {
        return Err("must have no control characters but line breaks and tabs".to_owned());
    }
    Ok(())
}

/// When something was sent: at most five minutes ahead of us.
pub fn check_sent_at(at: Timestamp, now: Timestamp) -> Result<(), String> {
    if at.duration_since(now) > CLOCK_SKEW_MAX {
        return Err("must not lie more than 5 minutes in the future".to_owned());
    }
    Ok(())
}
