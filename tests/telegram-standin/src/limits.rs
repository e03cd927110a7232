//! Telegram's limits: how much a message may hold, and how many messages are let through.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ChatId;

/// UTF-16 units of a text, after its formatting was read.
pub(crate) const TEXT_MAX: usize = 4096;
/// UTF-16 units of a caption, after its formatting was read.
pub(crate) const CAPTION_MAX: usize = 1024;
/// Bytes of a button's `callback_data`; at least one.
pub(crate) const CALLBACK_DATA_MAX: usize = 64;
/// Characters of the text in `answerCallbackQuery`.
pub(crate) const CALLBACK_TEXT_MAX: usize = 200;
/// Formatting entities of one message; those after are dropped without a word, as Telegram does.
pub(crate) const ENTITIES_MAX: usize = 100;
/// Buttons of one inline keyboard.
pub(crate) const BUTTONS_MAX: usize = 100;
/// Bytes of an uploaded photo.
pub(crate) const PHOTO_MAX: usize = 10 * 1024 * 1024;
/// Bytes of any other upload.
pub(crate) const UPLOAD_MAX: usize = 50 * 1024 * 1024;
/// Bytes of a file that a bot may download.
pub(crate) const DOWNLOAD_MAX: usize = 20 * 1024 * 1024;
/// Updates of one answer of `getUpdates`.
pub(crate) const UPDATES_MAX: usize = 100;
/// Seconds that an update waits for the bot before it is forgotten: a day.
pub(crate) const UPDATE_LIFETIME_SECONDS: i64 = 24 * 60 * 60;
/// Seconds after which a bot may no longer delete a message: two days.
pub(crate) const DELETABLE_SECONDS: i64 = 48 * 60 * 60;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// How many messages are let through. Telegram publishes three numbers (1/s a chat, 20/min a group, 30/s in all) and
/// says that short bursts pass; the size of a burst is ours: three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimits {
    /// Off lets everything through.
    pub on: bool,
    /// Messages to one chat that pass at once; after them one a second.
    pub chat_burst: u32,
    /// Messages and edits to one group, supergroup or channel in any minute.
    pub group_per_minute: u32,
    /// Messages in any second, to all chats together.
    pub overall_per_second: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { on: true, chat_burst: 3, group_per_minute: 20, overall_per_second: 30 }
    }
}

impl RateLimits {
    /// Lets everything through.
    pub fn off() -> Self {
        Self { on: false, ..Self::default() }
    }
}

/// What a call costs the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// These many new messages.
    Messages(u32),
    /// A changed message: counted in groups only.
    Edit,
}

/// What was let through lately. In memory: a restart forgets it.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// For each chat, when its next message would be due had all come one a second.
    due_ms: HashMap<ChatId, i64>,
    groups: HashMap<ChatId, VecDeque<i64>>,
    overall: VecDeque<i64>,
}

impl Budget {
    /// Takes the cost, or says after how many seconds to repeat.
    pub(crate) fn spend(
        &mut self,
        limits: RateLimits,
        chat: ChatId,
        is_group: bool,
        cost: Cost,
        now: Timestamp,
    ) -> Result<(), u32> {
        let (messages, counted_in_group) = match cost {
            Cost::Messages(count) => (count, count),
            Cost::Edit => (0, 1),
        };
        if !limits.on || (messages == 0 && !is_group) {
            return Ok(());
        }
        let now_ms = now.as_millisecond();
        let group = self.groups.entry(chat).or_default();
        forget(group, now_ms - MINUTE_MS);
        forget(&mut self.overall, now_ms - SECOND_MS);
        let due = self.due_ms.get(&chat).copied().unwrap_or(now_ms).max(now_ms);
        let burst_ms = i64::from(limits.chat_burst.saturating_sub(1)) * SECOND_MS;
        let mut wait_ms = 0;
        if messages > 0 {
            wait_ms = wait_ms.max(due - now_ms - burst_ms);
            wait_ms = wait_ms.max(wait_of(&self.overall, limits.overall_per_second, SECOND_MS, now_ms));
        }
        if is_group {
            wait_ms = wait_ms.max(wait_of(group, limits.group_per_minute, MINUTE_MS, now_ms));
        }
        if wait_ms > 0 {
            return Err(u32::try_from((wait_ms + SECOND_MS - 1) / SECOND_MS).unwrap_or(u32::MAX));
        }
        if messages > 0 {
            self.due_ms.insert(chat, due + i64::from(messages) * SECOND_MS);
            self.overall.extend((0..messages).map(|_| now_ms));
        }
        if is_group {
            group.extend((0..counted_in_group).map(|_| now_ms));
        }
        Ok(())
    }
}

fn forget(spent: &mut VecDeque<i64>, until_ms: i64) {
    while spent.front().is_some_and(|at| *at <= until_ms) {
        spent.pop_front();
    }
}

/// How long until one more fits into the window.
fn wait_of(spent: &VecDeque<i64>, most: u32, window_ms: i64, now_ms: i64) -> i64 {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if spent.len() < most {
        return 0;
    }
    let frees = spent.get(spent.len().saturating_sub(most)).copied().unwrap_or(now_ms);
    (frees + window_ms - now_ms).max(1)
}
