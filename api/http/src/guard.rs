//! Bounds around every handler: number, time, and a panic that stays one request's own.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use crate::{HttpState, failure::Failure, graphql};

/// Lets at most `Limits::in_flight_max` requests in; the others are told at once to come back.
pub(crate) async fn in_flight(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let Ok(_slot) = state.0.slots.clone().try_acquire_owned() else {
        metrics::counter!("http_shed_total").increment(1);
        return shaped(request.uri().path(), Failure::unavailable("too many requests at once; try again shortly"));
    };
    next.run(request).await
}

/// Answers 504 after `Limits::request_timeout`, and 500 with an error id when a handler panics.
pub(crate) async fn time_and_panics(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(state.0.limits.request_timeout, work).await {
        Ok(Ok(response)) => response,
        // What the panic said goes to the process's panic hook only: it may quote somebody's words.
        Ok(Err(_panic)) => {
            let error_id = state.random_id();
            tracing::error!(error.id = %error_id, "a request handler panicked");
            shaped(&path, Failure::internal(error_id))
        }
        Err(_elapsed) => {
            tracing::warn!("a request took too long and was given up");
            let detail = format!("no answer within {} s", state.0.limits.request_timeout.as_secs_f32());
            shaped(&path, Failure::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", detail).retry_after(1))
        }
    }
}

/// In the shape that clients of this path read.
fn shaped(path: &str, failure: Failure) -> Response {
    if path == "/graphql" { failure.into_graphql(graphql::JSON) } else { failure.into_response() }
}
