//! The control API over HTTP: every function of [`Control`] under `/standin`. README.md has examples.

mod asking;
mod doing;
mod events;
mod guard;
mod wrong;

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde_json::json;

use super::{Control, ControlError};
use crate::{api::ApiError, hub::Hub};

/// A refusal of the control API: `{"error": "…"}`.
#[derive(Debug)]
struct Refused(ControlError);

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        use axum::http::StatusCode;
        let status = match &self.0 {
            ControlError::NoSuchUser(_) | ControlError::NoSuchChat(_) | ControlError::NoSuchMessage(..) => {
                StatusCode::NOT_FOUND
            }
            ControlError::NoAnswer => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}

/// The routes, and who may use them.
pub(crate) fn routes(hub: Arc<Hub>) -> axum::Router {
    let chat = "/standin/chats/{chat}";
    let message = "/standin/chats/{chat}/messages/{message}";
    axum::Router::new()
        .route("/standin/users", get(asking::users).post(doing::make_user))
        .route("/standin/users/{user}/start", post(doing::start))
        .route("/standin/users/{user}/block", post(doing::block))
        .route("/standin/users/{user}/unblock", post(doing::unblock))
        .route("/standin/chats", get(asking::chats).post(doing::make_chat))
        .route(&format!("{chat}/transcript"), get(asking::transcript))
        .route(&format!("{chat}/wait"), get(asking::wait_for_message))
        .route(&format!("{chat}/menu"), get(asking::menu))
        .route(&format!("{chat}/member-count"), put(doing::set_member_count))
        .route(&format!("{chat}/members/{{user}}"), put(doing::set_member))
        .route(&format!("{chat}/upgrade"), post(doing::upgrade))
        .route(&format!("{chat}/messages"), post(doing::send))
        .route(&format!("{chat}/files"), post(doing::send_file))
        .route(message, axum::routing::patch(doing::edit).delete(doing::delete))
        .route(&format!("{message}/press"), post(doing::press))
        .route(&format!("{message}/reaction"), put(doing::react))
        .route(&format!("{message}/pay"), post(doing::pay))
        .route("/standin/files/{file}", get(asking::file))
        .route("/standin/calls", get(asking::calls).delete(wrong::forget_calls))
        .route("/standin/calls/wait", get(asking::wait_for_call))
        .route("/standin/statistics", get(asking::statistics))
        .route("/standin/faults", get(wrong::faults).post(wrong::fail_next).delete(wrong::clear_faults))
        .route("/standin/limits", get(wrong::limits).put(wrong::set_limits))
        .route("/standin/updates", get(asking::pending_updates).post(wrong::inject))
        .route("/standin/updates/wait-until-taken", get(asking::wait_until_taken))
        .route("/standin/updates/duplicate", put(wrong::duplicate))
        .route("/standin/updates/skip", put(wrong::skip))
        .route("/standin/updates/reverse", put(wrong::reverse))
        .route("/standin/events", get(events::stream))
        .route("/standin/{*unknown}", delete(nothing).get(nothing).post(nothing).put(nothing).patch(nothing))
        .layer(axum::middleware::from_fn(guard::from_this_machine))
        .with_state(Control { hub })
}

async fn nothing() -> Response {
    ApiError::not_found().into_response()
}

/// A JSON body, or `{"error": …}` with what is wrong in it.
struct Body<T>(T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Self::Rejection> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(error) => Err(Refused(ControlError::Invalid(error.body_text()))),
        }
    }
}

/// A query string, or `{"error": …}` with what is wrong in it.
struct Query<T>(T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Self::Rejection> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => Err(Refused(ControlError::Invalid(error.body_text()))),
        }
    }
}
