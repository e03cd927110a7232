//! Stream names.

use std::{fmt, sync::Arc};

/// The name of a stream: 1 to 512 bytes of UTF-8. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamName(Arc<str>);

/// Why a text is no stream name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream name has 1 to {max} bytes, this one has {actual}", max = StreamName::MAX_BYTES)]
pub struct StreamNameError {
    actual: usize,
}

impl StreamName {
    /// The longest name, in bytes: it stands in an index, whose entries Postgres limits.
    pub const MAX_BYTES: usize = 512;

    /// `category-id`, from parts that are short by their own types.
    pub(crate) fn of(category: &str, id: impl fmt::Display) -> Self {
        Self(format!("{category}-{id}").into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first `-`: `conversation`, `person`, …
    pub fn category(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}

impl TryFrom<String> for StreamName {
    type Error = StreamNameError;

    fn try_from(name: String) -> Result<Self, StreamNameError> {
        match name.len() {
            1..=Self::MAX_BYTES => Ok(Self(name.into())),
            actual => Err(StreamNameError { actual }),
        }
    }
}

impl From<StreamName> for String {
    fn from(name: StreamName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
