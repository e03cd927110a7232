//! Telegram counts texts in UTF-16 units.

/// Length of a text in UTF-16 units.
pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The piece of a text between two positions in UTF-16 units; `None` when one lies outside or within a character.
pub(crate) fn cut(text: &str, offset: usize, length: usize) -> Option<&str> {
    let start = byte_of(text, offset)?;
    let end = byte_of(text, offset.checked_add(length)?)?;
    text.get(start..end)
}

fn byte_of(text: &str, unit: usize) -> Option<usize> {
    let mut at = 0;
    for (byte, character) in text.char_indices() {
        if at == unit {
            return Some(byte);
        }
        at += character.len_utf16();
    }
    (at == unit).then_some(text.len())
}
