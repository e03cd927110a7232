//! Messages as they are now, with what they were before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::Content;
use crate::ids::{ChatId, MessageId, UserId};

/// In whose name a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Author {
    User(UserId),
    /// A post of the channel itself; who wrote it is not shown.
    Channel {
        by: UserId,
    },
}

impl Author {
    /// Who wrote it, shown or not.
    pub(crate) fn user(self) -> UserId {
        match self {
            Self::User(user) | Self::Channel { by: user } => user,
        }
    }
}

/// What a message was until `until`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) until: i64,
    pub(crate) content: Content,
    pub(crate) keyboard: Option<Value>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) chat: ChatId,
    pub(crate) thread: Option<MessageId>,
    pub(crate) author: Author,
    pub(crate) date: i64,
    pub(crate) edit_date: Option<i64>,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) quote: Option<Value>,
    pub(crate) origin: Option<Value>,
    pub(crate) content: Content,
    /// `reply_markup` as it was sent: inline, reply keyboard, removal or forced reply.
    pub(crate) keyboard: Option<Value>,
    pub(crate) album: Option<String>,
    pub(crate) protected: bool,
    pub(crate) deleted_at: Option<i64>,
    pub(crate) reactions: BTreeMap<UserId, Vec<Value>>,
    pub(crate) versions: Vec<Version>,
}

impl Message {
    /// The keyboard, when it is one of buttons under the message.
    pub(crate) fn inline_keyboard(&self) -> Option<&Value> {
        self.keyboard.as_ref().filter(|keyboard| keyboard.get("inline_keyboard").is_some())
    }

    /// Puts new content and keyboard in place, and keeps what was.
    pub(crate) fn edit(&mut self, content: Content, keyboard: Option<Value>, now: i64) {
        let content = std::mem::replace(&mut self.content, content);
        let keyboard = std::mem::replace(&mut self.keyboard, keyboard);
        self.versions.push(Version { until: now, content, keyboard });
        self.edit_date = Some(now);
    }
}
