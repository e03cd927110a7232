//! "Typing…": shown while an answer is being prepared.
//!
//! An action goes straight from who prepares the answer to the sender and leaves no trace in the log or the outbox: it
//! is no fact of lasting worth, nobody asks for it again, and read from a table after a restart it would be a lie. It is
//! worth something for a moment only; then, or where the budget has nothing to spare, it is dropped and never retried.
//! Where another process sends, nothing is shown.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chronogram_gateways::telegram::ChatAction;
use chronogram_model::{ChatId, MessageId};
use tokio::{sync::Notify, time::Instant};

/// After so long nobody needs to know any more that an answer was being prepared.
const WORTH: Duration = Duration::from_secs(3);
/// Actions that wait for the sender, which takes them at once; where nobody sends, the oldest are dropped.
const WAITING_MAX: usize = 64;

/// The way to the sender; its clones are the same way.
#[derive(Clone, Debug, Default)]
pub struct ChatActions(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    asked: Mutex<VecDeque<AskedAction>>,
    wake: Notify,
}

/// An action that somebody wants to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedAction {
    pub(super) chat: ChatId,
    pub(super) topic: Option<MessageId>,
    pub(super) action: ChatAction,
    worth_until: Instant,
}

impl ChatActions {
    /// Shows an action, if that is possible at once.
    pub fn show(&self, chat: ChatId, topic: Option<MessageId>, action: ChatAction) {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= WAITING_MAX {
            asked.pop_front();
        }
        asked.push_back(AskedAction { chat, topic, action, worth_until: Instant::now() + WORTH });
        drop(asked);
        self.0.wake.notify_one();
    }

    /// Returns when something was asked for.
    pub(super) async fn asked(&self) {
        self.0.wake.notified().await;
    }

    /// What was asked for and is still worth showing.
    pub(super) fn take(&self, now: Instant) -> Vec<AskedAction> {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.drain(..).filter(|action| action.worth_until > now).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_is_dropped_and_what_nobody_takes_is_bounded() {
        let actions = ChatActions::default();
        for chat in 0..100 {
            actions.show(ChatId::private(chat), None, ChatAction::Typing);
        }
        let taken = actions.clone().take(Instant::now());
        assert_eq!(taken.len(), WAITING_MAX);
        assert_eq!(taken.last().map(|action| action.chat), Some(ChatId::private(99)));
        actions.show(ChatId::private(1), None, ChatAction::Typing);
        assert!(actions.take(Instant::now() + WORTH).is_empty());
        assert!(actions.take(Instant::now()).is_empty(), "taken is gone");
    }
}
