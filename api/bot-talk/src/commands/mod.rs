//! What people ask of the bot: the text of a message becomes a [`Request`], or a [`Usage`] that says what was wrong.

mod channel;
mod span;
mod usage;
mod wall_clock;
mod when;

use chronogram_model::{
    cleaned,
    reminder::{AHEAD_MAX, Due},
};
use jiff::Timestamp;

pub use channel::{ChannelRef, Username};
pub use usage::{Usage, Wrong};

use crate::{
    language::Language,
    zones::{Zone, Zones},
};

/// The longest text of a reminder, in UTF-16 units: it goes out in one message with room to spare.
pub const REMINDER_TEXT_MAX: usize = 1000;

/// The days that statistics cover when none are named (row D6).
pub const STATS_DAYS_DEFAULT: u16 = 7;
/// The most days that statistics cover.
pub const STATS_DAYS_MAX: u16 = 365;

/// Telegram's longest command name and deep-link payload.
const NAME_MAX: usize = 32;
const PAYLOAD_MAX: usize = 64;

/// A command of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Command {
    Start,
    Help,
    Lang,
    Tz,
    Remind,
    Reminders,
    Profile,
    Add,
    List,
    Stats,
    Remove,
    Health,
}

impl Command {
    /// Every command, in the order help lists them.
    pub const ALL: [Self; 12] = [
        Self::Start,
        Self::Help,
        Self::Remind,
        Self::Reminders,
        Self::Tz,
        Self::Lang,
        Self::Profile,
        Self::Add,
        Self::List,
        Self::Stats,
        Self::Remove,
        Self::Health,
    ];

    /// Its name without the slash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Help => "help",
            Self::Lang => "lang",
            Self::Tz => "tz",
            Self::Remind => "remind",
            Self::Reminders => "reminders",
            Self::Profile => "profile",
            Self::Add => "add",
            Self::List => "list",
            Self::Stats => "stats",
            Self::Remove => "remove",
            Self::Health => "health",
        }
    }

    /// Whether it is about channels or the system: for admins, and for owners of a channel where it is theirs.
    pub const fn is_for_admins(self) -> bool {
        matches!(self, Self::Add | Self::List | Self::Stats | Self::Remove | Self::Health)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| name.eq_ignore_ascii_case(command.name()))
    }
}

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

/// What must be known to understand somebody.
#[derive(Clone, Copy, Debug)]
pub struct Hearing<'a> {
    /// Our username, without its @.
    pub bot_username: &'a str,
    /// Now.
    pub now: Timestamp,
    /// The zone of who speaks.
    pub zone: &'a Zone,
    /// The zones there are.
    pub zones: &'a Zones,
}

impl Hearing<'_> {
    /// What `text` asks for.
    pub fn understand(&self, text: &str) -> Result<Request, Usage> {
        let Some((name, bot, rest)) = command_of(text) else { return Ok(Request::Talk) };
        if bot.is_some_and(|bot| !bot.eq_ignore_ascii_case(self.bot_username)) {
            return Ok(Request::NotForUs);
        }
        match Command::named(name) {
            Some(command) => self.asked(command, rest).map_err(|wrong| Usage { command, wrong }),
            None => Ok(Request::Unknown { command: name.to_owned() }),
        }
    }

    fn asked(&self, command: Command, rest: &str) -> Result<Request, Wrong> {
        Ok(match command {
            Command::Start => Request::Start { payload: payload(rest) },
            Command::Help => Request::Help,
            Command::Lang if rest.is_empty() => Request::AskLanguage,
            Command::Lang => Request::SetLanguage(
                Language::named(rest).ok_or_else(|| Wrong::UnknownLanguage { said: rest.to_owned() })?,
            ),
            Command::Tz if rest.is_empty() => Request::AskZone,
            Command::Tz => {
                Request::SetZone(self.zones.find(rest, self.now).map_err(|unknown| Wrong::UnknownZone {
                    said: rest.to_owned(),
                    suggestions: unknown.suggestions,
                })?)
            }
            Command::Remind => self.remind(rest)?,
            Command::Reminders => Request::Reminders,
            Command::Profile => Request::Profile,
            Command::Add => Request::Add(only_channel(rest)?),
            Command::Remove => Request::Remove(only_channel(rest)?),
            Command::List => Request::List,
            Command::Stats => {
                let (channel, days) = first_word(rest);
                Request::Stats { channel: only_channel(channel)?, days: days_of(days)? }
            }
            Command::Health => Request::Health,
        })
    }

    fn remind(&self, rest: &str) -> Result<Request, Wrong> {
        let (due, text) = when::due(rest, self.now, self.zone)?;
        if due.at <= self.now {
            return Err(Wrong::Over { at: due.at });
        }
        if due.at.duration_since(self.now) > AHEAD_MAX {
            return Err(Wrong::TooFarAhead);
        }
        let text = cleaned(text.trim());
        match text.encode_utf16().count() {
            0 => Err(Wrong::NoText),
            units if units > REMINDER_TEXT_MAX => Err(Wrong::TextTooLong { units }),
            _ => Ok(Request::Remind { due, text }),
        }
    }
}

/// The name of the command, the bot it is for, and what stands after it.
fn command_of(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let command = text.trim_start().strip_prefix('/').filter(|after| !after.starts_with(char::is_whitespace))?;
    let (command, rest) = first_word(command);
    let (name, bot) = match command.split_once('@') {
        Some((name, bot)) => (name, Some(bot)),
        None => (command, None),
    };
    let is_name = |word: &str| {
        (1..=NAME_MAX).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (is_name(name) && bot.is_none_or(is_name)).then_some((name, bot, rest))
}

/// The first word and what stands after it, both without white space around them.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

fn payload(rest: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fits = (1..=PAYLOAD_MAX).contains(&rest.len()) && rest.bytes().all(allowed);
    fits.then(|| rest.to_owned())
}

fn only_channel(said: &str) -> Result<ChannelRef, Wrong> {
    if said.is_empty() { Err(Wrong::NoChannel) } else { ChannelRef::said(said) }
}

fn days_of(said: &str) -> Result<u16, Wrong> {
    if said.is_empty() {
        return Ok(STATS_DAYS_DEFAULT);
    }
    let days = said.parse().ok().filter(|days| (1..=STATS_DAYS_MAX).contains(days));
    days.ok_or_else(|| Wrong::NotDays { said: said.to_owned() })
}

#[cfg(test)]
mod tests;
