//! What the edge asks of whoever records messages.

use async_trait::async_trait;
use chronogram_graphql::Principal;
use chronogram_log::Position;
use chronogram_model::{ClientId, MessageId, Origin};
use jiff::Timestamp;
use serde::Serialize;

/// A message to record, valid in all its fields.
#[derive(Clone, Debug)]
pub struct RecordRequest {
    /// Root of the commands' ids: the same for every repeat with the same key; unique without a key.
    pub origin: Origin,
    /// Digest of what was sent; absent without a key.
    pub fingerprint: Option<String>,
    /// Whose message it is.
    pub client: ClientId,
    /// What the client is called.
    pub name: Option<String>,
    /// Language tag of the client, like `de-AT`.
    pub language: Option<String>,
    /// 1 to 4096 UTF-16 units, as sent: U+0000 may stand in it and is yet to be replaced.
    pub text: String,
    /// When it was sent, by the client's account; else when it was received.
    pub sent_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whether an idempotency key was given, and the rule of the same text does not count.
    pub has_key: bool,
    /// Who asked.
    pub principal: Principal,
}

/// A message that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in its conversation; of a duplicate, the original's.
    pub message_id: MessageId,
    /// Its place in the log; of a duplicate, the original's.
    pub position: Position,
    /// The original, when nothing new was recorded.
    pub duplicate: Option<Original>,
}

/// What a duplicate is a duplicate of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Original {
    /// The original's number in its conversation.
    pub message_id: MessageId,
    /// When the original was received.
    pub received_at: Timestamp,
    /// Why the two are one.
    pub rule: DuplicateRule,
}

/// Why a message is a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum DuplicateRule {
    /// The same idempotency key.
    #[serde(rename = "idempotency_key")]
    IdempotencyKey,
    /// The same text of the same client within five seconds, no key given.
    #[serde(rename = "same_text_within_5s")]
    SameTextWithin5s,
}

/// Why nothing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// The command was issued before with another fingerprint.
    #[error("the idempotency key was used before for another request")]
    FingerprintMismatch,
    /// Worth another try with the same key. The cause is logged by the intake.
    #[error("the message could not be recorded at the moment")]
    Unavailable,
}

/// Records messages.
#[async_trait]
pub trait MessageIntake: Send + Sync + 'static {
    /// Records the message durably before it answers, or answers with what was recorded before.
    async fn record(&self, request: RecordRequest) -> Result<Recorded, IntakeError>;
}
