//! What an answer has to look like: the part of JSON Schema that servers take for structured answers, checked strictly.
//!
//! A keyword that is not known is refused when the schema is read, not passed over when an answer is: a check that
//! means less than it says would be none.

use serde_json::{Map, Value};

/// Bytes of a schema.
const BYTES_MAX: usize = 16 * 1024;
/// Schemas within schemas.
const DEPTH_MAX: usize = 16;
/// Say something to readers, nothing about answers.
const ANNOTATIONS: [&str; 8] =
    ["$schema", "$id", "title", "description", "default", "examples", "deprecated", "$comment"];
const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];

/// A schema that can be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    text: String,
    root: Value,
}

/// Why a text is no schema that can be checked: it names the place and what is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema cannot be used: {0}")]
pub struct SchemaError(String);

/// An answer is not as the schema wants it. Names the keyword, never what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer breaks {0:?} of its schema")]
pub struct Violation(pub &'static str);

impl Schema {
    /// Reads a schema.
    pub fn read(text: &str) -> Result<Self, SchemaError> {
        if text.len() > BYTES_MAX {
            return Err(SchemaError(format!("it must have {BYTES_MAX} bytes at most")));
        }
        let root = serde_json::from_str(text).map_err(|_| SchemaError("it is no JSON".into()))?;
        understand(&root, "#", 0)?;
        Ok(Self { text: text.to_owned(), root })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As JSON.
    pub fn value(&self) -> &Value {
        &self.root
    }

    /// Whether servers can hold a model to it while it answers: every object lists all that it has, and has all of it.
    pub fn is_strict(&self) -> bool {
        is_strict(&self.root)
    }

    /// Whether `answer` is as it should be.
    pub fn check(&self, answer: &Value) -> Result<(), Violation> {
        check(&self.root, answer)
    }
}

fn understand(schema: &Value, place: &str, depth: usize) -> Result<(), SchemaError> {
    let wrong = |what: &str| SchemaError(format!("{place}: {what}"));
    let Value::Object(members) = schema else { return Err(wrong("a schema is an object")) };
    if depth > DEPTH_MAX {
        return Err(wrong("it is nested too deep"));
    }
    for (keyword, value) in members {
        let inside = format!("{place}/{keyword}");
        let within = |schema: &Value, name: &str| understand(schema, &format!("{inside}/{name}"), depth + 1);
        let each = |wanted: fn(&Value) -> bool| value.as_array().is_some_and(|all| all.iter().all(wanted));
        let is_right = match keyword.as_str() {
            keyword if keyword == "const" || ANNOTATIONS.contains(&keyword) => true,
            "type" => is_type(value) || (each(is_type) && value.as_array().is_some_and(|all| !all.is_empty())),
            "enum" => value.as_array().is_some_and(|all| !all.is_empty()),
            "required" => each(Value::is_string),
            "properties" => match value.as_object() {
                Some(properties) => {
                    properties.iter().try_for_each(|(name, schema)| within(schema, name))?;
                    true
                }
                None => false,
            },
            "additionalProperties" if value.is_boolean() => true,
            "additionalProperties" | "items" => {
                within(value, "")?;
                true
            }
            "anyOf" => match value.as_array() {
                Some(schemas) if !schemas.is_empty() => {
                    schemas.iter().try_for_each(|schema| within(schema, ""))?;
                    true
                }
                _ => false,
            },
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            "minLength" | "maxLength" | "minItems" | "maxItems" => value.is_u64(),
            "uniqueItems" => value.is_boolean(),
            _ => return Err(wrong(&format!("{keyword:?} cannot be checked here"))),
        };
        if !is_right {
            return Err(wrong(&format!("{keyword:?} is not what it should be")));
        }
    }
    Ok(())
}

fn is_strict(schema: &Value) -> bool {
    let Value::Object(members) = schema else { return true };
    let properties = members.get("properties").and_then(Value::as_object);
    let required: Vec<&str> =
        members.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let is_object = properties.is_some() || members.get("type").is_some_and(|of| of.to_string().contains("\"object\""));
    let is_closed = members.get("additionalProperties") == Some(&Value::Bool(false))
        && properties.is_none_or(|properties| properties.keys().all(|name| required.contains(&name.as_str())));
    let inside = properties.into_iter().flat_map(Map::values).chain(members.get("items"));
    let ways = members.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    (!is_object || is_closed) && inside.chain(ways).all(is_strict)
}

fn is_type(value: &Value) -> bool {
    value.as_str().is_some_and(|name| TYPES.contains(&name))
}

fn check(schema: &Value, value: &Value) -> Result<(), Violation> {
    let Value::Object(members) = schema else { return Ok(()) };
    let hold = |keyword, holds: bool| if holds { Ok(()) } else { Err(Violation(keyword)) };
    if let Some(wanted) = members.get("type") {
        let is_one = |name: &Value| name.as_str().is_some_and(|name| is_of(name, value));
        hold("type", is_one(wanted) || wanted.as_array().is_some_and(|names| names.iter().any(is_one)))?;
    }
    if let Some(Value::Array(allowed)) = members.get("enum") {
        hold("enum", allowed.contains(value))?;
    }
    if let Some(only) = members.get("const") {
        hold("const", only == value)?;
    }
    if let Some(Value::Array(ways)) = members.get("anyOf") {
        hold("anyOf", ways.iter().any(|way| check(way, value).is_ok()))?;
    }
    match value {
        Value::Object(object) => check_object(members, object),
        Value::Array(items) => {
            hold("minItems", at_least(members, "minItems", items.len()))?;
            hold("maxItems", at_most(members, "maxItems", items.len()))?;
            let wants_unique = members.get("uniqueItems") == Some(&Value::Bool(true));
            hold("uniqueItems", !wants_unique || all_differ(items))?;
            members.get("items").map_or(Ok(()), |schema| items.iter().try_for_each(|item| check(schema, item)))
        }
        Value::String(text) => {
            let length = text.chars().count();
            hold("minLength", at_least(members, "minLength", length))?;
            hold("maxLength", at_most(members, "maxLength", length))
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            let limit = |keyword: &str| members.get(keyword).and_then(Value::as_f64);
            hold("minimum", limit("minimum").is_none_or(|least| number >= least))?;
            hold("maximum", limit("maximum").is_none_or(|most| number <= most))?;
            hold("exclusiveMinimum", limit("exclusiveMinimum").is_none_or(|below| number > below))?;
            hold("exclusiveMaximum", limit("exclusiveMaximum").is_none_or(|above| number < above))
        }
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn check_object(members: &Map<String, Value>, object: &Map<String, Value>) -> Result<(), Violation> {
    let required = members.get("required").and_then(Value::as_array).into_iter().flatten();
    if required.filter_map(Value::as_str).any(|name| !object.contains_key(name)) {
        return Err(Violation("required"));
    }
    let properties = members.get("properties").and_then(Value::as_object);
    for (name, value) in object {
        match (properties.and_then(|properties| properties.get(name)), members.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => check(schema, value)?,
            (None, Some(Value::Bool(false))) => return Err(Violation("additionalProperties")),
            (None, _) => {}
        }
    }
    Ok(())
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        // 7.0 is one too.
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    }
}

fn at_least(members: &Map<String, Value>, keyword: &str, count: usize) -> bool {
    members.get(keyword).and_then(Value::as_u64).is_none_or(|least| count as u64 >= least)
}

fn at_most(members: &Map<String, Value>, keyword: &str, count: usize) -> bool {
    members.get(keyword).and_then(Value::as_u64).is_none_or(|most| count as u64 <= most)
}

/// By their texts: two that are equal are written alike, for members keep one order.
fn all_differ(items: &[Value]) -> bool {
    let mut seen = std::collections::HashSet::new();
    items.iter().all(|item| seen.insert(item.to_string()))
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
