//! Text is cleaned at the edge, before it becomes part of an event.

/// Replaces U+0000, which a Postgres `text` column refuses, by U+FFFD; says whether it had to.
pub fn without_nul(text: &str) -> (String, bool) {
    if text.contains('\0') { (text.replace('\0', "\u{FFFD}"), true) } else { (text.to_owned(), false) }
}

/// [`without_nul`] for short texts where nobody needs to know (names, titles).
pub fn cleaned(text: &str) -> String {
    without_nul(text).0
}
