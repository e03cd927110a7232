//! From parameters to a request that says what it would do; and the answers to those that do not.

use async_graphql::{
    Request as GraphqlRequest, Response as GraphqlResponse, ServerError, Value, Variables,
    parser::types::{DocumentOperations, OperationType},
};

use super::{nesting, parameters::Parameters};

/// A request whose document was parsed.
pub(crate) struct Asked {
    pub(crate) request: GraphqlRequest,
    /// What it would do.
    pub(crate) operation: OperationType,
}

impl Asked {
    /// What `parameters` ask for, or the answer when they do not say that clearly.
    pub(crate) fn of(parameters: Parameters) -> Result<Self, Box<GraphqlResponse>> {
        if nesting::is_too_deep(&parameters.query) {
            return Err(Box::new(refused("the document is nested too deeply".to_owned(), "GRAPHQL_PARSE_FAILED")));
        }
        let mut request = GraphqlRequest::new(parameters.query);
        request.operation_name = parameters.operation_name;
        request.variables = Variables::from_json(parameters.variables.into());
        request.extensions = parameters.extensions;
        let operation = operation_type(&mut request)?;
        Ok(Self { request, operation })
    }
}

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

/// The answer to a subscription that came over plain HTTP.
pub(super) fn only_over_websocket() -> GraphqlResponse {
    let detail = "subscriptions are served over WebSocket, at this path, with the subprotocol graphql-transport-ws";
    refused(detail.to_owned(), "BAD_REQUEST")
}

/// Whether nothing was executed: no data, and no error has a path.
pub(crate) fn is_request_error(response: &GraphqlResponse) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn refused(message: String, code: &'static str) -> GraphqlResponse {
    coded(vec![ServerError::new(message, None)], code)
}

/// Every error has a code; those that have one keep it.
pub(crate) fn coded(mut errors: Vec<ServerError>, code: &'static str) -> GraphqlResponse {
    for error in &mut errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code);
        }
    }
    GraphqlResponse::from_errors(errors)
}
