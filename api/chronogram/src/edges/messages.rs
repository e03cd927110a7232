//! Recording a message: who sent it was seen, then the message itself. HTTP and GraphQL meet here.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_handlers::{Context, HandleError};
use chronogram_http::{DuplicateRule, IntakeError, MessageIntake, Original, RecordRequest, Recorded};
use chronogram_log::{Actor, Direction, Position, Revision};
use chronogram_model::{
    ConversationId, MessageContent, MessageId, PersonId, Personal, cleaned,
    conversation::{ConversationEvent, MessageReceived, MessageRejection, RecordMessage},
    person::{PersonCommand, PersonName, PersonSeen},
    without_nul,
};

use super::Commands;

/// How far back an original is looked for: more than a client says within the window of the rule.
const ORIGINAL_LOOK_BACK_EVENTS: usize = 128;

/// Why a message was not recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("the idempotency key was used before for another request")]
    FingerprintMismatch,
    #[error("the message could not be recorded")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl<R: std::error::Error + Send + Sync + 'static> From<HandleError<R>> for RecordError {
    fn from(error: HandleError<R>) -> Self {
        match error {
            HandleError::FingerprintMismatch(_) => Self::FingerprintMismatch,
            other => Self::Failed(Arc::new(other)),
        }
    }
}

impl Commands {
    /// Records it, or finds what was recorded before.
    pub(super) async fn record(&self, request: RecordRequest) -> Result<Recorded, RecordError> {
        let person = PersonId::Api(request.client.clone());
        let actor = Actor::Principal(request.principal.name.clone());
        // Both commands have ids of their own from one origin: killed between the two, a repeat does what is missing.
        let seen = Context::new(request.origin, actor.clone());
        self.people.handle(&PersonCommand::See(person_seen(&person, &request)), &seen).await?;

        let conversation = ConversationId::Api(request.client.clone());
        let (text, nul_replaced) = without_nul(&request.text);
        let command = RecordMessage {
            conversation: conversation.clone(),
            person,
            content: MessageContent { text, nul_replaced, ..MessageContent::default() },
            sent_at: request.sent_at,
            received_at: request.received_at,
            has_idempotency_key: request.has_key,
        };
        let context = Context::new(request.origin, actor).with_fingerprint(request.fingerprint.clone());
        match self.conversations.handle(&command, &context).await {
            Ok(handled) => {
                let message = handled.events.iter().find_map(message_of);
                let (Some(message), Some(position)) = (message, handled.position) else {
                    return Err(failed("a recorded message has no event".into()));
                };
                let original = || Original {
                    message_id: message.message_id,
                    received_at: message.received_at.unwrap_or(message.sent_at),
                    rule: DuplicateRule::IdempotencyKey,
                };
                let duplicate = handled.repeated.then(original);
                Ok(Recorded { message_id: message.message_id, position, duplicate })
            }
            Err(HandleError::Rejected(MessageRejection::SameTextAgain { message_id, received_at })) => {
                let position = self.position_of(&conversation, message_id).await?;
                let original = Original { message_id, received_at, rule: DuplicateRule::SameTextWithin5s };
                Ok(Recorded { message_id, position, duplicate: Some(original) })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn position_of(&self, conversation: &ConversationId, message: MessageId) -> Result<Position, RecordError> {
        let newest = Revision(i64::MAX as u64);
        let events = self
            .store
            .read_stream(&conversation.stream(), newest, Direction::Backward, ORIGINAL_LOOK_BACK_EVENTS)
            .await
            .map_err(|error| failed(error.into()))?;
        for event in &events {
            let decoded = self.codec.decode::<ConversationEvent>(event).map_err(|error| failed(error.into()))?;
            if decoded.as_ref().and_then(message_of).is_some_and(|found| found.message_id == message) {
                return Ok(event.position);
            }
        }
        Err(failed("the original of a repeated message is not in its stream".into()))
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> RecordError {
    RecordError::Failed(error.into())
}

fn message_of(event: &ConversationEvent) -> Option<&MessageReceived> {
    match event {
        ConversationEvent::MessageReceived(message) => Some(message),
        _ => None,
    }
}

fn person_seen(person: &PersonId, request: &RecordRequest) -> PersonSeen {
    let name = PersonName { display: request.name.as_deref().map(cleaned), username: None };
    PersonSeen {
        person: person.clone(),
        name: Personal::of(person.clone(), name),
        language: request.language.clone(),
        chat: None,
        seen_at: request.received_at,
    }
}

#[async_trait]
impl MessageIntake for Commands {
    async fn record(&self, request: RecordRequest) -> Result<Recorded, IntakeError> {
        Self::record(self, request).await.map_err(|error| match error {
            RecordError::FingerprintMismatch => IntakeError::FingerprintMismatch,
            RecordError::Failed(source) => {
                tracing::error!(error = %source, "message.record_failed");
                IntakeError::Unavailable
            }
        })
    }
}
