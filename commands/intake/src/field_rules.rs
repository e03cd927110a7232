//! What fields of a request must be like; edges name them in their own way.

use std::fmt;

use jiff::{SignedDuration, Timestamp, tz::TimeZoneDatabase};

use crate::IntakeError;

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

/// Refuses the fields whose check says what they must be.
pub(crate) fn faults<const N: usize>(checks: [(&'static str, Result<(), String>); N]) -> Result<(), IntakeError> {
    let fault = |(field, checked): (_, Result<(), _>)| Some(FieldFault { field, message: checked.err()? });
    let faults: Vec<_> = checks.into_iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(IntakeError::Invalid(faults)) }
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

/// Words of ours: as [`check_text`], and nothing that Telegram takes for an empty message or cannot show.
pub fn check_words(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("must say something: 1 to {TEXT_UTF16_MAX} UTF-16 units"));
    }
    if text.contains('\0') {
        return Err("must have no U+0000".to_owned());
    }
    check_text(text)
}

/// A time zone of the IANA's database.
pub fn check_zone(name: &str) -> Result<(), String> {
    known_zone(name).map(drop).ok_or_else(|| "must be an IANA time zone like Europe/Moscow".to_owned())
}

/// The zone as the IANA writes it, whatever its letters' case; by the same database as the bot's.
pub(crate) fn known_zone(name: &str) -> Option<String> {
    TimeZoneDatabase::bundled().get(name).ok()?.iana_name().map(str::to_owned)
}

/// When something was sent: at most five minutes ahead of us.
pub fn check_sent_at(at: Timestamp, now: Timestamp) -> Result<(), String> {
    if at.duration_since(now) > CLOCK_SKEW_MAX {
        return Err("must not lie more than 5 minutes in the future".to_owned());
    }
    Ok(())
}
