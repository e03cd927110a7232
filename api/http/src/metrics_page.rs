//! `/metrics` in Prometheus' text format: for operators on the public port, free on the operator's own machine.

use axum::{
    extract::State,
    http::{HeaderMap, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use chronogram_graphql::Role;

use crate::{HttpState, failure::Failure};

pub(crate) async fn with_token(State(state): State<HttpState>, headers: HeaderMap) -> Result<Response, Failure> {
    let principal = state.0.tokens.authenticate(&headers).await?;
    if !principal.allows(Role::Operator) {
        return Err(Failure::forbidden("metrics are for the roles operator and admin"));
    }
    Ok(rendered(&state))
}

pub(crate) async fn without_token(State(state): State<HttpState>) -> Response {
    rendered(&state)
}

fn rendered(state: &HttpState) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (state.0.metrics)()).into_response()
}
