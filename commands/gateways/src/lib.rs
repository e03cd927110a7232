//! The outside world behind traits: what the house asks of it, and how it fails.

pub mod telegram;
