//! Events between the wire and the log.
//!
//! What our own adapter writes is unwrapped ([`Envelope`]) and stands in the log as if this product had appended it by
//! itself. What any other client writes keeps its form: JSON stays JSON, anything else is base64 in a JSON string, and the
//! log's metadata says which, beside content type and user metadata, so that it is served again byte by byte.

use std::{borrow::Cow, collections::HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chronogram_event_store::kurrent::Envelope;
use chronogram_log::{Actor, JsonText, Metadata, NewEvent, RecordedEvent};
use chronogram_model::{CommandId, EventId, Origin, StreamName};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::value::RawValue;
use tonic::Status;

use crate::wire::{
    append::Proposed,
    common::{StreamIdentifier, Uuid},
    read::{EventPosition, ReadEvent, Recorded, UuidForm},
};

/// What metadata of events from elsewhere begins with.
const BEGINNING: &str = "{\"eventstore\":";
const TYPE: &str = "type";
const CONTENT_TYPE: &str = "content-type";
const CREATED: &str = "created";
const JSON: &str = "application/json";
/// The version of a shape that nobody versions.
const UNVERSIONED: u16 = 1;

/// The events of one append, and which command they are.
pub(crate) struct Appending {
    pub(crate) command_id: CommandId,
    pub(crate) fingerprint: Option<String>,
    pub(crate) events: Vec<NewEvent>,
}

/// How an event from elsewhere came.
#[derive(Serialize, Deserialize)]
struct Foreign<'a> {
    #[serde(borrow)]
    content_type: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    data_is_base64: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    metadata_base64: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct StoredForeign<'a> {
    #[serde(borrow)]
    eventstore: Foreign<'a>,
}

/// What `who` proposes to append to `stream`.
pub(crate) fn appending(stream: &StreamName, who: &str, proposed: Vec<Proposed>) -> Result<Appending, Status> {
    let wrong = |index: usize, what: &str| Status::invalid_argument(format!("event {index} of the append {what}"));
    let mut ids = Vec::with_capacity(proposed.len());
    let mut envelopes = Vec::with_capacity(proposed.len());
    for (index, event) in proposed.iter().enumerate() {
        let id = event.id.as_ref().and_then(Uuid::read);
        ids.push(EventId(id.ok_or_else(|| wrong(index, "has no id: it must be a UUID other than that of zeroes"))?));
        let unwrapped = Envelope::unwrap(&event.custom_metadata);
        envelopes.push(unwrapped.map_err(|_| wrong(index, "has user metadata whose key `chronogram` is not ours"))?);
    }
    let first = envelopes.first().and_then(Option::as_ref).map(|(envelope, _)| envelope.clone());
    let alike = |envelope: &Option<(Envelope, JsonText)>| match (envelope, &first) {
        (None, None) => true,
        (Some((other, _)), Some(first)) => (&other.command, &other.fingerprint) == (&first.command, &first.fingerprint),
        _ => false,
    };
    if let Some(index) = envelopes.iter().position(|envelope| !alike(envelope)) {
        return Err(wrong(index, "belongs to another command than event 0"));
    }
    let named = first.as_ref().and_then(|envelope| envelope.command);
    let command_id = named.unwrap_or_else(|| command_of(stream, &ids));
    let mut events = Vec::with_capacity(proposed.len());
    for (index, ((event, id), envelope)) in proposed.into_iter().zip(ids).zip(envelopes).enumerate() {
        let Some(event_type) = event.metadata.get(TYPE).cloned() else {
            return Err(wrong(index, "has no type: it stands in the metadata under `type`"));
        };
        let (version, data, metadata) = if let Some((envelope, metadata)) = envelope {
            let data = json(&event.data).ok_or_else(|| wrong(index, "is one of Chronogram's, and its data no JSON"))?;
            (envelope.version, JsonText::from_trusted(data.to_owned()), metadata)
        } else {
            let (data, metadata) = from_elsewhere(&event, command_id, who);
            (UNVERSIONED, data, metadata)
        };
        events.push(NewEvent { id, event_type: event_type.into(), version, data, metadata });
    }
    Ok(Appending { command_id, fingerprint: first.and_then(|envelope| envelope.fingerprint), events })
}

