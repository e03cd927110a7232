//! A method's parameters, after they were checked: each has the type that the method's row says.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::ApiError;

/// A file in a request.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) name: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// Values by name, and files by the name of their part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) files: BTreeMap<String, Upload>,
}

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// A flag that is not there is not set.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn list(&self, name: &str) -> Option<&Vec<Value>> {
        self.get(name)?.as_array()
    }

    /// A list of numbers.
    pub(crate) fn integers(&self, name: &str) -> Result<Vec<i64>, ApiError> {
        let list = self.list(name).map(Vec::as_slice).unwrap_or_default();
        let whole = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        list.iter()
            .map(|value| whole(value).ok_or_else(|| ApiError::bad(format!("invalid {name} specified"))))
            .collect()
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(list) = self.list(name) else { return Ok(None) };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts: Option<Vec<String>> = list.iter().map(text).collect();
        texts.map(Some).ok_or_else(|| ApiError::bad(format!("can't parse {name}: expected Array of String")))
    }

    /// For the call log: files as name and size.
    pub(crate) fn describe(&self) -> Value {
        let mut all: Map<String, Value> = self.values.clone().into_iter().collect();
        for (name, file) in &self.files {
            all.insert(name.clone(), json!({ "file": file.name, "size_bytes": file.bytes.len() }));
        }
        Value::Object(all)
    }
}
