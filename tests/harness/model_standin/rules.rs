//! What it takes, and how it refuses everything else: with the real server's status, type, parameter and code.

use axum::{
    Json,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use super::ModelStandin;

const PARAMETERS: [&str; 6] =
    ["model", "messages", "max_tokens", "max_completion_tokens", "temperature", "response_format"];

#[derive(Clone, Copy)]
pub(super) struct Takes {
    pub(super) schema: bool,
    pub(super) max_tokens: bool,
}

pub(super) fn error(status: u16, kind: &str, param: Option<&str>, code: Option<&str>, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "type": kind, "param": param, "code": code } });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

fn invalid<T>(param: Option<&str>, code: Option<&str>, message: &str) -> Result<T, Box<Response>> {
    Err(Box::new(error(400, "invalid_request_error", param, code, message)))
}

pub(super) fn no_such_path(method: &Method, uri: &Uri) -> Response {
    error(404, "invalid_request_error", None, None, &format!("Invalid URL ({method} {})", uri.path()))
}

/// The request, or the refusal of it.
pub(super) fn check(headers: &HeaderMap, body: &[u8], takes: Takes) -> Result<Value, Box<Response>> {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    match text(header::AUTHORIZATION) {
        Some(given) if given == format!("Bearer {}", ModelStandin::KEY) => {}
        Some(_) => {
            let message = "Incorrect API key provided.";
            return Err(Box::new(error(401, "invalid_request_error", None, Some("invalid_api_key"), message)));
        }
        None => {
            let message = "You didn't provide an API key.";
            return Err(Box::new(error(401, "invalid_request_error", None, None, message)));
        }
    }
    if text(header::CONTENT_TYPE) != Some("application/json") {
        return invalid(None, None, "The content type must be application/json.");
    }
    let Ok(Value::Object(request)) = serde_json::from_slice(body) else {
        return invalid(None, None, "We could not parse the JSON body of your request.");
    };
    if let Some(unknown) = request.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        let message = format!("Unrecognized request argument supplied: {unknown}");
        return invalid(None, None, &message);
    }
    check_model(&request)?;
    check_messages(&request)?;
    check_limits(&request, takes)?;
    if let Some(format) = request.get("response_format") {
        check_format(format, takes)?;
    }
    Ok(Value::Object(request))
}

fn check_model(request: &Map<String, Value>) -> Result<(), Box<Response>> {
    match request.get("model").and_then(Value::as_str) {
        Some(ModelStandin::MODEL) => Ok(()),
        Some(other) => {
            let message = format!("The model `{other}` does not exist or you do not have access to it.");
            Err(Box::new(error(404, "invalid_request_error", None, Some("model_not_found"), &message)))
        }
        None => invalid(None, None, "you must provide a model parameter"),
    }
}

fn check_messages(request: &Map<String, Value>) -> Result<(), Box<Response>> {
    let messages = request.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    let Some(messages) = messages else {
        return invalid(Some("messages"), None, "Missing required parameter: 'messages'.");
    };
    for (index, message) in messages.iter().enumerate() {
        let place = |field: &str| format!("messages[{index}].{field}");
        let members = message.as_object().map(|members| members.keys().map(String::as_str).collect::<Vec<_>>());
        if members.is_none_or(|members| members.iter().any(|name| !["role", "content"].contains(name))) {
            return invalid(Some(&place("")), None, "Additional properties are not allowed.");
        }
        if !["system", "user", "assistant"].contains(&message["role"].as_str().unwrap_or_default()) {
            return invalid(Some(&place("role")), Some("invalid_value"), "Invalid value.");
        }
        if !message["content"].is_string() {
            return invalid(Some(&place("content")), Some("invalid_type"), "Expected a string.");
        }
    }
    Ok(())
}

fn check_limits(request: &Map<String, Value>, takes: Takes) -> Result<(), Box<Response>> {
    if request.contains_key("max_tokens") && !takes.max_tokens {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                       'max_completion_tokens' instead.";
        return invalid(Some("max_tokens"), Some("unsupported_parameter"), message);
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        if request.get(name).is_some_and(|limit| limit.as_u64().is_none_or(|limit| limit == 0)) {
            return invalid(Some(name), Some("integer_below_min_value"), "Expected an integer >= 1.");
        }
    }
    match request.get("temperature").map(Value::as_f64) {
        None => Ok(()),
        Some(Some(free)) if (0.0..=2.0).contains(&free) => Ok(()),
        Some(_) => invalid(Some("temperature"), Some("decimal_above_max_value"), "Expected a number from 0 to 2."),
    }
}

fn check_format(format: &Value, takes: Takes) -> Result<(), Box<Response>> {
    let refuse = |param: &str, message: &str| invalid(Some(param), Some("invalid_value"), message);
    if format["type"] != "json_schema" || !takes.schema {
        return refuse("response_format.type", "Invalid value. Supported values are: 'json_object' and 'text'.");
    }
    let named = &format["json_schema"];
    let name = named["name"].as_str().unwrap_or_default();
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name_char) {
        return refuse("response_format.json_schema.name", "Invalid name.");
    }
    let schema = &named["schema"];
    if !schema.is_object() {
        return refuse("response_format.json_schema.schema", "Expected an object.");
    }
    if named["strict"] == true && schema["type"] == "object" && schema["additionalProperties"] != false {
        return refuse("response_format", "'additionalProperties' is required to be supplied and to be false.");
    }
    Ok(())
}