/// The same events on the same stream are the same command: a client that repeats an append gets its first result.
fn command_of(stream: &StreamName, ids: &[EventId]) -> CommandId {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let parts: Vec<_> = std::iter::once("eventstore-grpc").chain(ids.iter().map(String::as_str)).collect();
    CommandId::of(Origin::of(&parts), "Append", stream)
}

/// The metadata of what `who` appends by this protocol.
pub(crate) fn metadata(command_id: CommandId, who: &str) -> JsonText {
    let metadata = Metadata {
        command_id,
        correlation: command_id.0,
        causation: None,
        actor: Actor::Principal(who.to_owned()),
        fingerprint: None,
        traceparent: None,
    };
    // Ids and a name: nothing here fails to be JSON.
    JsonText::from_trusted(serde_json::to_string(&metadata).unwrap_or_default())
}

fn from_elsewhere(event: &Proposed, command_id: CommandId, who: &str) -> (JsonText, JsonText) {
    let data = json(&event.data);
    let kept = json(&event.custom_metadata).and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    // A raw value leaves out white space around it.
    let kept = kept.filter(|raw| raw.get().len() == event.custom_metadata.len());
    let as_base64 =
        (kept.is_none() && !event.custom_metadata.is_empty()).then(|| STANDARD.encode(&event.custom_metadata));
    let foreign = Foreign {
        content_type: event.metadata.get(CONTENT_TYPE).map_or("", String::as_str).into(),
        data_is_base64: data.is_none(),
        metadata: kept,
        metadata_base64: as_base64.map(Cow::Owned),
    };
    let data = data.map_or_else(|| format!("\"{}\"", STANDARD.encode(&event.data)), str::to_owned);
    let foreign = serde_json::to_string(&foreign).unwrap_or_default();
    let ours = metadata(command_id, who);
    let keys = ours.as_str().get(1..).unwrap_or_default();
    (JsonText::from_trusted(data), JsonText::from_trusted(format!("{BEGINNING}{foreign},{keys}")))
}

/// The text, if it is JSON.
fn json(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok().map(|_| text)
}

/// An event of the log as it is served.
pub(crate) fn served(event: &RecordedEvent, uuids: UuidForm) -> ReadEvent {
    let metadata = event.metadata.as_str();
    let foreign = metadata
        .starts_with(BEGINNING)
        .then(|| serde_json::from_str::<StoredForeign<'_>>(metadata).ok())
        .flatten()
        .map(|stored| stored.eventstore);
    let (content_type, custom_metadata, data) = match foreign {
        Some(foreign) => {
            let user_metadata = user_metadata_of(&foreign);
            let data = foreign.data_is_base64.then(|| decoded(event.data.as_str())).flatten();
            (foreign.content_type.into_owned(), user_metadata, data)
        }
        None => (JSON.to_owned(), Envelope::new(event.version).wrap(&event.metadata).into(), None),
    };
    let created = event.recorded_at.as_nanosecond() / 100;
    let metadata = HashMap::from([
        (TYPE.to_owned(), event.event_type.clone()),
        (CONTENT_TYPE.to_owned(), content_type),
        (CREATED.to_owned(), created.to_string()),
    ]);
    let recorded = Recorded {
        id: Some(match uuids {
            UuidForm::Structured(()) => Uuid::structured(event.id.0),
            UuidForm::Text(()) => Uuid::text(event.id.0),
        }),
        stream: Some(StreamIdentifier { name: Bytes::copy_from_slice(event.stream.as_str().as_bytes()) }),
        revision: event.revision.0,
        prepare: event.position.0,
        commit: event.position.0,
        metadata,
        custom_metadata,
        data: data.unwrap_or_else(|| Bytes::copy_from_slice(event.data.as_str().as_bytes())),
    };
    ReadEvent { event: Some(recorded), position: Some(EventPosition::Commit(event.position.0)) }
}

fn user_metadata_of(foreign: &Foreign<'_>) -> Bytes {
    match (foreign.metadata, &foreign.metadata_base64) {
        (Some(raw), _) => Bytes::copy_from_slice(raw.get().as_bytes()),
        (None, Some(encoded)) => STANDARD.decode(encoded.as_bytes()).unwrap_or_default().into(),
        (None, None) => Bytes::new(),
    }
}

/// `None`: retention blanked it.
fn decoded(data: &str) -> Option<Bytes> {
    let encoded: String = serde_json::from_str(data).ok()?;
    STANDARD.decode(encoded).ok().map(Bytes::from)
}
