//! How much Telegram takes: one budget for each chat and one for the bot, edits and everything else together.
//!
//! Telegram's numbers: about one message a second in a chat, 20 a minute in a group, 30 a second in all. They are
//! "unspecified and flexible"; what counts in the end is the wait it asks for, which is obeyed for the chat, and for
//! all chats when several are refused at once. Everything here is reckoned on a clock that nobody can set.
//!
//! When Telegram counts a message nobody knows but Telegram: at some moment between our sending it and its coming back.
//! So for the number in all, a message on its way counts until it is back, and for a second from then. Whatever the way
//! there and this machine do, no second at Telegram sees more than are let through here.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use chronogram_model::ChatId;
use tokio::time::Instant;

/// Messages to all chats within [`ALL_WINDOW`]: two below Telegram's number, which are for [`ACTIONS_MAX`].
const ALL_MAX: usize = 28;
const ALL_WINDOW: Duration = Duration::from_secs(1);
/// Between two messages to one chat: a second, and what the way there may vary by.
const CHAT_PAUSE: Duration = Duration::from_millis(1_050);
/// Messages to one group within [`GROUP_WINDOW`]: one below Telegram's number, which is for an action.
const GROUP_MAX: usize = 19;
const GROUP_WINDOW: Duration = Duration::from_mins(1);
/// So many different chats refused within [`REFUSALS_WINDOW`] are the whole bot's trouble.
const REFUSED_CHATS_MAX: usize = 3;
const REFUSALS_WINDOW: Duration = Duration::from_secs(2);
/// "Typing…" to all chats within [`ALL_WINDOW`]: what messages leave of Telegram's number, so that none ever waits for it.
const ACTIONS_MAX: usize = 2;
/// Between two actions in one private chat: they show for five seconds. In a group it is [`GROUP_WINDOW`].
const ACTION_PAUSE: Duration = Duration::from_secs(3);

/// What was sent lately, and until when nothing may be.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Messages on their way.
    under_way: usize,
    /// When the last ones came back.
    all: VecDeque<Instant>,
    actions: VecDeque<Instant>,
    all_held_until: Option<Instant>,
    chats: HashMap<ChatId, ChatBudget>,
    refusals: VecDeque<Refusal>,
}

#[derive(Debug, Default)]
struct ChatBudget {
    sent: VecDeque<Instant>,
    /// When the pause after the last ones is over.
    paused_until: Option<Instant>,
    /// Until when Telegram wants us to wait.
    held_until: Option<Instant>,
    acted_at: Option<Instant>,
}

#[derive(Debug)]
struct Refusal {
    at: Instant,
    chat: ChatId,
    wait: Duration,
}

impl Budget {
    /// When so many more messages to `chat` may go; `now` or earlier: at once.
    pub(super) fn next(&self, chat: ChatId, messages: usize, now: Instant) -> Instant {
        let all = match ALL_MAX.saturating_sub(self.under_way) {
            most if most >= messages => when_free(&self.all, most, ALL_WINDOW, messages, now),
            // Not before some of them are back, whenever that is.
            _ => now + ALL_WINDOW,
        };
        let of_chat = self.chats.get(&chat).map_or(now, |budget| budget.next(chat, messages, now));
        all.max(of_chat).max(self.all_held_until.unwrap_or(now))
    }

    /// When what Telegram does not count as a message may go: an answer to a pressed button.
    pub(super) fn next_uncounted(&self, chat: ChatId, now: Instant) -> Instant {
        let held = self.chats.get(&chat).and_then(|budget| budget.held_until);
        held.max(self.all_held_until).unwrap_or(now)
    }

    /// Until when Telegram wants all to wait, where it does.
    pub(super) fn all_held(&self, now: Instant) -> Option<Instant> {
        self.all_held_until.filter(|until| *until > now)
    }

    /// Chats that not one more message may go to now, and the moment when the first of them may hear again.
    pub(super) fn closed(&self, now: Instant) -> (Vec<i64>, Option<Instant>) {
        let closed = self.chats.iter().map(|(chat, budget)| (chat.0, budget.next(*chat, 1, now)));
        let closed: Vec<_> = closed.filter(|(_, open_at)| *open_at > now).collect();
        let first = closed.iter().map(|(_, open_at)| *open_at).min();
        (closed.into_iter().map(|(chat, _)| chat).collect(), first)
    }

    /// Chats that Telegram wants us to leave alone for now.
    pub(super) fn held(&self, now: Instant) -> Vec<i64> {
        let is_held = |budget: &ChatBudget| budget.held_until.is_some_and(|until| until > now);
        self.chats.iter().filter(|(_, budget)| is_held(budget)).map(|(chat, _)| chat.0).collect()
    }

