//! Events as the log carries them: encoded data and what stands beside it.

use std::borrow::Cow;

use chronogram_model::{CommandId, EventId, PersonId, StreamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Position, Revision};

/// A JSON text, known to be well formed. Kept as written: the log never reorders or reformats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(String);

impl JsonText {
    /// `value` as JSON.
    pub fn of(value: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::to_string(value).map(Self)
    }

    /// A text that came out of a JSON writer, or of a column that holds only JSON.
    pub fn from_trusted(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who wanted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A principal of the API, by the name of its token.
    Principal(String),
    /// Somebody at the command line.
    Operator,
    /// An automation, by name.
    Automation(String),
    /// A person who spoke to a bot.
    Person(PersonId),
}

/// What stands beside every event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The command that led to it.
    pub command_id: CommandId,
    /// What all events of one cause have in common.
    pub correlation: uuid::Uuid,
    /// The event that caused the command, where an event did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// Who wanted it.
    pub actor: Actor,
    /// Digest of the request, for idempotency keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// An event to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Unique in the log.
    pub id: EventId,
    /// Name of the data's shape: one of ours, or one that a client of the served protocol brought.
    pub event_type: Cow<'static, str>,
    /// Version of the data's shape.
    pub version: u16,
    /// The data.
    pub data: JsonText,
    /// What stands beside it.
    pub metadata: JsonText,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    pub revision: Revision,
    /// Unique in the log.
    pub id: EventId,
    /// Name of the data's shape.
    pub event_type: String,
    /// Version of the data's shape.
    pub version: u16,
    /// The data.
    pub data: JsonText,
    /// What stands beside it.
    pub metadata: JsonText,
    /// When the store took it, by the store's clock.
    pub recorded_at: Timestamp,
}

impl RecordedEvent {
    /// What stands beside the event, parsed.
    pub fn metadata(&self) -> serde_json::Result<Metadata> {
        serde_json::from_str(self.metadata.as_str())
    }
}
