//! Why a request is refused, in the two shapes clients read: `application/problem+json` (RFC 9457) and GraphQL errors.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// One field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Where in the body: `client.id`.
    pub(crate) field: &'static str,
    /// What would be right.
    pub(crate) message: String,
}

/// A refusal. Its words are ours: never what somebody sent, never what a dependency said.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Vec<FieldError>,
    allow: Option<&'static str>,
    retry_after_seconds: Option<u32>,
    error_id: Option<Uuid>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            allow: None,
            retry_after_seconds: None,
            error_id: None,
        }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", detail)
    }

    pub(crate) fn unauthenticated() -> Self {
        let detail = "a valid token is needed: Authorization: Bearer chr_…";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail)
    }

    pub(crate) fn bad_fields(fields: Vec<FieldError>) -> Self {
        let named: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
        let mut failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "BAD_USER_INPUT", named.join("; "));
        failure.fields = fields;
        failure
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail).retry_after(1)
    }

    pub(crate) fn internal(error_id: Uuid) -> Self {
        let detail = "something went wrong on our side; the error id finds it in the log";
        let mut failure = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", detail);
        failure.error_id = Some(error_id);
        failure
    }

    pub(crate) fn only_methods(allow: &'static str, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", detail);
        failure.allow = Some(allow);
        failure
    }

    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// As a response to a GraphQL request. Whatever the client accepts, these are JSON.
    pub(crate) fn into_graphql(self, content_type: &'static str) -> Response {
        self.respond(content_type, &json!({ "errors": self.graphql_errors() }))
    }

    /// As the errors of an operation.
    pub(crate) fn graphql_errors(&self) -> Value {
        let mut extensions = json!({ "code": self.code, "retryable": self.retry_after_seconds.is_some() });
        if let (Some(id), Some(extensions)) = (self.error_id, extensions.as_object_mut()) {
            extensions.insert("errorId".to_owned(), json!(id));
        }
        json!([{ "message": self.detail, "extensions": extensions }])
    }

    fn into_problem(self) -> Response {
        let mut body = json!({
            "type": format!("urn:chronogram:error:{}", self.code.to_ascii_lowercase().replace('_', "-")),
            "title": self.status.canonical_reason().unwrap_or("Refused"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "retryable": self.retry_after_seconds.is_some(),
        });
        if let Some(body) = body.as_object_mut() {
            if !self.fields.is_empty() {
                body.insert("errors".to_owned(), json!(self.fields));
            }
            if let Some(id) = self.error_id {
                body.insert("errorId".to_owned(), json!(id));
            }
        }
        self.respond("application/problem+json", &body)
    }

    fn respond(&self, content_type: &'static str, body: &Value) -> Response {
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.into_problem()
    }
}

/// There is nothing at this path.
pub(crate) async fn no_such_route() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this path; / lists what there is")
}

/// The path exists, the method does not; the router names those that do in `Allow`.
pub(crate) async fn wrong_method() -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", "this path has other methods: see the header Allow")
}