    /// So many messages go to `chat` now; [`Budget::back`] when they are back.
    pub(super) fn take(&mut self, chat: ChatId, messages: usize, now: Instant) {
        self.under_way += messages;
        let budget = self.chats.entry(chat).or_default();
        forget(&mut budget.sent, now, GROUP_WINDOW);
        budget.sent.extend((0..messages).map(|_| now));
        budget.paused_until = Some(now + CHAT_PAUSE.saturating_mul(u32::try_from(messages).unwrap_or(u32::MAX)));
        self.sweep(now);
    }

    /// So many messages are back, whatever became of them.
    pub(super) fn back(&mut self, messages: usize, now: Instant) {
        self.under_way = self.under_way.saturating_sub(messages);
        forget(&mut self.all, now, ALL_WINDOW);
        self.all.extend((0..messages).map(|_| now));
    }

    /// An action is to be shown in `chat` now. False: not now, and later it is worth nothing. What it takes is what
    /// messages never use, so no message waits for one.
    pub(super) fn act(&mut self, chat: ChatId, now: Instant) -> bool {
        if self.next_uncounted(chat, now) > now {
            return false;
        }
        forget(&mut self.actions, now, ALL_WINDOW);
        let budget = self.chats.entry(chat).or_default();
        let pause = if chat.0 < 0 { GROUP_WINDOW } else { ACTION_PAUSE };
        let is_soon = budget.acted_at.is_some_and(|at| now.duration_since(at) < pause);
        if is_soon || self.actions.len() >= ACTIONS_MAX {
            return false;
        }
        budget.acted_at = Some(now);
        self.actions.push_back(now);
        self.sweep(now);
        true
    }

    /// Telegram refused a message to `chat` and wants us to wait. True: every chat waits.
    ///
    /// Each chat waits for as long as it was told. Where several are told within a moment it is the bot that is too
    /// fast, and all wait for the shortest of these times: one chat's long wait is not everybody's.
    pub(super) fn refuse(&mut self, chat: ChatId, wait: Duration, now: Instant) -> bool {
        self.hold(chat, now + wait);
        self.refusals.retain(|refusal| now.duration_since(refusal.at) <= REFUSALS_WINDOW);
        self.refusals.push_back(Refusal { at: now, chat, wait });
        let mut chats: Vec<ChatId> = self.refusals.iter().map(|refusal| refusal.chat).collect();
        chats.sort_unstable();
        chats.dedup();
        if chats.len() < REFUSED_CHATS_MAX {
            return false;
        }
        let shortest = self.refusals.iter().map(|refusal| refusal.wait).min().unwrap_or(wait);
        self.hold_all(now + shortest);
        true
    }

    /// Nothing goes to `chat` before `until`.
    pub(super) fn hold(&mut self, chat: ChatId, until: Instant) {
        let budget = self.chats.entry(chat).or_default();
        budget.held_until = budget.held_until.max(Some(until));
    }

    /// Nothing goes out before `until`.
    pub(super) fn hold_all(&mut self, until: Instant) {
        self.all_held_until = self.all_held_until.max(Some(until));
    }

    fn sweep(&mut self, now: Instant) {
        if self.chats.len() > CHATS_BEFORE_SWEEP {
            self.chats.retain(|_, budget| !budget.is_idle(now));
        }
    }
}

/// Chats remembered before those that are idle are forgotten: more than anybody writes to within a minute.
const CHATS_BEFORE_SWEEP: usize = 4_096;

impl ChatBudget {
    fn next(&self, chat: ChatId, messages: usize, now: Instant) -> Instant {
        let of_group = if chat.0 < 0 { when_free(&self.sent, GROUP_MAX, GROUP_WINDOW, messages, now) } else { now };
        now.max(of_group).max(self.paused_until.unwrap_or(now)).max(self.held_until.unwrap_or(now))
    }

    fn is_idle(&self, now: Instant) -> bool {
        let is_over = |until: Option<Instant>| until.is_none_or(|until| until <= now);
        let last = self.sent.back().copied().max(self.acted_at);
        is_over(self.held_until)
            && is_over(self.paused_until)
            && last.is_none_or(|last| now.duration_since(last) > GROUP_WINDOW)
    }
}

/// When `more` fit into a window that takes `most`.
fn when_free(sent: &VecDeque<Instant>, most: usize, window: Duration, more: usize, now: Instant) -> Instant {
    let over = (sent.len() + more).saturating_sub(most);
    // All of the oldest that are too many must have left the window.
    let last = over.checked_sub(1).and_then(|index| sent.get(index.min(sent.len().saturating_sub(1))));
    last.map_or(now, |last| *last + window)
}

fn forget(sent: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    while sent.front().is_some_and(|at| now.duration_since(*at) > window) {
        sent.pop_front();
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
