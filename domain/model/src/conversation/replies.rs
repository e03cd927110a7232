//! What we say in a chat: asked for with finished words, then sent or failed. And which of its buttons were pressed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AlbumKind, CaptionedFile};
use crate::{Authored, ChatId, Entity, MessageId, PersonId, Personal, ReplyId};

/// A message of ours is to go out; everything it needs is in it. An automation sends it, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRequested {
    /// Which one; derived from what it answers.
    pub reply: ReplyId,
    /// The message it answers, where one is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
    /// The topic of a forum that it goes to; where there is none, or it is gone, to the chat as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<MessageId>,
    /// What goes out; belongs to the person it is for.
    pub outgoing: Authored<Outgoing>,
    /// Who goes first when more is to be sent than Telegram takes.
    pub priority: Priority,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it.
    Answer,
    /// Somebody wants to know soon.
    Alert,
    /// It may come later.
    Report,
}

impl Priority {
    /// The name in SQL, JSON, metrics and GraphQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Alert => "alert",
            Self::Report => "report",
        }
    }
}

/// One thing that goes to a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    /// A new message.
    Send(OutgoingMessage),
    /// New words and buttons for a message of ours.
    Edit {
        /// Which.
        message_id: MessageId,
        /// What it says from now on.
        message: OutgoingMessage,
    },
    /// The answer to a pressed button: a short notice, or nothing but the end of waiting.
    AnswerPress {
        /// Telegram's id of the press.
        press: String,
        /// What to show, up to 200 UTF-16 units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A picture.
    Photo(CaptionedFile),
    /// A file as it is.
    Document(CaptionedFile),
    /// A recording.
    Voice(CaptionedFile),
    /// Several files that belong together.
    MediaGroup {
        /// What they are.
        of: AlbumKind,
        /// Two to ten.
        items: Vec<CaptionedFile>,
    },
}

impl Outgoing {
    /// The kind in SQL, JSON and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Edit { .. } => "edit",
            Self::AnswerPress { .. } => "answer_press",
            Self::Photo(_) => "photo",
            Self::Document(_) => "document",
            Self::Voice(_) => "voice",
            Self::MediaGroup { .. } => "media_group",
        }
    }

    /// How many messages it becomes in the chat.
    pub fn messages(&self) -> usize {
        match self {
            Self::MediaGroup { items, .. } => items.len(),
            _ => 1,
        }
    }
}

/// A message of ours: plain text, its formatting beside it, buttons under it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingMessage {
    /// What it says; longer than 4096 UTF-16 units it goes out in several messages.
    pub text: String,
    /// Formatting, in UTF-16 units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// Rows of buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Vec<Button>>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub text: String,
    /// What comes back when it is pressed: 1 to 64 bytes.
    pub data: String,
}

/// A message of ours went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplySent {
    /// Which reply, or reminder.
    pub reply: ReplyId,
    /// The messages it became in the chat; none for what is no message of its own.
    pub message_ids: Vec<MessageId>,
    /// It may have gone out twice: we were killed between Telegram's answer and our note of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maybe_repeated: bool,
    /// When Telegram took it.
    pub sent_at: Timestamp,
}

/// A message of ours will not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFailed {
    /// Which reply.
    pub reply: ReplyId,
    /// The kind of failure: `blocked`, `chat_not_found`, `refused`, `expired`, …
    pub reason: String,
    /// When it was given up.
    pub failed_at: Timestamp,
}

/// A button under a message of ours was pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonPressed {
    /// Telegram's id of the press.
    pub press: String,
    /// Who pressed.
    pub person: PersonId,
    /// Under which message; absent when it is too old for Telegram to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The data of the button; absent for buttons that have none. Since version 2 it belongs to who pressed: Telegram
    /// passes on what their client sends, whatever our button said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Personal<String>>,
    /// When we heard of it.
    pub pressed_at: Timestamp,
}

/// A person began to talk to us by a link that carried something: where it stood, who sent them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeepLinkFollowed {
    /// The message that it came with, `/start` and the payload.
    pub message_id: MessageId,
    /// What the link carried: 1 to 64 of `A–Z a–z 0–9 _ -`. It may be made for one person, and belongs to who followed.
    pub payload: Personal<String>,
    /// When, by Telegram.
    pub followed_at: Timestamp,
}

/// A group became a supergroup: it goes on under another id, as another conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationMigrated {
    /// The chat from now on.
    pub to: ChatId,
    /// When we learned of it.
    pub migrated_at: Timestamp,
}
