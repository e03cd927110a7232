//! What people say to the bot, and what it answers: in Russian and in English, as a pure function of its parameters.
//!
//! [`Hearing::understand`] turns the text of a message into a [`Request`], [`buttons::Press`] the data of a button
//! into what it asks for, [`views`] make answers, [`split::split`] cuts those that are too long for one message, and
//! [`menu::menu`] is the list of commands that Telegram shows. No I/O, no clock, no chance.

pub mod buttons;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod chance;
mod commands;
pub mod compose;
mod language;
pub mod menu;
pub mod split;
mod texts;
pub mod views;
mod words;
mod zones;

pub use commands::{
    ChannelRef, Command, Hearing, REMINDER_TEXT_MAX, Request, STATS_DAYS_DEFAULT, STATS_DAYS_MAX, Usage, Username,
    Wrong,
};
pub use language::Language;
pub use zones::{NoSuchZone, Zone, ZoneName, Zones};
