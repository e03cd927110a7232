//! What the bot called, in order, and what it was told.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::ChatId;

/// Older calls are forgotten beyond this many: hours of long polls, or a large test.
const CALLS_MAX: usize = 20_000;

/// One call of the Bot API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEntry {
    /// Grows by one with each call.
    pub number: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// As the specification writes it, or as it was called when there is none such.
    pub method: String,
    /// What came, files as their name and size.
    pub parameters: Value,
    /// Parameters that the method does not know; Telegram ignores them, a strict test may not.
    pub unknown: Vec<String>,
    /// The chat it is about.
    pub chat: Option<ChatId>,
    /// HTTP status of the answer; none yet, or never, when it hangs or the connection was cut.
    pub status: Option<u16>,
    /// `description` of a refusal.
    pub refusal: Option<String>,
    /// Milliseconds until the answer.
    pub took_ms: Option<i64>,
    /// The fault that it suffered.
    pub fault: Option<String>,
}

/// The last calls.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    entries: VecDeque<CallEntry>,
    last: u64,
}

impl CallLog {
    /// Notes a call that came in; its number is filled in and returned.
    pub(crate) fn begin(&mut self, mut entry: CallEntry) -> u64 {
        self.last += 1;
        entry.number = self.last;
        self.entries.push_back(entry);
        while self.entries.len() > CALLS_MAX {
            self.entries.pop_front();
        }
        self.last
    }

    /// Changes a noted call, when it is still remembered.
    pub(crate) fn note(&mut self, number: u64, change: impl FnOnce(&mut CallEntry)) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.number == number) {
            change(entry);
        }
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &CallEntry> {
        self.entries.iter()
    }

    pub(crate) fn forget(&mut self) {
        self.entries.clear();
    }
}
