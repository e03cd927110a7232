//! `POST /api/messages`: records a message once, however often it is sent.
//!
//! With an `Idempotency-Key` the key decides what is a repeat; without one, the same text of the same client within
//! five seconds. A repeat hears the first answer, and which rule made it one.

mod idempotency;
mod input;
mod intake;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use chronogram_graphql::Role;
use chronogram_model::{CommandId, ConversationId, Origin};
use serde_json::json;

use crate::{HttpState, body, failure::Failure};
pub(crate) use idempotency::{InFlight, key as idempotency_key};
use input::MessageInput;
pub use intake::{DuplicateRule, IntakeError, MessageIntake, Original, RecordRequest, Recorded};

/// The largest text, every UTF-16 unit escaped as `\uXXXX`, has 24 KiB.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Part of a command's id: never changed.
const ROUTE: &str = "POST /api/messages";
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(crate) async fn handle(State(state): State<HttpState>, request: Request) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let principal = state.0.tokens.authenticate(&head.headers).await?;
    if !principal.allows(Role::Operator) {
        return Err(Failure::forbidden("messages are recorded by the roles operator and admin"));
    }
    let key = idempotency_key(&head.headers)?;
    let body = body::json(&head.headers, body, BODY_BYTES_MAX).await?;
    let received_at = state.0.clock.now();
    let input = MessageInput::parse(&body, received_at)?;

    let origin = match &key {
        Some(key) => Origin::of(&["http", &principal.name, ROUTE, key]),
        None => Origin::unique((state.0.random)()),
    };
    let stream = ConversationId::Api(input.client.clone()).stream();
    let command_id = CommandId::of(origin, "RecordMessage", &stream);
    let claim = key.is_some().then(|| state.0.in_flight.claim(command_id)).transpose()?;
    let request = RecordRequest {
        origin,
        fingerprint: key.is_some().then(|| input.fingerprint()),
        client: input.client,
        name: input.name,
        language: input.language,
        text: input.text,
        sent_at: input.sent_at.unwrap_or(received_at),
        received_at,
        has_key: key.is_some(),
        principal,
    };
    // A task of its own: a client that hangs up stops no append halfway, and keeps its key claimed until the end.
    let intake = state.0.intake.clone();
    let recording = state.0.tasks.spawn(async move {
        let recorded = intake.record(request).await;
        drop(claim);
        recorded
    });
    match recording.await {
        Ok(recorded) => Ok(answer(&recorded?)),
        Err(_panicked) => {
            let error_id = state.random_id();
            tracing::error!(error.id = %error_id, "recording a message panicked");
            Err(Failure::internal(error_id))
        }
    }
}

fn answer(recorded: &Recorded) -> Response {
    let mut body = json!({
        "message_id": recorded.message_id,
        "position": recorded.position,
        "duplicate": recorded.duplicate.is_some(),
    });
    if let (Some(original), Some(body)) = (&recorded.duplicate, body.as_object_mut()) {
        body.insert("original".to_owned(), json!(original));
    }
    match recorded.duplicate.as_ref().map(|original| original.rule) {
        None => (StatusCode::CREATED, Json(body)).into_response(),
        // The first answer again, with its status.
        Some(DuplicateRule::IdempotencyKey) => {
            (StatusCode::CREATED, [(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"))], Json(body))
                .into_response()
        }
        Some(DuplicateRule::SameTextWithin5s) => (StatusCode::OK, Json(body)).into_response(),
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::FingerprintMismatch => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "IDEMPOTENCY_KEY_REUSED",
                "this idempotency key was used before for another request: take a new key for a new message",
            ),
            IntakeError::Unavailable => {
                Self::unavailable("the message could not be recorded at the moment; send it again with the same key")
            }
        }
    }
}
