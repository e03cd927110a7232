//! GraphQL over HTTP by the specification's draft: all 61 audits of the npm package `graphql-http`.
//!
//! A *request error* (nothing was executed: no data, and no error has a path) has no `data` and answers 400 where
//! `application/graphql-response+json` was asked for, 200 where `application/json` was.
//!
//! A GET that asks for WebSocket is the business of [`crate::subscriptions`].

mod accept;
mod nesting;
mod parameters;
mod request;

use async_graphql::{Request as GraphqlRequest, Response as GraphqlResponse, parser::types::OperationType};
use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use chronogram_graphql::{IdempotencyKey, MinPosition};
use chronogram_log::Position;
use futures::stream::BoxStream;

use crate::{HttpState, body, failure::Failure, messages, subscriptions};
use accept::MediaType;
pub(crate) use parameters::Parameters;
pub(crate) use request::{Asked, coded, is_request_error};

/// As the request extension `minPosition`.
const MIN_POSITION: &str = "X-Min-Position";
/// Content type of answers, and of refusals where nothing else was agreed on.
pub(crate) const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
/// The largest generated documents of clients have some ten KiB; variables hold plugins' settings, not files.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Whatever executes GraphQL. The request's data holds the `Principal`, and the `IdempotencyKey` and the `MinPosition`
/// where they were sent.
#[async_trait]
pub trait GraphqlExecutor: Send + Sync + 'static {
    /// Executes a query or a mutation.
    async fn execute(&self, request: GraphqlRequest) -> GraphqlResponse;

    /// Executes a subscription: its results, until it ends or is dropped.
    fn subscribe(&self, request: GraphqlRequest) -> BoxStream<'static, GraphqlResponse>;
}

pub(crate) async fn handle(State(state): State<HttpState>, request: Request) -> Response {
    if subscriptions::is_wanted(&request) {
        let accepted = subscriptions::accept(&state, request).await;
        return accepted.unwrap_or_else(|failure| failure.into_graphql(JSON));
    }
    let Some(media_type) = accept::negotiate(request.headers()) else {
        let detail = "answers are application/graphql-response+json or application/json";
        return Failure::new(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", detail).into_graphql(JSON);
    };
    match answer(&state, request).await {
        Ok(response) => rendered(response, media_type),
        Err(failure) => failure.into_graphql(content_type(media_type)),
    }
}

async fn answer(state: &HttpState, request: Request) -> Result<GraphqlResponse, Failure> {
    let (head, body) = request.into_parts();
    if !matches!(head.method, Method::GET | Method::POST) {
        return Err(Failure::only_methods("GET, POST", "send queries by GET or POST, mutations by POST"));
    }
    let principal = state.0.tokens.authenticate(&head.headers).await?;
    let idempotency_key = messages::idempotency_key(&head.headers)?;
    let min_position = min_position(&head.headers)?;
    let parameters = if head.method == Method::GET {
        Parameters::from_query_string(&head.uri)?
    } else {
        Parameters::from_body(&body::json(&head.headers, body, BODY_BYTES_MAX).await?)?
    };
    let mut request = match Asked::of(parameters) {
        Ok(Asked { operation: OperationType::Subscription, .. }) => return Ok(request::only_over_websocket()),
        Ok(Asked { operation, .. }) if operation != OperationType::Query && head.method == Method::GET => {
            // A link or an image on any page could send it otherwise.
            return Err(Failure::only_methods("POST", "GET runs queries only; send this operation by POST"));
        }
        Ok(Asked { request, .. }) => request.data(principal),
        Err(refusal) => return Ok(*refusal),
    };
    if let Some(key) = idempotency_key {
        request = request.data(IdempotencyKey(key));
    }
    if let Some(position) = min_position {
        request = request.data(MinPosition(position));
    }
    Ok(state.0.graphql.execute(request).await)
}

/// The position that the answer must have seen, for clients that cannot send request extensions.
fn min_position(headers: &HeaderMap) -> Result<Option<Position>, Failure> {
    let Some(value) = headers.get(MIN_POSITION) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok()).map(Position);
    let malformed = || Failure::bad_request(format!("{MIN_POSITION} must be a position: a whole number from 0"));
    position.map(Some).ok_or_else(malformed)
}

fn rendered(response: GraphqlResponse, media_type: MediaType) -> Response {
    let headers = response.http_headers.clone();
    let mut rendered = if is_request_error(&response) {
        let extensions = response.extensions;
        let mut refusal = coded(response.errors, "GRAPHQL_VALIDATION_FAILED");
        refusal.extensions = extensions;
        let status = match media_type {
            MediaType::GraphqlResponse => StatusCode::BAD_REQUEST,
            MediaType::Json => StatusCode::OK,
        };
        (status, without_data(&refusal)).into_response()
    } else {
        match serde_json::to_string(&response) {
            Ok(body) => body.into_response(),
            Err(error) => {
                tracing::error!(error = %error, "a GraphQL response could not be written as JSON");
                let detail = "the answer could not be written as JSON";
                let code = "INTERNAL_SERVER_ERROR";
                return Failure::new(StatusCode::INTERNAL_SERVER_ERROR, code, detail).into_graphql(JSON);
            }
        }
    };
    rendered.headers_mut().extend(headers);
    rendered.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type(media_type)));
    rendered
}

fn without_data(response: &GraphqlResponse) -> String {
    let mut body = serde_json::json!({ "errors": response.errors });
    if let (false, Some(body)) = (response.extensions.is_empty(), body.as_object_mut()) {
        body.insert("extensions".to_owned(), serde_json::json!(response.extensions));
    }
    body.to_string()
}

fn content_type(media_type: MediaType) -> &'static str {
    match media_type {
        MediaType::GraphqlResponse => GRAPHQL_RESPONSE,
        MediaType::Json => JSON,
    }
}
