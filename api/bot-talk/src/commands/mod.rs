//! What people ask of the bot: the text of a message becomes a [`Request`], or a [`Usage`] that says what was wrong.

mod channel;
mod command;
mod request;
mod span;
mod usage;
mod wall_clock;
mod when;

use chronogram_model::{cleaned, reminder::AHEAD_MAX};
use jiff::Timestamp;

pub use channel::{ChannelRef, Username};
pub use command::Command;
pub use request::Request;
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
