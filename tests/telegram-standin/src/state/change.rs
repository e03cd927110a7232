//! A change of the state: a record put in place, or a queue moved on. Replaying all of them again changes nothing.

use serde::{Deserialize, Serialize};

use super::{
    BotCommand, Callback, Chat, FileRecord, Message, PreCheckout, Update, User,
    world::{Webhook, WebhookError},
};
use crate::ids::{ChatId, UpdateId};

/// A change of the state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    User(User),
    Chat(Box<Chat>),
    Message(Box<Message>),
    File(FileRecord),
    Update(Box<Update>),
    /// The bot has all updates below.
    Confirmed {
        below: UpdateId,
    },
    /// The webhook took one.
    Delivered(UpdateId),
    /// The webhook took one that a fault delivers once more.
    Repeat(UpdateId),
    AllowedUpdates(Vec<String>),
    Webhook(Option<Webhook>),
    WebhookFailed(WebhookError),
    Commands {
        key: String,
        commands: Vec<BotCommand>,
    },
    Callback(Callback),
    PreCheckout(PreCheckout),
    /// The page shows it; nothing is kept.
    Action {
        chat: ChatId,
        action: String,
    },
}
