//! One operation over a socket: a subscription with its results, or a query or mutation with its one.

use std::panic::AssertUnwindSafe;

use async_graphql::{Request as GraphqlRequest, Response as GraphqlResponse, Value, parser::types::OperationType};
use axum::http::StatusCode;
use chronogram_graphql::{IdempotencyKey, Principal};
use futures::{FutureExt, StreamExt, stream};
use tokio::time::timeout;

use super::{messages::ServerMessage, operations::Reporter};
use crate::{
    HttpState,
    failure::Failure,
    graphql::{Asked, Parameters, coded, is_request_error},
    messages::idempotency_key_in,
};

/// The extension of a request that holds its idempotency key: messages have no headers.
const IDEMPOTENCY_KEY: &str = "idempotencyKey";

/// An operation to run.
pub(super) struct Operation {
    pub(super) kind: OperationType,
    state: HttpState,
    request: GraphqlRequest,
}

/// What an operation says, as the message for its client.
pub(super) enum Outcome {
    /// One result; others or the end may follow.
    Result(String),
    /// The last word.
    End(String),
}

impl Operation {
    /// What `parameters` ask for in the name of `principal`, or the errors where that is not clear.
    pub(super) fn of(
        state: &HttpState,
        principal: &Principal,
        parameters: Parameters,
    ) -> Result<Self, serde_json::Value> {
        let Asked { mut request, operation } = Asked::of(parameters).map_err(|refusal| errors_of(*refusal))?;
        if let Some(Value::String(key)) = request.extensions.get(IDEMPOTENCY_KEY) {
            let key = idempotency_key_in(key).map_err(|failure| failure.graphql_errors())?;
            request = request.data(IdempotencyKey(key));
        }
        Ok(Self { kind: operation, state: state.clone(), request: request.data(principal.clone()) })
    }

    /// Runs it and tells all that comes of it, as long as somebody listens.
    pub(super) async fn run(self, reporter: Reporter) {
        let Self { kind, state, request } = self;
        let id = reporter.id();
        let results = match kind {
            OperationType::Subscription => {
                let graphql = state.0.graphql.clone();
                stream::once(async move { graphql.subscribe(request) }).flatten().map(Ok).boxed()
            }
            OperationType::Query | OperationType::Mutation => stream::once(single(state.clone(), request)).boxed(),
        };
        let mut results = AssertUnwindSafe(results).catch_unwind();
        let mut is_first = true;
        while let Some(result) = results.next().await {
            let outcome = match result {
                Ok(Ok(response)) if is_first && is_refusal(kind, &response) => failed(&state, id, errors_of(response)),
                Ok(Ok(response)) => ServerMessage::Next { id, payload: &response }
                    .text()
                    .map_or_else(|error| unwritable(&state, id, &error), Outcome::Result),
                Ok(Err(failure)) => failed(&state, id, failure.graphql_errors()),
                // What the panic said goes to the process's panic hook only: it may quote somebody's words.
                Err(_panic) => {
                    let error_id = state.random_id();
                    tracing::error!(error.id = %error_id, "an operation over WebSocket panicked");
                    failed(&state, id, Failure::internal(error_id).graphql_errors())
                }
            };
            is_first = false;
            let is_end = matches!(outcome, Outcome::End(_));
            if !reporter.tell(outcome).await || is_end {
                return;
            }
        }
        let end = ServerMessage::Complete { id }.text();
        reporter.tell(end.map_or_else(|error| unwritable(&state, id, &error), Outcome::End)).await;
    }
}

/// The answer to a query or a mutation, under the bounds of requests over plain HTTP.
async fn single(state: HttpState, request: GraphqlRequest) -> Result<GraphqlResponse, Failure> {
    let Ok(_slot) = state.0.slots.clone().try_acquire_owned() else {
        metrics::counter!("http_shed_total").increment(1);
        return Err(Failure::unavailable("too many requests at once; try again shortly"));
    };
    let patience = state.0.limits.request_timeout;
    timeout(patience, state.0.graphql.execute(request).boxed()).await.map_err(|_elapsed| {
        tracing::warn!("an operation over WebSocket took too long and was given up");
        let detail = format!("no answer within {} s", patience.as_secs_f32());
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", detail).retry_after(1)
    })
}

/// Whether the first answer says that there is none: nothing was executed, or the subscription never began. An error
/// within a result has a path that leads into it.
fn is_refusal(kind: OperationType, response: &GraphqlResponse) -> bool {
    is_request_error(response)
        || (kind == OperationType::Subscription
            && response.data == Value::Null
            && !response.errors.is_empty()
            && response.errors.iter().all(|error| error.path.len() <= 1))
}

fn errors_of(response: GraphqlResponse) -> serde_json::Value {
    serde_json::json!(coded(response.errors, "GRAPHQL_VALIDATION_FAILED").errors)
}

/// The protocol's `error`, which ends the operation.
fn failed(state: &HttpState, id: &str, payload: serde_json::Value) -> Outcome {
    let message = ServerMessage::Error { id, payload }.text();
    message.map_or_else(|error| unwritable(state, id, &error), Outcome::End)
}

/// A message that JSON cannot hold ends the operation without its words.
fn unwritable(state: &HttpState, id: &str, error: &serde_json::Error) -> Outcome {
    let error_id = state.random_id();
    tracing::error!(error = %error, error.id = %error_id, "a GraphQL response could not be written as JSON");
    let message = ServerMessage::Error { id, payload: Failure::internal(error_id).graphql_errors() };
    Outcome::End(message.text().unwrap_or_default())
}
