//! A session of batch appends: a fraction of a millisecond each, where single ones take 44 ms (their two packets meet
//! Nagle's algorithm, and the client offers no way around it).
//!
//! The first refusal ends a session for all who are under way in it: their outcomes are unknown then.

use std::time::Duration;

use bytes::Bytes;
use chronogram_log::{Append, NewEvent, Revision};
use eventstore::{BatchAppendClient, BatchAppendOptions, BatchWriteResult, Error, EventData, StreamState};
use serde_json::value::RawValue;

use super::{Envelope, connection::Connection};

/// How long an append may be under way; an answer that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(10);
/// gRPC's number of what the server answers when a stream is not as expected.
const ALREADY_EXISTS: i32 = 6;
/// gRPC's number of what the server answers when an append breaks one of its limits.
const INVALID_ARGUMENT: i32 = 3;

/// What became of an append.
pub(super) enum Outcome {
    /// It is in the log.
    Written(BatchWriteResult),
    /// The stream is not where we believed, or an event is there already: nothing was appended.
    NotAsExpected,
    /// The server takes no such append: nothing was appended.
    Invalid(String),
    /// The server refuses us, or cannot: nothing was appended.
    Refused(Error),
    /// It may be in the log or not.
    Unknown(Error),
}

/// Opens a session at the server.
pub(super) async fn open(connection: &Connection) -> Result<BatchAppendClient, Error> {
    let client = connection.client()?;
    let options = BatchAppendOptions::default();
    let opening = client.batch_append(&options);
    tokio::time::timeout(PATIENCE, opening).await.unwrap_or(Err(Error::DeadlineExceeded))
}

/// Appends behind `last` (`None`: a new stream).
pub(super) async fn send(session: &BatchAppendClient, append: &Append, last: Option<Revision>) -> Outcome {
    let state = last.map_or(StreamState::NoStream, |last| StreamState::StreamRevision(last.0));
    let events = match events_of(append) {
        Ok(events) => events,
        Err(error) => {
            return Outcome::Invalid(format!("data of this append is no JSON (at column {})", error.column()));
        }
    };
    let sending = session.append_to_stream(append.stream.as_str(), state, events);
    let error = match tokio::time::timeout(PATIENCE, sending).await {
        Ok(Ok(written)) => return Outcome::Written(written),
        Ok(Err(error)) => error,
        Err(_) => Error::DeadlineExceeded,
    };
    match &error {
        Error::WrongExpectedVersion { .. } | Error::ResourceAlreadyExists => Outcome::NotAsExpected,
        Error::Grpc { code, .. } if i32::from(*code) == ALREADY_EXISTS => Outcome::NotAsExpected,
        Error::Grpc { code, message } if i32::from(*code) == INVALID_ARGUMENT => Outcome::Invalid(message.clone()),
        Error::Grpc { .. } | Error::AccessDenied | Error::ResourceDeleted | Error::UnsupportedFeature => {
            Outcome::Refused(error)
        }
        _ => Outcome::Unknown(error),
    }
}

fn events_of(append: &Append) -> serde_json::Result<Vec<EventData>> {
    let event_of = |event: &NewEvent| {
        let envelope = Envelope::new(event.version).of_command(append.command_id, append.fingerprint.clone());
        // Raw: the text goes out as it is.
        let data: &RawValue = serde_json::from_str(event.data.as_str())?;
        let metadata = Bytes::from(envelope.wrap(&event.metadata));
        Ok(EventData::json(event.event_type.as_ref(), &data)?.id(event.id.0).metadata(metadata))
    };
    append.events.iter().map(event_of).collect()
}
