//! The names of zones, and how people are shown them.

use std::fmt;

use super::offsets::Offset;

/// The longest name of a zone: the longest in use has 32 bytes, and a button has room for no more than 64.
pub(super) const NAME_MAX_BYTES: usize = 48;

/// The IANA name of a time zone: ASCII, at most 48 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(String);

impl ZoneName {
    /// The name where it has a zone's shape; whether there is such a zone, [`Zones::get`](super::Zones::get) knows.
    pub fn of(name: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
        let fits = (1..=NAME_MAX_BYTES).contains(&name.len()) && name.bytes().all(allowed);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of coordinated universal time.
    pub(super) fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// What people read: `Europe/Moscow`; for a fixed offset `UTC+3`, since `Etc/GMT-3` says the opposite of what it
    /// means.
    pub fn label(&self) -> String {
        match Offset::of_zone(&self.0) {
            Some(offset) => offset.to_string(),
            None => self.0.clone(),
        }
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ZoneName> for String {
    fn from(name: ZoneName) -> Self {
        name.0
    }
}
