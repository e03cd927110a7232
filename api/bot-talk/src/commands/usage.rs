//! Why a command was not understood. The words for people are made by the views; these are for logs and hold no
//! words of people.

use jiff::Timestamp;

use super::Command;
use crate::zones::ZoneName;

/// A command was used wrongly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("/{}: {wrong}", command.name())]
pub struct Usage {
    /// Which command.
    pub command: Command,
    /// What was wrong.
    pub wrong: Wrong,
}

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The bot does not speak this language.
    #[error("unknown language")]
    UnknownLanguage {
        /// What was said.
        said: String,
    },
    /// No zone is called so.
    #[error("unknown time zone, {} suggested", suggestions.len())]
    UnknownZone {
        /// What was said.
        said: String,
        /// Zones that may be meant, the likeliest first.
        suggestions: Vec<ZoneName>,
    },
    /// Neither when nor of what.
    #[error("neither time nor text")]
    NoWhen,
    /// What should say when says nothing of the kind.
    #[error("the time is not understood")]
    NotAWhen {
        /// What was said.
        said: String,
    },
    /// A day without its hour.
    #[error("a day without a time of day")]
    NoTimeOfDay {
        /// The day as it was said.
        said: String,
    },
    /// The calendar has no such day.
    #[error("no such day")]
    NoSuchDay {
        /// What was said.
        said: String,
    },
    /// The clock has no such time.
    #[error("no such time of day")]
    NoSuchTime {
        /// What was said.
        said: String,
    },
    /// The moment is over.
    #[error("{at} is over")]
    Over {
        /// The moment.
        at: Timestamp,
    },
    /// More than ten years ahead.
    #[error("more than ten years ahead")]
    TooFarAhead,
    /// When, but not of what.
    #[error("no text")]
    NoText,
    /// More than [`REMINDER_TEXT_MAX`](super::REMINDER_TEXT_MAX) units.
    #[error("a text of {units} UTF-16 units")]
    TextTooLong {
        /// How long it is.
        units: usize,
    },
    /// No channel is named.
    #[error("no channel")]
    NoChannel,
    /// What should name a channel names none.
    #[error("not a channel")]
    NotAChannel {
        /// What was said.
        said: String,
    },
    /// An invitation names a channel only to those who accept it.
    #[error("an invite link")]
    InviteLink,
    /// Not a number of days from 1 to 365.
    #[error("not a number of days from 1 to 365")]
    NotDays {
        /// What was said.
        said: String,
    },
}
