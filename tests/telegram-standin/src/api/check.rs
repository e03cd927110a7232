//! Raw parameters against the method's row: what is missing or of a wrong type is refused.

use serde_json::Value;

use super::{
    ApiError, Parameters,
    table::{Kind, Method, Parameter},
};

/// Checked parameters, and the names of those that the method does not know.
pub(super) fn check(method: &Method, mut raw: Parameters) -> Result<(Parameters, Vec<String>), ApiError> {
    let mut checked = Parameters::default();
    for parameter in method.parameters() {
        let given = raw.values.remove(parameter.name).filter(|value| !value.is_null());
        if let Some(file) = raw.files.remove(parameter.name) {
            if !matches!(parameter.kind, Kind::File | Kind::FileOrText) {
                return Err(wrong(parameter));
            }
            checked.files.insert(parameter.name.to_owned(), file);
            continue;
        }
        let is_empty = given.as_ref().is_none_or(|value| value.as_str() == Some(""));
        if is_empty {
            if parameter.required && !parameter.may_be_empty(given.is_some()) {
                return Err(missing(parameter));
            }
            continue;
        }
        if let Some(value) = given {
            checked.values.insert(parameter.name.to_owned(), typed(parameter, value)?);
        }
    }
    // What is left of the files is attached: `attach://name`.
    checked.files.append(&mut raw.files);
    Ok((checked, raw.values.into_keys().collect()))
}

fn missing(parameter: &Parameter) -> ApiError {
    match parameter.name {
        "text" => ApiError::bad("message text is empty"),
        "message_id" => ApiError::bad("message identifier is not specified"),
        "message_ids" => ApiError::bad("message identifiers are not specified"),
        "user_id" => ApiError::bad("invalid user_id specified"),
        "file_id" => ApiError::bad("invalid file_id"),
        "action" => ApiError::bad("wrong parameter action in request"),
        "message_thread_id" => ApiError::bad("invalid message thread identifier specified"),
        name @ ("photo" | "document" | "voice") => ApiError::bad(format!("there is no {name} in the request")),
        name => ApiError::bad(format!("{name} is empty")),
    }
}

fn wrong(parameter: &Parameter) -> ApiError {
    let name = parameter.name;
    match parameter.kind {
        Kind::Object | Kind::Array | Kind::Markup => ApiError::bad(format!("can't parse {name} JSON object")),
        Kind::Text => ApiError::bad(format!("parameter {name} must be a String")),
        Kind::Chat => ApiError::bad("chat not found"),
        _ => ApiError::bad(format!("invalid {name} specified")),
    }
}

/// The value as its type. Everything may come as text; numbers may stand for text, but no object.
fn typed(parameter: &Parameter, value: Value) -> Result<Value, ApiError> {
    let refused = || wrong(parameter);
    match parameter.kind {
        Kind::Integer => integer(&value).map(Value::from).ok_or_else(refused),
        Kind::Boolean => boolean(&value).map(Value::from).ok_or_else(refused),
        Kind::Chat => match value {
            Value::String(name) if name.starts_with('@') => Ok(Value::String(name)),
            other => integer(&other).map(Value::from).ok_or_else(refused),
        },
        Kind::Text | Kind::FileOrText => match value {
            Value::String(_) => Ok(value),
            Value::Number(number) => Ok(Value::String(number.to_string())),
            Value::Bool(flag) => Ok(Value::String(flag.to_string())),
            _ => Err(refused()),
        },
        Kind::File => match value {
            Value::String(_) => Ok(value),
            _ => Err(refused()),
        },
        Kind::Object | Kind::Markup => parsed(value).filter(Value::is_object).ok_or_else(refused),
        Kind::Array => parsed(value).filter(Value::is_array).ok_or_else(refused),
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64(),
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        number => match number.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

fn parsed(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(&text).ok(),
        other => Some(other),
    }
}
