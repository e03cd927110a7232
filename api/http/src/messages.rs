//! `POST /api/messages`: records a message once, however often it is sent.
//!
//! With an `Idempotency-Key` the key decides what is a repeat; without one, the same text of the same client within
//! five seconds. A repeat hears the first answer, and which rule made it one.

mod idempotency;
mod input;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use chronogram_graphql::Role;
use chronogram_intake::{Asking, DuplicateRule, FieldFault, IntakeError, Recorded};
use serde_json::json;

use crate::{
    HttpState, body,
    failure::{Failure, FieldError},
};
pub(crate) use idempotency::{InFlight, key as idempotency_key, key_in as idempotency_key_in};
use input::MessageInput;

/// The largest text, every UTF-16 unit escaped as `\uXXXX`, has 24 KiB.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Names this way of asking in ids: never changed.
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
    let message = MessageInput::parse(&body, state.0.clock.now())?.0;
    let asking = Asking { principal: principal.name, route: ROUTE, key };
    let claim = asking.keyed_origin().map(|origin| state.0.in_flight.claim(origin)).transpose()?;
    // A task of its own: a client that hangs up stops no append halfway, and keeps its key claimed until the end.
    let intake = state.0.intake.clone();
    let recording = state.0.tasks.spawn(async move {
        let recorded = intake.record_message(&asking, message).await;
        drop(claim);
        recorded
    });
    match recording.await {
        Ok(Ok(recorded)) => Ok(answer(&recorded)),
        Ok(Err(error)) => Err(refusal(&state, error)),
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

fn refusal(state: &HttpState, error: IntakeError) -> Failure {
    match error {
        IntakeError::Invalid(faults) => Failure::bad_fields(faults.into_iter().map(named).collect()),
        IntakeError::Refused { message, .. } => Failure::new(StatusCode::CONFLICT, "CONFLICT", message),
        IntakeError::KeyReused => Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            "this idempotency key was used before for another request: take a new key for a new message",
        ),
        IntakeError::Unavailable(source) => {
            tracing::warn!(error = %source, "message.record_unavailable");
            Failure::unavailable("the message could not be recorded at the moment; send it again with the same key")
        }
        IntakeError::Failed(source) => {
            let error_id = state.random_id();
            tracing::error!(error.id = %error_id, error = %source, "message.record_failed");
            Failure::internal(error_id)
        }
    }
}

/// A field by the place it has in the body.
fn named(fault: FieldFault) -> FieldError {
    let field = match fault.field {
        "name" => "client.name",
        "language" => "client.language",
        other => other,
    };
    FieldError { field, message: fault.message }
}
