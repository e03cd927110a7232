//! What an import takes, tells while it runs, and has done at its end.

use std::{fmt, path::PathBuf};

use chronogram_log::Position;
use jiff::tz::TimeZone;

use crate::{UnknownZone, append::Outcome, batch::Batch};

/// How to read what the export leaves open.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The zone of old exports, which give local time only.
    pub timezone: TimeZone,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { timezone: TimeZone::UTC }
    }
}

impl ImportOptions {
    /// Old exports are read in the IANA zone `name`.
    pub fn in_zone(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone { name: name.to_owned() };
        Ok(Self { timezone: TimeZone::get(name).map_err(|_| unknown())? })
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that were read and appended.
    pub bytes_read: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Messages and service entries read.
    pub messages: u64,
}

/// Is told how an import goes.
pub trait ImportObserver: Send + Sync {
    /// After each batch.
    fn progress(&self, progress: Progress);
    /// An entry that was passed.
    fn bad_message(&self, bad: &BadMessage);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl ImportObserver for Unobserved {
    fn progress(&self, _: Progress) {}
    fn bad_message(&self, _: &BadMessage) {}
}

/// An entry that could not be read and was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadMessage {
    /// Which file.
    pub file: PathBuf,
    /// The list it stands in: `messages`, `chats.list[2].messages`; of a chat that is bad as a whole, `chats.list`.
    pub list: String,
    /// Its index there, from 0.
    pub index: u64,
    /// The field, by its path within the entry; empty for the entry itself.
    pub field: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, list, index, field, expected } = self;
        let dot = if field.is_empty() { "" } else { "." };
        write!(f, "{}: {list}[{index}]{dot}{field} must be {expected}", file.display())
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Chats read.
    pub chats: u64,
    /// Messages and posts read.
    pub messages_read: u64,
    /// Service entries read.
    pub service_read: u64,
    /// Entries of which the export says only that Telegram Desktop could not export them.
    pub unsupported_read: u64,
    /// Events that are new in the log.
    pub events_appended: u64,
    /// Events that were in the log already.
    pub events_known: u64,
    /// Different people met.
    pub people_seen: u64,
    /// Entries that could not be read and were passed.
    pub bad_messages: u64,
    /// Position of the last event appended, if any was.
    pub last_position: Option<Position>,
}

impl ImportReport {
    pub(crate) fn read(&mut self, batch: &Batch) {
        self.chats += batch.chats;
        self.messages_read += batch.messages;
        self.service_read += batch.service;
        self.unsupported_read += batch.unsupported;
        self.people_seen += batch.new_people;
    }

    pub(crate) fn appended(&mut self, outcome: Outcome) {
        self.events_appended += outcome.appended;
        self.events_known += outcome.known;
        self.last_position = self.last_position.max(outcome.last);
    }
}
