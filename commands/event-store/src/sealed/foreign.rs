//! Words that another house sealed and keeps here. They stand in the log with a mark before them, so that a lost key of
//! ours is never taken for a key that was never ours.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    cipher::{Place, SealedValue},
    keys::Known,
};

/// In no sealed value: these are base64.
const MARK: char = '.';

/// The key that `text` is sealed with. `None`: it is no sealed value.
pub(super) fn key_of(text: &str) -> Option<Uuid> {
    SealedValue::read(text.trim_start_matches(MARK)).ok().map(|value| value.key)
}

/// What stands in the log for `text`, which came sealed to its place. `None`: it would open nowhere.
pub(super) fn kept(text: &str, place: &Place<'_>, ours: &HashMap<Uuid, Known>) -> Option<String> {
    match (text.starts_with(MARK), ours.get(&key_of(text)?)) {
        // It came marked: whose log this is keeps it for yet another house.
        (true, _) | (false, None) => Some(format!("{MARK}{text}")),
        // Another process of ours sealed it.
        (false, Some(Known::Living(key))) => {
            SealedValue::read(text).ok()?.open(key, place).ok().map(|_| text.to_owned())
        }
        (false, Some(Known::Destroyed)) => Some(text.to_owned()),
    }
}

/// How a value came that stands in the log as `text`; `None`: it is one of ours.
pub(super) fn as_it_came(text: &str) -> Option<&str> {
    text.strip_prefix(MARK)
}
