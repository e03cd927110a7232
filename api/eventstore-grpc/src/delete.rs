//! `Streams.Delete` and `Streams.Tombstone`.
//!
//! The log is append-only, so that a stream was deleted is one more fact in it, in the stream's metadata stream: the
//! events stay where they are, in `$all` and for the rest of the product, and reads of the stream by this protocol do
//! not show them. That is what the protocol means by it: its own servers keep deleted events in `$all` until somebody
//! scavenges, and a deleted stream may be written to again, while a tombstoned one may not.

use std::sync::Arc;

use chronogram_log::{Append, AppendError, ExpectedRevision, JsonText, NewEvent, Position, Revision};
use chronogram_model::{CommandId, EventId, Origin, StreamName};
use serde_json::{Map, Value};
use tonic::Status;

use crate::{
    access::Caller,
    append::target,
    event::metadata,
    failure,
    lifetimes::{DELETED, Lifetime, METADATA, TRUNCATE_BEFORE, metadata_stream, said},
    served::Served,
    wire::delete::{DeleteReq, DeleteResp, DeletedAt},
    write::{Expected, stream_name},
};

/// Others set metadata of the same stream at the same time; so often it is worth another look.
const ATTEMPTS_MAX: usize = 10;

/// How far a stream is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// What is there is hidden; it may be written to again.
    Soft,
    /// Nobody reads it or writes to it any more.
    Tombstone,
}

pub(crate) async fn delete(
    served: Arc<Served>,
    caller: Caller,
    deletion: Deletion,
    request: DeleteReq,
) -> Result<DeleteResp, Status> {
    let who = caller.name().await?;
    let options = request.options.ok_or_else(|| Status::invalid_argument("the request has no options"))?;
    let (name, expected) = target(options)?;
    let stream = stream_name(&name)?;
    if stream.as_str().starts_with('$') {
        return Err(Status::invalid_argument("streams named $… belong to the protocol: nobody deletes them"));
    }
    let Some(words) = metadata_stream(&stream) else {
        return Err(Status::invalid_argument("this stream's name is too long for a metadata stream beside it"));
    };
    for _ in 0..ATTEMPTS_MAX {
        let last_word = served.lifetimes.last_word(&stream).await.map_err(failure::of_store)?;
        let Lifetime::From(shown_from) = last_word.as_ref().map_or(Lifetime::From(Revision(0)), said) else {
            return Err(failure::stream_deleted(stream.as_str()));
        };
        let last = served.last_revision(&stream).await?;
        let shown = last.filter(|last| *last >= shown_from);
        check(&stream, expected, shown)?;
        if deletion == Deletion::Soft && shown.is_none() {
            return Ok(DeleteResp { position: Some(DeletedAt::None(())) });
        }
        let (event_type, data) = match deletion {
            Deletion::Tombstone => (DELETED, Map::new()),
            Deletion::Soft => {
                let kept = last_word.as_ref().and_then(|event| serde_json::from_str(event.data.as_str()).ok());
                let mut keys: Map<String, Value> = kept.unwrap_or_default();
                keys.insert(TRUNCATE_BEFORE.to_owned(), last.map_or(0, |last| last.0 + 1).into());
                (METADATA, keys)
            }
        };
        let at = last_word.map(|event| event.revision);
        match say(&served, &who, &words, at, event_type, data).await {
            Ok(position) => {
                served.lifetimes.forget(&stream);
                return Ok(DeleteResp { position: Some(DeletedAt::Position(position.into())) });
            }
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::Store(error)) => return Err(failure::of_store(error)),
            Err(error) => return Err(Status::internal(error.to_string())),
        }
    }
    Err(Status::aborted("others set this stream's metadata at the same time; try again"))
}

/// Appends to a stream of metadata whose last event has revision `at`.
async fn say(
    served: &Served,
    who: &str,
    words: &StreamName,
    at: Option<Revision>,
    event_type: &'static str,
    data: Map<String, Value>,
) -> Result<Position, AppendError> {
    // Behind the same word of metadata the same thing is said once, however often the client asks.
    let behind = at.map_or_else(|| "nothing".to_owned(), |revision| revision.to_string());
    let data = Value::Object(data).to_string();
    let command_id = CommandId::of(Origin::of(&["eventstore-grpc", event_type, &behind, &data]), "Delete", words);
    let event = NewEvent {
        id: EventId::of(command_id, 0),
        event_type: event_type.into(),
        version: 1,
        data: JsonText::from_trusted(data),
        metadata: metadata(command_id, who),
    };
    let expected = at.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
    let append = Append { command_id, fingerprint: None, stream: words.clone(), expected, events: vec![event] };
    served.store.append(append).await.map(|appended| appended.last)
}

fn check(stream: &StreamName, expected: Expected, shown: Option<Revision>) -> Result<(), Status> {
    let as_expected = match expected {
        Expected::Any => true,
        Expected::NoStream => shown.is_none(),
        Expected::Exists => shown.is_some(),
        Expected::Exact(revision) => shown == Some(revision),
    };
    if as_expected {
        return Ok(());
    }
    let expected = match expected {
        Expected::Any => "any".to_owned(),
        Expected::NoStream => "-1".to_owned(),
        Expected::Exists => "exists".to_owned(),
        Expected::Exact(revision) => revision.to_string(),
    };
    let actual = shown.map_or_else(|| "-1".to_owned(), |revision| revision.to_string());
    Err(failure::wrong_expected_version(stream.as_str(), &expected, &actual))
}
