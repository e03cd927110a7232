//! The four parameters of a request, each of exactly its type; `null` is the same as absent.

use async_graphql::Extensions;
use axum::{extract::Query, http::Uri};
use serde_json::{Map, Value};

use crate::failure::Failure;

pub(crate) struct Parameters {
    pub(crate) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
    pub(super) extensions: Extensions,
}

impl Parameters {
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Failure> {
        if body.is_empty() {
            return Err(Failure::bad_request("the body is missing: send {\"query\": …}"));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self::from_fields(fields),
            Ok(Value::Array(_)) => Err(Failure::bad_request("send one request at a time: batches are not offered")),
            Ok(_) => Err(Failure::bad_request("the body must be a JSON object: {\"query\": …}")),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                Err(Failure::bad_request(format!("the body is not JSON: see line {line}, column {column}")))
            }
        }
    }

    /// `variables` and `extensions` are JSON within the query string.
    pub(super) fn from_query_string(uri: &Uri) -> Result<Self, Failure> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Failure::bad_request("the query string is not application/x-www-form-urlencoded"))?;
        let mut fields = Map::new();
        for (name, text) in pairs {
            let value = match name.as_str() {
                "query" | "operationName" => Value::String(text),
                "variables" | "extensions" => serde_json::from_str(&text)
                    .map_err(|_| Failure::bad_request(format!("{name} must be a JSON object, URL-encoded")))?,
                _ => continue,
            };
            if fields.insert(name.clone(), value).is_some() {
                return Err(Failure::bad_request(format!("{name} is given twice")));
            }
        }
        Self::from_fields(fields)
    }

    /// The fields of a JSON object; others than these four are left alone.
    pub(crate) fn from_fields(mut fields: Map<String, Value>) -> Result<Self, Failure> {
        let query = match fields.remove("query") {
            Some(Value::String(query)) => query,
            None | Some(Value::Null) => return Err(Failure::bad_request("query is missing")),
            Some(_) => return Err(Failure::bad_request("query must be a string")),
        };
        let operation_name = match fields.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(Failure::bad_request("operationName must be a string or null")),
        };
        let variables = map(&mut fields, "variables")?;
        let extensions = serde_json::from_value(Value::Object(map(&mut fields, "extensions")?))
            .map_err(|_| Failure::bad_request("extensions must be an object or null"))?;
        Ok(Self { query, operation_name, variables, extensions })
    }
}

fn map(fields: &mut Map<String, Value>, name: &'static str) -> Result<Map<String, Value>, Failure> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Failure::bad_request(format!("{name} must be an object or null"))),
    }
}
