//! What a message asks for, checked and complete: nothing of it needs to be parsed again.

use chronogram_model::reminder::Due;

use super::ChannelRef;
use crate::{language::Language, zones::Zone};

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// They begin; by a deep link when there is a payload.
    Start {
        /// What the link carried: 1 to 64 of `A–Z a–z 0–9 _ -`.
        payload: Option<String>,
    },
    /// They want to know what the bot can do.
    Help,
    /// They want to choose a language.
    AskLanguage,
    /// They chose one.
    SetLanguage(Language),
    /// They want to know their time zone.
    AskZone,
    /// They set it.
    SetZone(Zone),
    /// They want to be reminded.
    Remind {
        /// When: ahead of now, by at most ten years.
        due: Due,
        /// Of what: 1 to 1000 UTF-16 units.
        text: String,
    },
    /// They want to see what they will be reminded of.
    Reminders,
    /// They want to see what is known of them.
    Profile,
    /// A channel is to be tracked.
    Add(ChannelRef),
    /// They want to see which channels are tracked.
    List,
    /// They want a channel's numbers.
    Stats {
        /// Which.
        channel: ChannelRef,
        /// Over how many days: 1 to 365.
        days: u16,
    },
    /// A channel is to be tracked no more.
    Remove(ChannelRef),
    /// They want to know how the system is.
    Health,
    /// A command that there is not.
    Unknown {
        /// Its name without the slash: 1 to 32 of `A–Z a–z 0–9 _`.
        command: String,
    },
    /// A command for another bot of the same chat.
    NotForUs,
    /// No command at all.
    Talk,
}
