//! What can be told of anybody, free of charge, from what is plainly there: names, languages,
//! hours, lengths, topics. Russian and English.
//!
//! Pure: the same input brings the same fields in the same order. Every field says how sure it is
//! and, where it rests on messages, on which. Nobody is left without a field.

mod activity;
mod border;
mod hours;
mod identity;
mod input;
mod interests;
mod language;
mod profile;
mod style;
mod summary;
mod topics;
mod words;

pub use border::fill;
pub use profile::KEYS;
