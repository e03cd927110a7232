//! Telegram's envelope and its refusals, with the real server's words.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::ids::ChatId;

/// What a method gives: its result, or why not.
pub(crate) type Outcome = Result<Value, ApiError>;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) retry_after: Option<u32>,
    pub(crate) migrate_to_chat_id: Option<ChatId>,
}

impl ApiError {
    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None, migrate_to_chat_id: None }
    }

    /// 400, `Bad Request: …`.
    pub(crate) fn bad(why: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {why}"))
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// 403, `Forbidden: …`.
    pub(crate) fn forbidden(why: impl std::fmt::Display) -> Self {
        Self::new(403, format!("Forbidden: {why}"))
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 409, `Conflict: …`.
    pub(crate) fn conflict(why: &str) -> Self {
        Self::new(409, format!("Conflict: {why}"))
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    /// 429.
    pub(crate) fn too_many(retry_after: u32) -> Self {
        let description = format!("Too Many Requests: retry after {retry_after}");
        Self { retry_after: Some(retry_after), ..Self::new(429, description) }
    }

    /// 400: the group goes on as a supergroup.
    pub(crate) fn upgraded(to: ChatId) -> Self {
        Self { migrate_to_chat_id: Some(to), ..Self::bad("group chat was upgraded to a supergroup chat") }
    }

    /// 500: the stand-in's own disk failed.
    pub(crate) fn internal() -> Self {
        Self::new(500, "Internal Server Error")
    }
}

/// A bad text is a bad request.
impl From<crate::entities::FormattingError> for ApiError {
    fn from(error: crate::entities::FormattingError) -> Self {
        Self::bad(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        let parameters = match (self.retry_after, self.migrate_to_chat_id) {
            (Some(seconds), _) => Some(json!({ "retry_after": seconds })),
            (None, Some(chat)) => Some(json!({ "migrate_to_chat_id": chat })),
            (None, None) => None,
        };
        if let (Some(parameters), Some(body)) = (parameters, body.as_object_mut()) {
            body.insert("parameters".to_owned(), parameters);
        }
        (status, Json(body)).into_response()
    }
}

/// The envelope around an outcome.
pub(crate) fn envelope(outcome: Outcome) -> Response {
    match outcome {
        Ok(result) => Json(json!({ "ok": true, "result": result })).into_response(),
        Err(error) => error.into_response(),
    }
}
