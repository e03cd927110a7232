//! What every store refuses, in the same words.

use std::collections::HashSet;

use crate::{Append, AppendError, limits};

/// Bytes of data and metadata of one append: far below the 1 GiB that a store's statement may carry, far above a batch
/// of 500 messages.
const APPEND_BYTES_MAX: usize = 64 * 1_048_576;

/// Bytes of an event type's name: it stands in an index, and readers list it.
const TYPE_BYTES_MAX: usize = 256;

/// Bytes of a fingerprint: a digest, not a request.
const FINGERPRINT_BYTES_MAX: usize = 512;

/// The largest version: what a signed 16-bit column holds.
const VERSION_MAX: u16 = i16::MAX.unsigned_abs();

impl Append {
    /// Refuses what no store takes; the message names the limit and what was found. Stores call it first.
    pub fn check(&self) -> Result<(), AppendError> {
        self.broken_limit().map_or(Ok(()), |message| Err(AppendError::Invalid(message)))
    }

    /// Bytes of data and metadata of all its events.
    pub fn size_bytes(&self) -> usize {
        self.events.iter().map(|event| event.data.as_str().len() + event.metadata.as_str().len()).sum()
    }

    fn broken_limit(&self) -> Option<String> {
        let count = self.events.len();
        if count == 0 {
            return Some("an append has at least 1 event, this one has none".to_owned());
        }
        if count > limits::EVENTS_PER_APPEND_MAX {
            return Some(over("an append", limits::EVENTS_PER_APPEND_MAX, "events", count));
        }
        if self.stream.as_str().contains('\0') {
            return Some("a stream name has no U+0000, this one has".to_owned());
        }
        if let Some(fingerprint) = &self.fingerprint {
            if fingerprint.len() > FINGERPRINT_BYTES_MAX {
                return Some(over("a fingerprint", FINGERPRINT_BYTES_MAX, "bytes", fingerprint.len()));
            }
            if fingerprint.contains('\0') {
                return Some("a fingerprint has no U+0000, this one has".to_owned());
            }
        }
        let mut ids = HashSet::with_capacity(count);
        for (index, event) in self.events.iter().enumerate() {
            let size_bytes = event.data.as_str().len() + event.metadata.as_str().len();
            if size_bytes > limits::EVENT_BYTES_MAX {
                return Some(over(
                    &format!("an event with its metadata (here number {index} of the append)"),
                    limits::EVENT_BYTES_MAX,
                    "bytes",
                    size_bytes,
                ));
            }
            let name = event.event_type.as_ref();
            if name.is_empty() || name.len() > TYPE_BYTES_MAX || name.contains('\0') {
                return Some(format!(
                    "an event type has 1 to {TYPE_BYTES_MAX} bytes and no U+0000, this one is {name:?}"
                ));
            }
            if event.version > VERSION_MAX {
                return Some(format!("{name} has version {}, the largest is {VERSION_MAX}", event.version));
            }
            if !ids.insert(event.id) {
                return Some(format!("event id {} stands twice in one append", event.id));
            }
        }
        let size_bytes = self.size_bytes();
        (size_bytes > APPEND_BYTES_MAX)
            .then(|| over("an append's data and metadata", APPEND_BYTES_MAX, "bytes", size_bytes))
    }
}

fn over(what: &str, max: usize, unit: &str, actual: usize) -> String {
    format!("{what} has at most {max} {unit}, this one has {actual}")
}
