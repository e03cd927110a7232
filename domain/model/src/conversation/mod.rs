//! Conversations: messages in a chat with a bot, over the API, or read from an export.

mod files;
mod replies;
mod talk;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Authored, ConversationId, Decider, ExportTime, MessageContent, MessageId, PersonId, ReactionCount, Sender,
    ServiceMessageObserved, Source, StreamName, event::domain_events,
};

pub use files::{
    ALBUM_FILES, AlbumKind, CAPTION_UTF16_MAX, CaptionedFile, FILE_BYTES_MAX, FileDigest, FileKind, OutgoingFile,
    OutgoingRefused, PHOTO_BYTES_MAX,
};
pub use replies::{
    Button, ButtonPressed, ConversationMigrated, DeepLinkFollowed, Outgoing, OutgoingMessage, Priority, ReplyFailed,
    ReplyRequested, ReplySent,
};
pub use talk::{BotBlocked, BotUnblocked, Happening, MessageEdited, Talk, TalkCommand, TalkRejection, TalkState};

domain_events! {
    /// What happens in a conversation.
    pub enum ConversationEvent {
        ConversationOpened = 1,
        ConversationDescribed = 1,
        MessageReceived = 2,
        MessageEdited = 2,
        ServiceMessageObserved = 1,
        ButtonPressed = 2,
        ReplyRequested = 2,
        ReplySent = 1,
        ReplyFailed = 1,
        BotBlocked = 1,
        BotUnblocked = 1,
        DeepLinkFollowed = 1,
        ConversationMigrated = 1,
    }
}

/// A conversation began, or was first heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationOpened {
    /// Which one.
    pub conversation: ConversationId,
    /// What kind of chat it is.
    pub kind: ChatKind,
    /// Which way it reached us.
    pub source: Source,
}

/// What a conversation is called, as observed; the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationDescribed {
    /// The title; of a private chat it is the other person's name and belongs to them.
    pub title: Authored<String>,
}

/// The kind of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ChatKind {
    Private,
    Bot,
    SavedMessages,
    Group,
    Supergroup,
    Channel,
    Api,
}

impl ChatKind {
    /// The name in JSON, SQL and GraphQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Bot => "bot",
            Self::SavedMessages => "saved_messages",
            Self::Group => "group",
            Self::Supergroup => "supergroup",
            Self::Channel => "channel",
            Self::Api => "api",
        }
    }
}

/// A message as it was when observed. A later observation of the same message replaces it for readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Number within the conversation.
    pub message_id: MessageId,
    /// Who sent it.
    pub sender: Sender,
    /// When it was sent, by its sender's account.
    pub sent_at: Timestamp,
    /// When we received it; absent when it was read from an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// How the time is known, for exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<ExportTime>,
    /// What it says; belongs to its sender.
    pub content: Authored<MessageContent>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// The topic of the forum that it stands in; absent in the general one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<MessageId>,
    /// When Telegram last touched it; reactions touch it too, so this proves no edit of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<Timestamp>,
    /// The inline bot that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via_bot: Option<String>,
    /// Reactions when observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionCount>,
    /// Which way it reached us.
    pub source: Source,
}

/// Somebody sends a message over the API.
#[derive(Clone, Debug)]
pub struct RecordMessage {
    /// The conversation, of kind `Api`.
    pub conversation: ConversationId,
    /// Its sender.
    pub person: PersonId,
    /// What it says.
    pub content: MessageContent,
    /// When it was sent, by its sender's account.
    pub sent_at: Timestamp,
    /// When we received it.
    pub received_at: Timestamp,
    /// Without a key, the same text within [`SAME_TEXT_WINDOW`] is the same message.
    pub has_idempotency_key: bool,
}

/// How long the same text of the same client counts as the same message, when no key was given (row B2).
pub const SAME_TEXT_WINDOW: SignedDuration = SignedDuration::from_secs(5);

/// How many recent messages the window remembers: more than a person types in five seconds.
const RECENT_MESSAGES_MAX: usize = 64;

/// What the rules need to know of a conversation.
#[derive(Clone, Debug, Default)]
pub struct ConversationState {
    opened: bool,
    last_message: i64,
    recent: Vec<RecentMessage>,
}

#[derive(Clone, Debug)]
struct RecentMessage {
    message_id: MessageId,
    received_at: Timestamp,
    text: String,
}

/// Why a message is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageRejection {
    /// The same client sent the same text within [`SAME_TEXT_WINDOW`].
    #[error("the same text was received as message {message_id} at {received_at}")]
    SameTextAgain {
        /// The original.
        message_id: MessageId,
        /// When the original was received.
        received_at: Timestamp,
    },
}

/// The rules of conversations.
pub struct Conversation;

impl Decider for Conversation {
    type Command = RecordMessage;
    type Event = ConversationEvent;
    type State = ConversationState;
    type Rejection = MessageRejection;

    fn name(_: &RecordMessage) -> &'static str {
        "RecordMessage"
    }

    fn stream(command: &RecordMessage) -> StreamName {
        command.conversation.stream()
    }

    fn decide(state: &ConversationState, command: &RecordMessage) -> Result<Vec<ConversationEvent>, MessageRejection> {
        if !command.has_idempotency_key
            && let Some(original) = state.original_of(&command.content.text, command.received_at)
        {
            return Err(MessageRejection::SameTextAgain {
                message_id: original.message_id,
                received_at: original.received_at,
            });
        }
        let mut events = Vec::new();
        if !state.opened {
            events.push(
                ConversationOpened {
                    conversation: command.conversation.clone(),
                    kind: ChatKind::Api,
                    source: Source::Api,
                }
                .into(),
            );
        }
        events.push(
            MessageReceived {
                message_id: MessageId(state.last_message + 1),
                sender: Sender::Person(command.person.clone()),
                sent_at: command.sent_at,
                received_at: Some(command.received_at),
                time: None,
                content: Authored::by(Some(command.person.clone()), command.content.clone()),
                reply_to: None,
                topic: None,
                touched_at: None,
                via_bot: None,
                reactions: Vec::new(),
                source: Source::Api,
            }
            .into(),
        );
        Ok(events)
    }

    fn evolve(mut state: ConversationState, event: &ConversationEvent) -> ConversationState {
        match event {
            ConversationEvent::ConversationOpened(_) => state.opened = true,
            ConversationEvent::MessageReceived(message) => state.remember(message),
            _ => {}
        }
        state
    }
}

impl ConversationState {
    fn original_of(&self, text: &str, received_at: Timestamp) -> Option<&RecentMessage> {
        self.recent.iter().find(|recent| {
            recent.text == text && received_at.duration_since(recent.received_at).abs() < SAME_TEXT_WINDOW
        })
    }

    fn remember(&mut self, message: &MessageReceived) {
        self.last_message = self.last_message.max(message.message_id.0);
        let (Some(received_at), Some(content)) = (message.received_at, message.content.readable()) else { return };
        self.recent.retain(|recent| received_at.duration_since(recent.received_at) < SAME_TEXT_WINDOW);
        if self.recent.len() == RECENT_MESSAGES_MAX {
            self.recent.remove(0);
        }
        self.recent.push(RecentMessage { message_id: message.message_id, received_at, text: content.text.clone() });
    }
}

#[cfg(test)]
mod tests;
