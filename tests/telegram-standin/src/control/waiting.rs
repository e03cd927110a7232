//! Waiting for what the bot does, so that no test sleeps.

use std::time::Duration;

use super::{Control, ShownMessage};
use crate::{
    call_log::CallEntry,
    ids::{ChatId, MessageId},
};

impl Control {
    /// The bot's first message after `after` in a chat, when it comes in time.
    pub async fn wait_for_bot_message(
        &self,
        chat: impl Into<ChatId>,
        after: MessageId,
        patience: Duration,
    ) -> Option<ShownMessage> {
        self.wait_for_message(chat, patience, |message| message.from_bot && message.id > after).await
    }

    /// The first message of a chat that is as wanted: also an edited one, when it is edited in time.
    pub async fn wait_for_message(
        &self,
        chat: impl Into<ChatId>,
        patience: Duration,
        mut is_wanted: impl FnMut(&ShownMessage) -> bool,
    ) -> Option<ShownMessage> {
        let chat = chat.into();
        let look = || self.transcript(chat).into_iter().find(|message| is_wanted(message));
        self.hub.wait(patience, look).await
    }

    /// A call that is as wanted: among those made, or when it comes in time.
    pub async fn wait_for_call(
        &self,
        patience: Duration,
        mut is_wanted: impl FnMut(&CallEntry) -> bool,
    ) -> Option<CallEntry> {
        let look = || self.hub.calls().entries().find(|call| is_wanted(call)).cloned();
        self.hub.wait(patience, look).await
    }

    /// Until the bot has confirmed every update; false when it did not in time.
    pub async fn wait_until_taken(&self, patience: Duration) -> bool {
        let look = || self.pending_updates().is_empty().then_some(());
        self.hub.wait(patience, look).await.is_some()
    }
}
