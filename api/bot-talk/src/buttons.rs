//! What comes back when a button is pressed: at most 64 bytes that say everything, in a form of a known version.
//!
//! The form: `1:<what>[:<of what>[:<more>]]`. Buttons live in chats for years, so a form that was sent once is
//! understood for ever; a new meaning gets a new word.

use chronogram_model::{ChatId, ReminderId, conversation::Button, reminder::Due};
use jiff::{SignedDuration, Timestamp, civil::time};

use crate::{
    commands::STATS_DAYS_MAX,
    language::Language,
    zones::{Zone, ZoneName},
};

/// Telegram's limit of a button's data.
pub const DATA_MAX_BYTES: usize = 64;

/// The version of the form.
const VERSION: &str = "1";

/// What the press of a button asks for. A press proves nothing: whose reminder or channel it is, is to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// A reminder is no longer wanted.
    CancelReminder(ReminderId),
    /// Show to when a reminder can be put off.
    RescheduleMenu(ReminderId),
    /// Put a reminder off.
    PutOff(ReminderId, PutOff),
    /// A page of reminders, from 0.
    RemindersPage(u32),
    /// Speak this language.
    ChooseLanguage(Language),
    /// Use this zone.
    ChooseZone(ZoneName),
    /// A page of channels, from 0.
    ChannelsPage(u32),
    /// A channel's numbers over so many days, 1 to 365.
    Stats(ChatId, u16),
    /// Ask whether a channel is to be removed.
    AskRemoval(ChatId),
    /// Remove it.
    ConfirmRemoval(ChatId),
    /// Leave it.
    AbandonRemoval(ChatId),
    /// Away with the message's buttons.
    Close,
}

/// To when a reminder is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOff {
    /// By ten minutes.
    TenMinutes,
    /// By an hour.
    Hour,
    /// By a day of 24 hours.
    Day,
    /// To tomorrow at nine, by the clocks of the person.
    TomorrowAtNine,
}

impl PutOff {
    /// Every choice, in the order of the buttons.
    pub const ALL: [Self; 4] = [Self::TenMinutes, Self::Hour, Self::Day, Self::TomorrowAtNine];

    /// When the reminder is due then: reckoned from when it was due, or from now once that is over.
    pub fn due(self, due_at: Timestamp, now: Timestamp, zone: &Zone) -> Due {
        let from = due_at.max(now);
        let later = |by: SignedDuration| from.checked_add(by).unwrap_or(Timestamp::MAX);
        let at = match self {
            Self::TenMinutes => later(SignedDuration::from_mins(10)),
            Self::Hour => later(SignedDuration::from_hours(1)),
            Self::Day => later(SignedDuration::from_hours(24)),
            Self::TomorrowAtNine => tomorrow_at_nine(now, zone),
        };
        Due { at, zone: zone.name().to_string(), wall_clock: self == Self::TomorrowAtNine }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::TenMinutes => "10m",
            Self::Hour => "1h",
            Self::Day => "1d",
            Self::TomorrowAtNine => "t9",
        }
    }
}

fn tomorrow_at_nine(now: Timestamp, zone: &Zone) -> Timestamp {
    let today = now.to_zoned(zone.rules().clone()).date();
    let nine = today.tomorrow().map(|day| day.to_datetime(time(9, 0, 0, 0)));
    let nine = nine.and_then(|at| at.to_zoned(zone.rules().clone()));
    nine.map_or(Timestamp::MAX, |at| at.timestamp())
}

/// Data that no button of ours has, or none that this release knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no button of this release has such data")]
pub struct UnknownButton;

impl Press {
    /// The data of the button: 1 to 64 bytes.
    pub fn encode(&self) -> String {
        let what = match self {
            Self::CancelReminder(id) => format!("cancel:{}", id.0.simple()),
            Self::RescheduleMenu(id) => format!("later:{}", id.0.simple()),
            Self::PutOff(id, to) => format!("put:{}:{}", id.0.simple(), to.word()),
            Self::RemindersPage(page) => format!("rems:{page}"),
            Self::ChooseLanguage(language) => format!("lang:{}", language.tag()),
            Self::ChooseZone(zone) => format!("tz:{zone}"),
            Self::ChannelsPage(page) => format!("chans:{page}"),
            Self::Stats(channel, days) => format!("stats:{channel}:{days}"),
            Self::AskRemoval(channel) => format!("rm?:{channel}"),
            Self::ConfirmRemoval(channel) => format!("rm!:{channel}"),
            Self::AbandonRemoval(channel) => format!("rm-:{channel}"),
            Self::Close => "close".to_owned(),
        };
        format!("{VERSION}:{what}")
    }

    /// What the button with this data asks for.
    pub fn parse(data: &str) -> Result<Self, UnknownButton> {
        let mut parts = data.splitn(4, ':');
        if data.len() > DATA_MAX_BYTES || parts.next() != Some(VERSION) {
            return Err(UnknownButton);
        }
        Self::of(parts.next().unwrap_or_default(), parts.next(), parts.next()).ok_or(UnknownButton)
    }

    fn of(what: &str, of: Option<&str>, more: Option<&str>) -> Option<Self> {
        Some(match (what, of, more) {
            ("close", None, None) => Self::Close,
            ("put", Some(id), Some(to)) => {
                Self::PutOff(id.parse().ok()?, PutOff::ALL.into_iter().find(|known| known.word() == to)?)
            }
            ("stats", Some(channel), Some(days)) => {
                let days = days.parse().ok().filter(|days| (1..=STATS_DAYS_MAX).contains(days));
                Self::Stats(channel.parse().ok()?, days?)
            }
            ("cancel", Some(id), None) => Self::CancelReminder(id.parse().ok()?),
            ("later", Some(id), None) => Self::RescheduleMenu(id.parse().ok()?),
            ("rems", Some(page), None) => Self::RemindersPage(page.parse().ok()?),
            ("lang", Some(tag), None) => {
                Self::ChooseLanguage(Language::ALL.into_iter().find(|language| language.tag() == tag)?)
            }
            ("tz", Some(zone), None) => Self::ChooseZone(ZoneName::of(zone)?),
            ("chans", Some(page), None) => Self::ChannelsPage(page.parse().ok()?),
            ("rm?", Some(channel), None) => Self::AskRemoval(channel.parse().ok()?),
            ("rm!", Some(channel), None) => Self::ConfirmRemoval(channel.parse().ok()?),
            ("rm-", Some(channel), None) => Self::AbandonRemoval(channel.parse().ok()?),
            _ => return None,
        })
    }

    /// The button that says `text` and asks for this.
    pub(crate) fn button(&self, text: impl Into<String>) -> Button {
        Button { text: text.into(), data: self.encode() }
    }
}

#[cfg(test)]
mod tests;
