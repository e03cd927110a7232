//! The trait all stores implement.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_model::{CommandId, EventId, StreamName};

use crate::{ExpectedRevision, NewEvent, Position, RecordedEvent, Revision};

/// Sizes that every store keeps.
pub mod limits {
    /// Events of one append: an import's batch of 500 messages and room for what comes with them.
    pub const EVENTS_PER_APPEND_MAX: usize = 1_000;
    /// Bytes of one event's data and metadata: the largest message is far below, the limit of `EventStoreDB` above.
    pub const EVENT_BYTES_MAX: usize = 1_048_576;
    /// Events of one page: bounds a reader's memory.
    pub const PAGE_EVENTS_MAX: usize = 10_000;
}

/// A store that crates pass around.
pub type SharedEventStore = Arc<dyn EventStore>;

/// What one command appends to one stream, all or nothing.
#[derive(Clone, Debug)]
pub struct Append {
    /// The command; a repeat appends nothing and gets the first result.
    pub command_id: CommandId,
    /// Digest of the request; a repeat of the command with another digest is refused.
    pub fingerprint: Option<String>,
    /// The stream.
    pub stream: StreamName,
    /// What the stream must look like.
    pub expected: ExpectedRevision,
    /// At least one event, at most [`limits::EVENTS_PER_APPEND_MAX`].
    pub events: Vec<NewEvent>,
}

/// The result of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the first event.
    pub first: Position,
    /// Position of the last event; the events of one append are neighbours.
    pub last: Position,
    /// Revision of the last event.
    pub revision: Revision,
    /// True when the command was known already and nothing was appended now.
    pub repeated: bool,
}

/// What the store knows of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandResult {
    /// Position of its first event.
    pub first: Position,
    /// Position of its last event.
    pub last: Position,
    /// Digest of its request.
    pub fingerprint: Option<String>,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first: load again and decide again.
    #[error("stream {stream} was expected at {expected}, it is at {}", actual.map_or("no stream".to_owned(), |r| format!("revision {r}")))]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What was expected.
        expected: ExpectedRevision,
        /// Its last revision now.
        actual: Option<Revision>,
    },
    /// These events are in the log already, by another command: leave them out and append the rest.
    #[error("{} of the events are in the log already", .0.len())]
    EventsKnown(HashSet<EventId>),
    /// The command id was used for another request.
    #[error("command {0} was used before for a different request")]
    FingerprintMismatch(CommandId),
    /// The append itself breaks a limit.
    #[error("{0}")]
    Invalid(String),
    /// The store failed. Nothing is known to be appended; the same command may be sent again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store itself failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Worth another try.
    #[error("the event store is unavailable while it should {operation}")]
    Unavailable {
        /// What was asked for.
        operation: &'static str,
        /// The cause, for the log of the operator.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// What was read cannot be: stop and look.
    #[error("the log is damaged at position {position}: {detail}")]
    Corrupt {
        /// Where.
        position: Position,
        /// What is wrong, without the data.
        detail: String,
    },
    /// The store is shutting down.
    #[error("the event store is closed")]
    Closed,
}

/// Which way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Which events a reader wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only these types; `None`: all.
    pub types: Option<Vec<String>>,
}

impl EventFilter {
    /// All events.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only events of these types.
    pub fn types<'a>(types: impl IntoIterator<Item = &'a str>) -> Self {
        Self { types: Some(types.into_iter().map(str::to_owned).collect()) }
    }

    /// Whether the reader wants events of this type.
    pub fn accepts(&self, event_type: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == event_type))
    }
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The events, in increasing order of position.
    pub events: Vec<RecordedEvent>,
    /// Everything up to here was looked at, wanted or not; where the next page starts after.
    pub up_to: Position,
    /// The head of the log when the page was read.
    pub head: Position,
}

/// An append-only log.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Appends the events of one command, durably, before it answers.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Events of one stream from revision `from` on (`Backward`: from there down), at most `limit`.
    /// A stream that does not exist has no events.
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError>;

    /// The first events of many streams at once, of each from its own revision on and at most `limit_each`: those of one
    /// stream stand together and in order, the streams in any order.
    async fn read_streams(
        &self,
        streams: &[(StreamName, Revision)],
        limit_each: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = Vec::new();
        for (stream, from) in streams {
            events.extend(self.read_stream(stream, *from, Direction::Forward, limit_each).await?);
        }
        Ok(events)
    }

    /// Events after `after`, oldest first, at most `limit` (and [`limits::PAGE_EVENTS_MAX`]).
    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError>;

    /// The position of the last event.
    async fn head(&self) -> Result<Position, StoreError>;

    /// Returns once the head is past `after`, or after `patience` at the latest.
    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError>;

    /// The first result of a command, if it was ever appended.
    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError>;

    /// Those of `ids` that are in the log.
    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError>;

    /// Hides a digest of what somebody said, in its place, the same way each time. Ids and fingerprints that are made
    /// of words stay in the log when the words are erased; without a secret, whoever reads it could try out which words
    /// make them. A store without a secret, where nothing is sealed either, leaves it as it is.
    fn veil(&self, _digest: &mut [u8]) {}
}
