//! What the bot answers: each function makes one message, finished for sending, in the reader's language.
//!
//! Words of people and of channels stand in it as they are. Times are shown in the reader's zone.

mod answers;
mod channels;
mod greeting;
mod health;
mod pages;
mod profile;
mod reminders;
mod settings;
mod stats;
mod usage;

use jiff::Timestamp;

pub use answers::{Notice, noted, notice, refused, something_went_wrong, unknown_command};
pub use channels::{
    CHANNELS_A_PAGE, ChannelLine, ChannelName, ask_removal, channel_added, channel_already_tracked, channel_no_access,
    channel_not_found, channel_not_tracked, channel_owner_unknown, channel_removed, channel_stays, channels, not_yours,
};
pub use greeting::{help, start};
pub use health::{Check, Condition, health};
pub use pages::{Page, page_within};
pub use profile::{ProfileView, no_profile, profile};
pub use reminders::{
    LATE_MIN, REMINDERS_A_PAGE, ReminderLine, reminder, reminder_already_told, reminder_cancelled, reminder_not_found,
    reminder_over, reminder_put_off, reminder_scheduled, reminders, reschedule_menu,
};
pub use settings::{language_chosen, language_menu, zone_set, zone_shown};
pub use stats::{Counted, DayCount, StatsView, stats};
pub use usage::usage;

use crate::{language::Language, zones::Zone};

/// Who reads a message.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The language they are spoken to in.
    pub language: Language,
    /// The zone they are shown times in.
    pub zone: &'a Zone,
    /// Now.
    pub now: Timestamp,
}

/// What somebody may ask of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What concerns themselves, and channels that they run.
    Person,
    /// All channels, and the system too.
    Admin,
}

#[cfg(test)]
mod tests;
