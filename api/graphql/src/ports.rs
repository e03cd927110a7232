//! What the schema asks of the rest of the house; the binary binds it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_log::{Clock, Position, SharedEventStore};
use chronogram_model::{ChatId, ClientId, ConversationId, MessageId, PersonId};
use jiff::Timestamp;
use sqlx::PgPool;

use crate::{errors::Code, principal::Principal};

/// Everything the schema stands on.
#[derive(Clone)]
pub struct SchemaDeps {
    /// Connections whose `search_path` names the live read models.
    pub pool: PgPool,
    /// The log, for `events`.
    pub store: SharedEventStore,
    /// How far the read models are.
    pub projections: Arc<dyn ProjectionsView>,
    /// Where mutations go.
    pub mutations: Arc<dyn Mutations>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// The error of a port whose cause belongs in the log only.
pub type PortError = Box<dyn std::error::Error + Send + Sync>;

/// How far the read models are behind the log.
#[async_trait]
pub trait ProjectionsView: Send + Sync + 'static {
    /// Every projection, by name.
    async fn status(&self) -> Result<Vec<ProjectionStatus>, PortError>;

    /// Returns true once every live read model has folded `position`; false after `patience`.
    async fn wait_for(&self, position: Position, patience: Duration) -> bool;

    /// How fresh answers are now, from memory: it is asked once a request. `None` while nobody knows.
    fn as_of(&self) -> Option<AsOf>;
}

/// How fresh an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Every live read model has folded at least this much of the log.
    pub position: Position,
    /// Age of the oldest event that one of them has yet to fold, in milliseconds; 0 when they are at the head.
    pub lag_ms: u64,
}

/// One projection, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name: `conversations`.
    pub name: String,
    /// Version of its tables and fold.
    pub version: u32,
    /// How far it has folded the log.
    pub position: Position,
    /// Where the log ends.
    pub head: Position,
    /// Events between the two.
    pub lag_events: u64,
    /// Age of the oldest event it has yet to fold, in milliseconds.
    pub lag_ms: u64,
    /// What it is doing: `running`, `idle`, `stopped`.
    pub state: String,
    /// Why it stopped, where it did.
    pub error: Option<String>,
}

/// Idempotency key of a request, as data of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// The position that an answer must have seen, as data of the request: where a header carries it. The request extension
/// `minPosition` says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinPosition(pub Position);

/// Runs commands for the schema's mutations. The role was checked before.
#[async_trait]
pub trait Mutations: Send + Sync + 'static {
    /// Tracks a channel.
    async fn track_channel(
        &self,
        principal: &Principal,
        idempotency_key: Option<&str>,
        input: TrackChannel,
    ) -> Result<Appended, MutationError>;

    /// Stops tracking a channel.
    async fn untrack_channel(
        &self,
        principal: &Principal,
        idempotency_key: Option<&str>,
        channel: ChatId,
    ) -> Result<Appended, MutationError>;

    /// Records a message of a client of the API, and that its person was seen where a name is given.
    async fn record_message(
        &self,
        principal: &Principal,
        idempotency_key: Option<&str>,
        input: RecordMessage,
    ) -> Result<Recorded, MutationError>;

    /// Empties a person's profile.
    async fn clear_profile(
        &self,
        principal: &Principal,
        idempotency_key: Option<&str>,
        person: PersonId,
    ) -> Result<Appended, MutationError>;
}

/// A channel to track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackChannel {
    /// Which.
    pub channel: ChatId,
    /// Its @username without the @.
    pub username: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// A message of a client of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMessage {
    /// Who sends it; the conversation is `api.<client>`.
    pub client: ClientId,
    /// Name to show for the client.
    pub name: Option<String>,
    /// The client's language, an IETF tag.
    pub language: Option<String>,
    /// What it says, as it was given; cleaned of U+0000 by whoever makes the event of it.
    pub text: String,
    /// When it was sent, by the client's account; now where absent.
    pub sent_at: Option<Timestamp>,
}

/// What a mutation appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where its last event stands.
    pub position: Position,
    /// True when the same request was handled before and this is its first result.
    pub repeated: bool,
}

/// A recorded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What was appended.
    pub appended: Appended,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its number there.
    pub message: MessageId,
}

/// Why a mutation appended nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MutationError {
    /// The domain says no.
    #[error("{message}")]
    Rejected {
        /// [`Code::Conflict`] or [`Code::NotFound`].
        code: Code,
        /// Why, for people.
        message: String,
    },
    /// An input field is not as it must be.
    #[error("{field}: {message}")]
    Invalid {
        /// Which.
        field: String,
        /// Why, for people.
        message: String,
    },
    /// The idempotency key was used before for a different request.
    #[error("this idempotency key was used before for a different request")]
    FingerprintMismatch,
    /// Nothing is known to be appended; the same request may be sent again.
    #[error("the log is not available")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Our fault: something cannot be read or written.
    #[error("the command failed")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
}
