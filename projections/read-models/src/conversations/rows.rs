//! What the queries of conversations give.

use chronogram_model::{
    ChatId, ConversationId, Entity, Forward, Media, MessageId, PersonId, ReactionCount, ServiceAction,
};
use jiff::Timestamp;
use sqlx::types::Uuid;

use crate::columns::{MessageNumber, OptionalChatNumber, OptionalMessageNumber, OptionalPerson, OptionalTime};

/// A conversation in numbers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ConversationRow {
    /// Which one.
    #[sqlx(try_from = "String")]
    pub id: ConversationId,
    /// [`chronogram_model::conversation::ChatKind`] by its name: `private`, `supergroup`, …
    pub kind: String,
    /// Title as last described; absent where never described or where its person is erased.
    pub title: Option<String>,
    /// Whose name the title is, where it belongs to a person.
    #[sqlx(try_from = "OptionalPerson")]
    pub title_person: Option<PersonId>,
    /// When the log first heard of it.
    #[sqlx(try_from = "OptionalTime")]
    pub opened_at: Option<Timestamp>,
    /// When the earliest message was sent.
    #[sqlx(try_from = "OptionalTime")]
    pub first_message_at: Option<Timestamp>,
    /// When the latest message was sent; 1970-01-01 while there is none.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub last_message_at: Timestamp,
    /// Distinct messages, service messages not among them.
    pub messages_count: i64,
    /// Position of the last event about it.
    pub last_position: i64,
}

/// A message as last observed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageRow {
    /// Where it was said.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Number within the conversation.
    #[sqlx(try_from = "MessageNumber")]
    pub message_id: MessageId,
    /// The person who sent it, where one did.
    #[sqlx(try_from = "OptionalPerson")]
    pub sender_person: Option<PersonId>,
    /// The chat or channel that sent it in its own name, where one did.
    #[sqlx(try_from = "OptionalChatNumber")]
    pub sender_chat: Option<ChatId>,
    /// When it was sent, by its sender's account.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub sent_at: Timestamp,
    /// When we received it; absent when read from an export.
    #[sqlx(try_from = "OptionalTime")]
    pub received_at: Option<Timestamp>,
    /// The IANA zone that an old export's local time was read in.
    pub assumed_zone: Option<String>,
    /// Plain text; absent when its person is erased.
    pub text: Option<String>,
    /// Formatting, in UTF-16 units.
    #[sqlx(json)]
    pub entities: Vec<Entity>,
    /// `photo`, `video`, …; a kind unknown to this release as its source names it.
    pub media_kind: Option<String>,
    /// What is attached.
    #[sqlx(json(nullable))]
    pub media: Option<Media>,
    /// The message it answers.
    #[sqlx(try_from = "OptionalMessageNumber")]
    pub reply_to: Option<MessageId>,
    /// Where it was forwarded from.
    #[sqlx(json(nullable))]
    pub forward: Option<Forward>,
    /// Reactions when last observed.
    #[sqlx(json)]
    pub reactions: Vec<ReactionCount>,
    /// The inline bot that made it.
    pub via_bot: Option<String>,
    /// When Telegram last touched it; no proof of an edit.
    #[sqlx(try_from = "OptionalTime")]
    pub touched_at: Option<Timestamp>,
    /// U+0000 in it was replaced by U+FFFD.
    pub nul_replaced: bool,
    /// `export` or `api`.
    pub source: String,
    /// Position of the newest observation.
    pub position: i64,
    /// How often it was observed.
    pub observations: i64,
}

/// A service entry as last observed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ServiceMessageRow {
    /// Where it happened.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Number within the conversation.
    #[sqlx(try_from = "MessageNumber")]
    pub message_id: MessageId,
    /// What was done, as the source names it: `pin_message`, …
    pub action: String,
    /// The person who did it, where one did.
    #[sqlx(try_from = "OptionalPerson")]
    pub actor_person: Option<PersonId>,
    /// The chat that did it in its own name, where one did.
    #[sqlx(try_from = "OptionalChatNumber")]
    pub actor_chat: Option<ChatId>,
    /// When it happened.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub happened_at: Timestamp,
    /// The details; absent when their person is erased.
    #[sqlx(json(nullable))]
    pub details: Option<ServiceAction>,
    /// `export` or `api`.
    pub source: String,
    /// Position of the newest observation.
    pub position: i64,
    /// How often it was observed.
    pub observations: i64,
}

/// What a strategy reads of a message.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SentText {
    /// Who wrote it.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Where it was said.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Number within the conversation.
    #[sqlx(try_from = "MessageNumber")]
    pub message_id: MessageId,
    /// When it was sent.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub sent_at: Timestamp,
    /// Plain text, never empty.
    pub text: String,
}

/// What we said, or meant to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReplyRow {
    /// Its id.
    pub id: Uuid,
    /// Where.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// The message it answers, where one is answered.
    #[sqlx(try_from = "OptionalMessageNumber")]
    pub in_reply_to: Option<MessageId>,
    /// `send`, `photo`, …: `Outgoing::kind`.
    pub kind: String,
    /// What it says; absent where it shows nothing or its person is erased.
    pub text: Option<String>,
    /// `answer`, `alert` or `report`.
    pub priority: String,
    /// `requested`, `sent` or `failed`.
    pub state: String,
    /// When it was asked for.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub requested_at: Timestamp,
    /// When it was sent or given up.
    #[sqlx(try_from = "OptionalTime")]
    pub settled_at: Option<Timestamp>,
    /// The messages it became, in order.
    pub message_ids: Vec<i64>,
    /// It may have gone out twice.
    pub maybe_repeated: bool,
    /// Why it will not go out.
    pub reason: Option<String>,
    /// Position of the last event about it.
    pub position: i64,
}
