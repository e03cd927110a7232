//! Fills the profile of anybody, free of charge, from what is plainly there: names, languages,
//! hours, lengths, topics. Russian and English.
//!
//! Pure: the same input brings the same fields in the same order. Every field says how sure it is
//! and, where it rests on messages, on which.
#![cfg_attr(not(any(target_arch = "wasm32", test)), allow(dead_code))] // Only `component` calls it.

mod activity;
#[cfg(target_arch = "wasm32")]
mod component;
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
