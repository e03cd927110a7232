//! What a message holds, whichever way it reached us. Offsets and lengths are in UTF-16 units, as Telegram counts.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Authored, ChatId, MessageId, PersonId};

/// Who sent a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A person.
    Person(PersonId),
    /// A channel or group in its own name.
    Chat(ChatId),
    /// The source does not say.
    Unknown,
}

impl Sender {
    /// The person, where one sent it.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Chat(_) | Self::Unknown => None,
        }
    }
}

/// Which way an observation reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A Telegram Desktop export.
    Export,
    /// The HTTP or GraphQL API.
    Api,
    /// An update of the Bot API.
    Telegram,
}

/// How the time of an exported message is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportTime {
    /// The export gives seconds since the Unix epoch.
    Unix,
    /// An old export: local time without a zone, read in this IANA zone.
    AssumedZone(String),
}

/// What a message says and carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageContent {
    /// Plain text.
    pub text: String,
    /// Formatting and links within the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// The attached file, poll, contact or place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Where it was forwarded from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
    /// True when U+0000 was replaced by U+FFFD.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nul_replaced: bool,
}

/// A formatted stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// `bold`, `link`, `text_link`, `hashtag`, `mention`, … as the source names it.
    pub kind: String,
    /// Start, in UTF-16 units.
    pub offset: u32,
    /// Length, in UTF-16 units.
    pub length: u32,
    /// Target of a `text_link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The person of a `mention_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Programming language of a `pre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Document of a `custom_emoji`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
}

/// The kind of what is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum MediaKind {
    Photo,
    Video,
    VideoMessage,
    Animation,
    Audio,
    Voice,
    Sticker,
    Document,
    Poll,
    Contact,
    Location,
    Venue,
    Game,
    Invoice,
    /// A kind this release does not know, as the source names it.
    Other(String),
}

/// What is attached to a message. Files themselves are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its kind.
    pub kind: MediaKind,
    /// File name as its sender gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Duration in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// Title of a track, game or invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Performer of a track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performer: Option<String>,
    /// The emoji of a sticker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// The contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl Media {
    /// Media of this kind with nothing else known.
    pub fn of(kind: MediaKind) -> Self {
        Self {
            kind,
            file_name: None,
            mime_type: None,
            size_bytes: None,
            width: None,
            height: None,
            duration_seconds: None,
            title: None,
            performer: None,
            emoji: None,
            poll: None,
            contact: None,
            location: None,
        }
    }
}

/// A poll and its votes when it was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The question.
    pub question: String,
    /// No more votes are taken.
    pub closed: bool,
    /// How many people voted.
    pub total_voters: u64,
    /// The answers in order.
    pub answers: Vec<PollAnswer>,
}

/// One answer of a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollAnswer {
    /// Its text.
    pub text: String,
    /// How many voted for it.
    pub voters: u64,
}

/// A shared contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name as shared.
    pub name: String,
    /// Phone number as shared.
    pub phone_number: String,
}

/// A place on Earth, in degrees (WGS 84).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// North is positive.
    pub latitude: Decimal,
    /// East is positive.
    pub longitude: Decimal,
    /// Name of the venue, where one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of the venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Where a message was forwarded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// Name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who it was, where that is not hidden.
    pub sender: Sender,
}

/// How often one reaction was given, when observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionCount {
    /// `emoji`, `custom_emoji` or `paid`.
    pub kind: String,
    /// The emoji, or the custom emoji's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    /// How often.
    pub count: u64,
}

/// A service entry of a chat or channel, kept as what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceMessageObserved {
    /// Number within the chat.
    pub message_id: MessageId,
    /// When it happened.
    pub happened_at: Timestamp,
    /// How that time is known.
    pub time: ExportTime,
    /// Who did it.
    pub actor: Sender,
    /// What was done: `pin_message`, `create_channel`, … as the source names it.
    pub action: String,
    /// The details; they belong to the actor.
    pub details: Authored<ServiceAction>,
    /// Which way it reached us.
    pub source: Source,
}

/// The details of a service entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAction {
    /// Name of the actor as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// The message it is about (pinned, answered).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// New title of the chat or topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Names of the people it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Any other scalar the source gives (duration, score, …), by its name there.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub other: std::collections::BTreeMap<String, String>,
    /// The service entry's own text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}
