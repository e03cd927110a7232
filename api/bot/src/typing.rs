//! "Typing…", where an answer takes longer than one waits without wondering.

use std::time::Duration;

use chronogram_gateways::telegram::{ChatAction, wire};
use chronogram_model::MessageId;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{Bot, reading};

/// What comes within this time needs no word before it.
const FIRST_AFTER: Duration = Duration::from_secs(1);
/// Telegram shows an action for five seconds.
const AGAIN_AFTER: Duration = Duration::from_secs(4);

impl Bot {
    /// Prepares an answer; when that takes its time (Telegram is asked, read models catch up), the chat shows it.
    pub(crate) async fn showing_typing<T>(
        &self,
        chat: &wire::Chat,
        topic: Option<MessageId>,
        answer: impl Future<Output = T>,
    ) -> T {
        let mut ticks = interval_at(Instant::now() + FIRST_AFTER, AGAIN_AFTER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                _ = ticks.tick() => self.parts.actions.show(reading::chat_id(chat), topic, ChatAction::Typing),
            }
        }
    }
}
