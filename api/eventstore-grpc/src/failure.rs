//! Failures as clients of the protocol know them.

use bytes::Bytes;
use chronogram_log::StoreError;
use tonic::{Code, Status, metadata::MetadataMap};

/// The store failed: told without its cause, which stands in our own log.
#[allow(clippy::needless_pass_by_value)] // as `map_err` passes it
pub(crate) fn of_store(error: StoreError) -> Status {
    match &error {
        StoreError::Unavailable { source, .. } => {
            tracing::warn!(error = %source, "a call of the served protocol failed: {error}");
            Status::unavailable(error.to_string())
        }
        StoreError::Corrupt { .. } => {
            tracing::error!("a call of the served protocol failed: {error}");
            Status::data_loss(error.to_string())
        }
        StoreError::Closed => stopping(),
    }
}

/// The process ends: official clients connect again.
pub(crate) fn stopping() -> Status {
    Status::unavailable("the server is shutting down")
}

/// The stream was tombstoned; clients tell it by the trailer.
pub(crate) fn stream_deleted(stream: &str) -> Status {
    let details = [("exception", "stream-deleted"), ("stream-name", stream)];
    with_trailers(Code::FailedPrecondition, format!("the stream {stream:?} is deleted for good"), &details)
}

/// A delete expected another stream.
pub(crate) fn wrong_expected_version(stream: &str, expected: &str, actual: &str) -> Status {
    let details = [
        ("exception", "wrong-expected-version"),
        ("stream-name", stream),
        ("expected-version", expected),
        ("actual-version", actual),
    ];
    with_trailers(
        Code::FailedPrecondition,
        format!("the stream was expected at {expected}, it is at {actual}"),
        &details,
    )
}

fn with_trailers(code: Code, message: String, details: &[(&'static str, &str)]) -> Status {
    let mut trailers = MetadataMap::new();
    for (name, value) in details {
        // A name that no header can hold stands in the message alone.
        if let Ok(value) = value.parse() {
            trailers.insert(*name, value);
        }
    }
    Status::with_details_and_metadata(code, message, Bytes::new(), trailers)
}
