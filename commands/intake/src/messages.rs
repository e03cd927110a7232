//! Recording a message of a client of the API: who sent it was seen, then the message itself.

use std::sync::Arc;

use chronogram_handlers::{HandleError, Handled};
use chronogram_log::{Direction, Position, Revision};
use chronogram_model::{
    ClientId, ConversationId, Decider as _, MessageContent, MessageId, PersonId, Personal, cleaned, conversation,
    conversation::{Conversation, ConversationEvent, MessageReceived, MessageRejection},
    person::{PersonCommand, PersonName, PersonSeen},
    without_nul,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Asking, Intake, IntakeError, RefusalKind, check_language, check_name, check_sent_at, check_text, error::Refusal,
    field_rules::faults,
};

/// How far back an original is looked for: more than a client says within the window of the rule.
const ORIGINAL_LOOK_BACK_EVENTS: usize = 128;

/// A message of a client of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordMessage {
    /// Who sends it; the conversation is `api.<client>`.
    pub client: ClientId,
    /// Name to show for the client: 1 to 256 characters.
    pub name: Option<String>,
    /// The client's language, an IETF tag.
    pub language: Option<String>,
    /// What it says: 1 to 4096 UTF-16 units. U+0000 may stand in it and is replaced.
    pub text: String,
    /// When it was sent, by the client's account; when it was received where absent.
    pub sent_at: Option<Timestamp>,
}

/// A message that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it was said.
    pub conversation: ConversationId,
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

impl RecordMessage {
    /// Everything that is not as it must be.
    fn check(&self, now: Timestamp) -> Result<(), IntakeError> {
        faults([
            ("name", self.name.as_deref().map_or(Ok(()), check_name)),
            ("language", self.language.as_deref().map_or(Ok(()), check_language)),
            ("text", check_text(&self.text)),
            ("sent_at", self.sent_at.map_or(Ok(()), |at| check_sent_at(at, now))),
        ])
    }
}

impl Intake {
    /// Records a message, or finds what was recorded before: under the same key, or, where none is given, the same text
    /// of the same client within five seconds.
    pub async fn record_message(&self, asking: &Asking, message: RecordMessage) -> Result<Recorded, IntakeError> {
        let received_at = self.clock.now();
        message.check(received_at)?;
        let context = asking.context(self, &message)?;
        let person = PersonId::Api(message.client.clone());
        let conversation = ConversationId::Api(message.client.clone());
        let (text, nul_replaced) = without_nul(&message.text);
        let command = conversation::RecordMessage {
            conversation: conversation.clone(),
            person: person.clone(),
            content: MessageContent { text, nul_replaced, ..MessageContent::default() },
            sent_at: message.sent_at.unwrap_or(received_at),
            received_at,
            has_idempotency_key: asking.key.is_some(),
        };
        // Before anything is appended: under a key that was used for another client nobody is seen.
        if asking.key.is_some() {
            let name = Conversation::name(&command);
            if let Some(first) = self.conversations.earlier(name, &conversation.stream(), &context).await? {
                return recorded(conversation, &first);
            }
        }
        // Both commands have ids of their own from one origin: killed between the two, a repeat does what is missing.
        // Only the message carries the fingerprint, and tells a repeat with other words that it is none.
        let seen = context.clone().with_fingerprint(None);
        self.people.handle(&PersonCommand::See(person_seen(&person, &message, received_at)), &seen).await?;
        match self.conversations.handle(&command, &context).await {
            Ok(handled) => recorded(conversation, &handled),
            Err(HandleError::Rejected(MessageRejection::SameTextAgain { message_id, received_at })) => {
                let position = self.position_of(&conversation, message_id).await?;
                let original = Original { message_id, received_at, rule: DuplicateRule::SameTextWithin5s };
                Ok(Recorded { conversation, message_id, position, duplicate: Some(original) })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn position_of(&self, conversation: &ConversationId, message: MessageId) -> Result<Position, IntakeError> {
        let newest = Revision(i64::MAX as u64);
        let events = self
            .store
            .read_stream(&conversation.stream(), newest, Direction::Backward, ORIGINAL_LOOK_BACK_EVENTS)
            .await
            .map_err(|error| IntakeError::Unavailable(Arc::new(error)))?;
        for event in &events {
            let decoded = self.codec.decode::<ConversationEvent>(event);
            let decoded = decoded.map_err(|error| IntakeError::Failed(Arc::new(error)))?;
            if decoded.as_ref().and_then(message_of).is_some_and(|found| found.message_id == message) {
                return Ok(event.position);
            }
        }
        Err(IntakeError::failed("the original of a repeated message is not in its stream"))
    }
}

impl Refusal for MessageRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::SameTextAgain { .. } => RefusalKind::Conflict,
        }
    }
}

/// What is told of a message that is recorded, now or by an earlier request under the same key.
fn recorded(conversation: ConversationId, handled: &Handled<ConversationEvent>) -> Result<Recorded, IntakeError> {
    let (Some(message), Some(position)) = (handled.events.iter().find_map(message_of), handled.position) else {
        return Err(IntakeError::failed("a recorded message has no event"));
    };
    let original = || Original {
        message_id: message.message_id,
        received_at: message.received_at.unwrap_or(message.sent_at),
        rule: DuplicateRule::IdempotencyKey,
    };
    let duplicate = handled.repeated.then(original);
    Ok(Recorded { conversation, message_id: message.message_id, position, duplicate })
}

fn message_of(event: &ConversationEvent) -> Option<&MessageReceived> {
    match event {
        ConversationEvent::MessageReceived(message) => Some(message),
        _ => None,
    }
}

fn person_seen(person: &PersonId, message: &RecordMessage, seen_at: Timestamp) -> PersonSeen {
    let name = PersonName { display: message.name.as_deref().map(cleaned), username: None };
    PersonSeen {
        person: person.clone(),
        name: Personal::of(person.clone(), name),
        language: message.language.clone(),
        premium: None,
        chat: None,
        seen_at,
    }
}
