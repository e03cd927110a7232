//! Typed ids: no bare `i64` or `Uuid` crosses a boundary.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StreamName;

/// Why a text is no id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {expected}")]
pub struct IdError {
    kind: &'static str,
    expected: &'static str,
}

impl IdError {
    /// A text is no `kind`, which would be `expected`.
    pub(crate) const fn new(kind: &'static str, expected: &'static str) -> Self {
        Self { kind, expected }
    }
}

/// A chat in the Bot API's signed form: users positive, groups negative, supergroups and channels `-100…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(pub i64);

impl ChatId {
    /// What the Bot API subtracts a supergroup's or channel's bare id from.
    const SUPERGROUP_BASE: i64 = -1_000_000_000_000;

    /// A supergroup or channel from its bare id (1878264527 is −1001878264527).
    pub const fn supergroup(bare: i64) -> Self {
        Self(Self::SUPERGROUP_BASE - bare)
    }

    /// A basic group from its bare id.
    pub const fn basic_group(bare: i64) -> Self {
        Self(-bare)
    }

    /// A private chat: the same number as the other person's.
    pub const fn private(user: i64) -> Self {
        Self(user)
    }

    /// The stream of what is observed of a channel.
    pub fn channel_stream(self) -> StreamName {
        StreamName::of("channel", self)
    }
}

impl fmt::Display for ChatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ChatId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self).map_err(|_| IdError {
            kind: "a chat id",
            expected: "a whole number as the Bot API writes it, like -1001878264527",
        })
    }
}

/// A message's number within its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub i64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name an API client gives itself: 1 to 64 of `A–Z a–z 0–9 _ - .`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = IdError;

    fn try_from(id: String) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if (1..=64).contains(&id.len()) && id.chars().all(allowed) {
            Ok(Self(id))
        } else {
            Err(IdError { kind: "a client id", expected: "1 to 64 characters of A-Z a-z 0-9 _ - ." })
        }
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person: a Telegram user (`777000`) or a client of the HTTP API (`api.alice`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PersonId {
    /// A Telegram user's number.
    Telegram(i64),
    /// A client of the HTTP API.
    Api(ClientId),
}

impl PersonId {
    /// The person's stream.
    pub fn stream(&self) -> StreamName {
        StreamName::of("person", self)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telegram(user) => user.fmt(f),
            Self::Api(client) => write!(f, "api.{client}"),
        }
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for PersonId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl FromStr for PersonId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("api.") {
            Some(client) => ClientId::try_from(client.to_owned()).map(Self::Api),
            None => text.parse().map(Self::Telegram).map_err(|_| IdError {
                kind: "a person id",
                expected: "a Telegram user's number, like 777000, or api.<client>",
            }),
        }
    }
}

/// A conversation, by where it is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ConversationId {
    /// With one of our bots: `<bot>.<chat>`.
    Bot {
        /// The bot's user number.
        bot: i64,
        /// The chat.
        chat: ChatId,
    },
    /// Read from an export: `export.<chat>`.
    Export(ChatId),
    /// Over the HTTP API: `api.<client>`.
    Api(ClientId),
}

impl ConversationId {
    /// The conversation's stream.
    pub fn stream(&self) -> StreamName {
        StreamName::of("conversation", self)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bot { bot, chat } => write!(f, "{bot}.{chat}"),
            Self::Export(chat) => write!(f, "export.{chat}"),
            Self::Api(client) => write!(f, "api.{client}"),
        }
    }
}

impl From<ConversationId> for String {
    fn from(id: ConversationId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ConversationId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl FromStr for ConversationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let refused = IdError { kind: "a conversation id", expected: "<bot>.<chat>, export.<chat> or api.<client>" };
        let Some((place, rest)) = text.split_once('.') else { return Err(refused) };
        match place {
            "export" => rest.parse().map(Self::Export),
            "api" => ClientId::try_from(rest.to_owned()).map(Self::Api),
            bot => match (bot.parse(), rest.parse()) {
                (Ok(bot), Ok(chat)) => Ok(Self::Bot { bot, chat }),
                _ => Err(refused),
            },
        }
    }
}

/// Where a command comes from; the root of its id. The same origin gives the same ids, so a repeat is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Uuid);

impl Origin {
    /// Namespace of all ids that Chronogram derives (uuid5 of the DNS namespace and `chronogram`).
    const ROOT: Uuid = Uuid::from_u128(0x3f5f_2c6a_8f0e_5b52_9d52_74cb_0c5f_91d7);

    /// An origin named by its parts, for example `["http", principal, route, key]`.
    pub fn of(parts: &[&str]) -> Self {
        // The length before each part keeps ["ab","c"] and ["a","bc"] apart.
        let mut name = Vec::new();
        for part in parts {
            name.extend_from_slice(&part.len().to_be_bytes());
            name.extend_from_slice(part.as_bytes());
        }
        Self(Uuid::new_v5(&Self::ROOT, &name))
    }

    /// An origin that nothing else shares, from 16 random bytes.
    pub fn unique(random: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(random))
    }

    /// The id of an observation that has its identity in itself (a chat, a message, a digest of its content).
    pub fn event(self) -> EventId {
        EventId(self.0)
    }
}

/// The id of a command: `uuid5(origin, command name + stream)`, so one origin may issue several commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl CommandId {
    /// The id of the command `name` on `stream` that `origin` issues.
    pub fn of(origin: Origin, name: &str, stream: &StreamName) -> Self {
        Self(Uuid::new_v5(&origin.0, format!("{name} {stream}").as_bytes()))
    }

    /// The id of the command `name` that `origin` issues once, on whatever stream: under the key of a request the same
    /// command about something else is found, in any process.
    pub fn of_request(origin: Origin, name: &str) -> Self {
        Self(Uuid::new_v5(&origin.0, format!("request {name}").as_bytes()))
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message of ours that is to go out: derived from what asked for it, so that a repeat asks for the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyId(pub Uuid);

impl ReplyId {
    /// The `index`-th reply to what `origin` stands for.
    pub fn of(origin: Origin, index: usize) -> Self {
        Self(Uuid::new_v5(&origin.0, format!("reply {index}").as_bytes()))
    }
}

impl fmt::Display for ReplyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ReplyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self).map_err(|_| IdError { kind: "a reply id", expected: "a UUID" })
    }
}

/// A reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReminderId(pub Uuid);

impl ReminderId {
    /// The reminder that `origin` asks for.
    pub fn of(origin: Origin) -> Self {
        Self(Uuid::new_v5(&origin.0, b"reminder"))
    }

    /// The reminder's stream.
    pub fn stream(self) -> StreamName {
        StreamName::of("reminder", self)
    }
}

impl fmt::Display for ReminderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ReminderId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self).map_err(|_| IdError { kind: "a reminder id", expected: "a UUID" })
    }
}

/// The id of an event, unique in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// The id of the `index`-th event (from 0) of a command.
    pub fn of(command: CommandId, index: usize) -> Self {
        Self(Uuid::new_v5(&command.0, &(index as u64).to_be_bytes()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
