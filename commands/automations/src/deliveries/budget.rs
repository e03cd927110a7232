//! How much Telegram takes: one budget for each chat and one for the bot, edits and everything else together.
//!
//! Telegram's numbers: about one message a second in a chat, 20 a minute in a group, 30 a second in all. They are
//! "unspecified and flexible"; what counts in the end is the wait it asks for, which is obeyed for the chat, and for
//! all chats when several are refused at once.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use chronogram_model::ChatId;
use tokio::time::Instant;

/// Messages to all chats within [`ALL_WINDOW`]: two below Telegram's number, for clocks that differ.
const ALL_MAX: usize = 28;
const ALL_WINDOW: Duration = Duration::from_secs(1);
/// Between two messages to one chat: a second, and what the way there may vary by.
const CHAT_PAUSE: Duration = Duration::from_millis(1_050);
/// Messages to one group within [`GROUP_WINDOW`].
const GROUP_MAX: usize = 19;
const GROUP_WINDOW: Duration = Duration::from_mins(1);
/// So many different chats refused within [`REFUSALS_WINDOW`] are the whole bot's trouble.
const REFUSED_CHATS_MAX: usize = 3;
const REFUSALS_WINDOW: Duration = Duration::from_secs(2);

/// What was sent lately, and until when nothing may be.
#[derive(Debug, Default)]
pub(super) struct Budget {
    all: VecDeque<Instant>,
    all_held_until: Option<Instant>,
    chats: HashMap<ChatId, ChatBudget>,
    refusals: VecDeque<(Instant, ChatId)>,
}

#[derive(Debug, Default)]
struct ChatBudget {
    sent: VecDeque<Instant>,
    held_until: Option<Instant>,
}

impl Budget {
    /// When the next message to `chat` may go; `now` or earlier: at once.
    pub(super) fn next(&self, chat: ChatId, now: Instant) -> Instant {
        let all = match self.all.len().checked_sub(ALL_MAX).and_then(|index| self.all.get(index)) {
            Some(oldest) => *oldest + ALL_WINDOW,
            None => now,
        };
        let of_chat = self.chats.get(&chat).map_or(now, |budget| budget.next(chat, now));
        all.max(of_chat).max(self.all_held_until.unwrap_or(now))
    }

    /// A message goes to `chat` now.
    pub(super) fn take(&mut self, chat: ChatId, now: Instant) {
        forget(&mut self.all, now, ALL_WINDOW);
        self.all.push_back(now);
        let budget = self.chats.entry(chat).or_default();
        forget(&mut budget.sent, now, GROUP_WINDOW);
        budget.sent.push_back(now);
        if self.chats.len() > CHATS_BEFORE_SWEEP {
            self.chats.retain(|_, budget| !budget.is_idle(now));
        }
    }

    /// Telegram refused a message to `chat` and wants us to wait. True: every chat waits.
    pub(super) fn refuse(&mut self, chat: ChatId, wait: Duration, now: Instant) -> bool {
        while self.refusals.front().is_some_and(|(at, _)| now.duration_since(*at) > REFUSALS_WINDOW) {
            self.refusals.pop_front();
        }
        self.refusals.push_back((now, chat));
        let mut chats: Vec<ChatId> = self.refusals.iter().map(|(_, chat)| *chat).collect();
        chats.sort_unstable();
        chats.dedup();
        if chats.len() >= REFUSED_CHATS_MAX {
            self.hold_all(now + wait);
            return true;
        }
        self.chats.entry(chat).or_default().held_until = Some(now + wait);
        false
    }

    /// Nothing goes out before `until`.
    pub(super) fn hold_all(&mut self, until: Instant) {
        self.all_held_until = Some(self.all_held_until.map_or(until, |held| held.max(until)));
    }
}

/// Chats remembered before those that are idle are forgotten: more than anybody writes to within a minute.
const CHATS_BEFORE_SWEEP: usize = 4_096;

impl ChatBudget {
    fn next(&self, chat: ChatId, now: Instant) -> Instant {
        let paused = self.sent.back().map_or(now, |last| *last + CHAT_PAUSE);
        let of_group = match self.sent.len().checked_sub(GROUP_MAX).and_then(|index| self.sent.get(index)) {
            Some(oldest) if chat.0 < 0 => *oldest + GROUP_WINDOW,
            _ => now,
        };
        paused.max(of_group).max(self.held_until.unwrap_or(now))
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.held_until.is_none_or(|until| until <= now)
            && self.sent.back().is_none_or(|last| now.duration_since(*last) > GROUP_WINDOW)
    }
}

fn forget(sent: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    while sent.front().is_some_and(|at| now.duration_since(*at) > window) {
        sent.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ChatId = ChatId::private(7);
    const GROUP: ChatId = ChatId::basic_group(9);

    #[test]
    fn a_chat_gets_one_message_a_second() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        assert_eq!(budget.next(ANN, now), now);
        budget.take(ANN, now);
        assert_eq!(budget.next(ANN, now), now + CHAT_PAUSE);
        assert_eq!(budget.next(GROUP, now), now, "another chat does not wait");
    }

    #[test]
    fn all_chats_together_get_no_more_than_telegram_takes() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        for chat in 0..28 {
            assert_eq!(budget.next(ChatId::private(chat), now), now);
            budget.take(ChatId::private(chat), now);
        }
        assert_eq!(budget.next(ANN, now), now + Duration::from_millis(1_050).max(ALL_WINDOW));
        assert_eq!(budget.next(ChatId::private(99), now), now + ALL_WINDOW);
    }

    #[test]
    fn a_group_gets_nineteen_a_minute() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut at = start;
        for _ in 0..19 {
            at = at.max(budget.next(GROUP, at));
            budget.take(GROUP, at);
        }
        assert_eq!(budget.next(GROUP, at), start + GROUP_WINDOW);
    }

    #[test]
    fn a_refusal_holds_its_chat_and_refusals_of_several_hold_all() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        let wait = Duration::from_secs(5);
        assert!(!budget.refuse(ANN, wait, now));
        assert_eq!(budget.next(ANN, now), now + wait);
        assert_eq!(budget.next(GROUP, now), now);
        assert!(!budget.refuse(GROUP, wait, now));
        assert!(budget.refuse(ChatId::private(8), wait, now));
        assert_eq!(budget.next(ChatId::private(100), now), now + wait);
    }
}
