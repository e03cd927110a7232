//! GraphQL over HTTP by the specification's draft: all 61 audits of the npm package `graphql-http`.
//!
//! A *request error* (nothing was executed: no data, and no error has a path) has no `data` and answers 400 where
//! `application/graphql-response+json` was asked for, 200 where `application/json` was.

mod accept;
mod nesting;
mod parameters;

use async_graphql::{
    Request as GraphqlRequest, Response as GraphqlResponse, ServerError, Value, Variables,
    parser::types::{DocumentOperations, OperationType},
};
use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use chronogram_graphql::IdempotencyKey;

use crate::{HttpState, body, failure::Failure, messages};
use accept::MediaType;
use parameters::Parameters;

/// Content type of answers, and of refusals where nothing else was agreed on.
pub(crate) const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
/// The largest generated documents of clients have some ten KiB; variables hold plugins' settings, not files.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Whatever executes GraphQL. The request's data holds the `Principal`, and the `IdempotencyKey` where one was sent.
#[async_trait]
pub trait GraphqlExecutor: Send + Sync + 'static {
    /// Executes one request.
    async fn execute(&self, request: GraphqlRequest) -> GraphqlResponse;
}

pub(crate) async fn handle(State(state): State<HttpState>, request: Request) -> Response {
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
    let parameters = if head.method == Method::GET {
        Parameters::from_query_string(&head.uri)?
    } else {
        Parameters::from_body(&body::json(&head.headers, body, BODY_BYTES_MAX).await?)?
    };
    if nesting::is_too_deep(&parameters.query) {
        return Ok(refused("the document is nested too deeply".to_owned(), "GRAPHQL_PARSE_FAILED"));
    }
    let mut request = GraphqlRequest::new(parameters.query);
    request.operation_name = parameters.operation_name;
    request.variables = Variables::from_json(parameters.variables.into());
    request.extensions = parameters.extensions;
    match operation_type(&mut request) {
        Err(refusal) => return Ok(*refusal),
        Ok(OperationType::Query) => {}
        Ok(_) if head.method == Method::GET => {
            // A link or an image on any page could send it otherwise.
            return Err(Failure::only_methods("POST", "GET runs queries only; send this operation by POST"));
        }
        Ok(_) => {}
    }
    let mut request = request.data(principal);
    if let Some(key) = idempotency_key {
        request = request.data(IdempotencyKey(key));
    }
    Ok(state.0.graphql.execute(request).await)
}

/// What the request would do, or the answer when it does not say that clearly.
fn operation_type(request: &mut GraphqlRequest) -> Result<OperationType, Box<GraphqlResponse>> {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().map_err(|error| Box::new(coded(vec![error], "GRAPHQL_PARSE_FAILED")))?;
    let unresolved = |detail: &str| Box::new(refused(detail.to_owned(), "OPERATION_RESOLUTION_FAILURE"));
    match (&document.operations, wanted) {
        (DocumentOperations::Single(only), None) => Ok(only.node.ty),
        // An anonymous operation has no name to be asked for by.
        (DocumentOperations::Single(_), Some(_)) => {
            Err(unresolved("the document's only operation is anonymous: leave operationName out"))
        }
        (DocumentOperations::Multiple(several), Some(name)) => several
            .get(name.as_str())
            .map(|operation| operation.node.ty)
            .ok_or_else(|| unresolved("operationName names no operation of the document")),
        (DocumentOperations::Multiple(several), None) => match several.values().collect::<Vec<_>>().as_slice() {
            [only] => Ok(only.node.ty),
            _ => Err(unresolved("the document has several operations: operationName must name one")),
        },
    }
}

fn refused(message: String, code: &'static str) -> GraphqlResponse {
    coded(vec![ServerError::new(message, None)], code)
}

/// Every error has a code; those that have one keep it.
fn coded(mut errors: Vec<ServerError>, code: &'static str) -> GraphqlResponse {
    for error in &mut errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code);
        }
    }
    GraphqlResponse::from_errors(errors)
}

fn rendered(response: GraphqlResponse, media_type: MediaType) -> Response {
    let is_request_error = response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty());
    let headers = response.http_headers.clone();
    let mut rendered = if is_request_error {
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
