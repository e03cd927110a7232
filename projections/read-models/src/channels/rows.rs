//! What the queries of channels give.

use chronogram_model::{ChatId, Entity, Forward, Media, MessageId, PersonId, ReactionCount, ServiceAction};
use jiff::Timestamp;

use crate::columns::{
    ChatNumber, MessageNumber, OptionalChatNumber, OptionalMessageNumber, OptionalPerson, OptionalTime,
};

/// A channel in names and numbers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChannelRow {
    /// Which one, as the Bot API numbers it.
    #[sqlx(try_from = "ChatNumber")]
    pub id: ChatId,
    /// Username without its @, as last tracked.
    pub username: Option<String>,
    /// Title, as last observed.
    pub title: Option<String>,
    /// Anybody can read it; absent where nobody observed that.
    pub public: Option<bool>,
    /// It is collected and watched.
    pub tracked: bool,
    /// Since when; absent unless tracked.
    #[sqlx(try_from = "OptionalTime")]
    pub tracked_at: Option<Timestamp>,
    /// Distinct posts.
    pub posts_count: i64,
    /// When the earliest post was published.
    #[sqlx(try_from = "OptionalTime")]
    pub first_post_at: Option<Timestamp>,
    /// When the latest post was published.
    #[sqlx(try_from = "OptionalTime")]
    pub last_post_at: Option<Timestamp>,
    /// Position of the last event about it.
    pub last_position: i64,
}

/// A post as last observed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PostRow {
    /// Where it was published.
    #[sqlx(try_from = "ChatNumber")]
    pub channel: ChatId,
    /// Number within the channel.
    #[sqlx(try_from = "MessageNumber")]
    pub post_id: MessageId,
    /// When it was published.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub posted_at: Timestamp,
    /// The IANA zone that an old export's local time was read in.
    pub assumed_zone: Option<String>,
    /// The signature under it.
    pub author: Option<String>,
    /// Plain text; empty where it only carries media.
    pub text: String,
    /// Formatting, in UTF-16 units.
    #[sqlx(json)]
    pub entities: Vec<Entity>,
    /// `photo`, `video`, …; a kind unknown to this release as its source names it.
    pub media_kind: Option<String>,
    /// What is attached.
    #[sqlx(json(nullable))]
    pub media: Option<Media>,
    /// The post it answers.
    #[sqlx(try_from = "OptionalMessageNumber")]
    pub reply_to: Option<MessageId>,
    /// Where it was forwarded from.
    #[sqlx(json(nullable))]
    pub forward: Option<Forward>,
    /// Reactions when last observed.
    #[sqlx(json)]
    pub reactions: Vec<ReactionCount>,
    /// Sum of their counts.
    pub reactions_total: i64,
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

/// A service entry of a channel as last observed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ChannelServiceMessageRow {
    /// Where it happened.
    #[sqlx(try_from = "ChatNumber")]
    pub channel: ChatId,
    /// Number within the channel.
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

/// What a channel published in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Published {
    /// Posts.
    pub posts: i64,
    /// The sum of their reactions, when last observed.
    pub reactions: i64,
}
