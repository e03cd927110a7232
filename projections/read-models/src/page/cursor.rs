//! Opaque cursors: base64url of a version byte, the list's fingerprint and the sort keys of one row.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sqlx::types::Uuid;

/// The first byte of every cursor; another layout takes the next number.
const VERSION: u8 = 1;

/// A place in a list. Opaque to whoever holds it; valid in the list and order that gave it, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One sort key of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Number(i64),
    /// To the microsecond, as Postgres keeps it.
    Time(Timestamp),
    Text(String),
    Uuid(Uuid),
}

/// What kind of key an order expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Number,
    Time,
    Text,
    Uuid,
}

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CursorFault {
    Malformed,
    Foreign,
}

/// The cursor of a row with these keys in the list `list`.
pub(crate) fn encode(list: &str, keys: &[Key]) -> Cursor {
    let mut bytes = vec![VERSION];
    bytes.extend(fingerprint(list).to_be_bytes());
    for key in keys {
        match key {
            Key::Number(number) => bytes.extend(number.to_be_bytes()),
            Key::Time(time) => bytes.extend(time.as_microsecond().to_be_bytes()),
            Key::Text(text) => {
                bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            Key::Uuid(id) => bytes.extend(id.as_bytes()),
        }
    }
    Cursor(URL_SAFE_NO_PAD.encode(bytes))
}

/// The keys in a cursor of the list `list`.
pub(crate) fn decode(list: &str, kinds: &[KeyKind], cursor: &Cursor) -> Result<Vec<Key>, CursorFault> {
    let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| CursorFault::Malformed)?;
    let mut rest = Reader(&bytes);
    if rest.take::<1>() != Some([VERSION]) {
        return Err(CursorFault::Malformed);
    }
    let found = rest.take().map(u32::from_be_bytes).ok_or(CursorFault::Malformed)?;
    if found != fingerprint(list) {
        return Err(CursorFault::Foreign);
    }
    let keys: Option<Vec<Key>> = kinds.iter().map(|kind| rest.key(*kind)).collect();
    keys.filter(|_| rest.0.is_empty()).ok_or(CursorFault::Malformed)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn key(&mut self, kind: KeyKind) -> Option<Key> {
        match kind {
            KeyKind::Uuid => self.take().map(|bytes| Key::Uuid(Uuid::from_bytes(bytes))),
            KeyKind::Number => self.take().map(i64::from_be_bytes).map(Key::Number),
            KeyKind::Time => {
                let micros = self.take().map(i64::from_be_bytes)?;
                Timestamp::from_microsecond(micros).ok().map(Key::Time)
            }
            KeyKind::Text => {
                let length = usize::try_from(self.take().map(u32::from_be_bytes)?).ok()?;
                let (text, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                // U+0000 never stands in a text column, and Postgres refuses it in a parameter.
                String::from_utf8(text.to_vec()).ok().filter(|text| !text.contains('\0')).map(Key::Text)
            }
        }
    }
}

/// FNV-1a: tells lists apart, protects against mistakes and nothing else.
fn fingerprint(list: &str) -> u32 {
    list.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KINDS: [KeyKind; 3] = [KeyKind::Time, KeyKind::Text, KeyKind::Number];

    fn keys() -> Vec<Key> {
        let time = Timestamp::from_microsecond(1_700_000_000_123_456).unwrap();
        vec![Key::Time(time), Key::Text("Канал".into()), Key::Number(-1_001_878_264_527)]
    }

    #[test]
    fn a_cursor_gives_back_its_keys() {
        let cursor = encode("messages", &keys());
        assert_eq!(decode("messages", &KINDS, &cursor), Ok(keys()));
        assert!(cursor.as_str().chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{cursor}");
    }

    #[test]
    fn a_cursor_of_another_list_is_foreign() {
        let cursor = encode("messages", &keys());
        assert_eq!(decode("posts", &KINDS, &cursor), Err(CursorFault::Foreign));
    }

    #[test]
    fn every_shortened_or_lengthened_cursor_is_malformed() {
        let whole = URL_SAFE_NO_PAD.decode(encode("messages", &keys()).as_str()).unwrap();
        let of = |bytes: &[u8]| Cursor(URL_SAFE_NO_PAD.encode(bytes));
        for length in 0..whole.len() {
            let cut = of(whole.split_at(length).0);
            assert_eq!(decode("messages", &KINDS, &cut), Err(CursorFault::Malformed), "{length} bytes");
        }
        let longer = of(&[whole.as_slice(), &[0]].concat());
        assert_eq!(decode("messages", &KINDS, &longer), Err(CursorFault::Malformed));
    }

    #[test]
    fn other_versions_texts_with_nul_and_rubbish_are_malformed() {
        let mut bytes = URL_SAFE_NO_PAD.decode(encode("messages", &keys()).as_str()).unwrap();
        *bytes.first_mut().unwrap() = VERSION + 1;
        for cursor in [Cursor(URL_SAFE_NO_PAD.encode(bytes)), Cursor::from("🙂"), Cursor::from("a b")] {
            assert_eq!(decode("messages", &KINDS, &cursor), Err(CursorFault::Malformed));
        }
        let nul = encode("titles", &[Key::Text("a\0b".into())]);
        assert_eq!(decode("titles", &[KeyKind::Text], &nul), Err(CursorFault::Malformed));
    }
}
