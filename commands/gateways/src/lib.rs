//! The outside world behind traits: what the house asks of it, and how it fails.

pub mod models;
pub mod patience;
pub mod telegram;
pub mod webhooks;
