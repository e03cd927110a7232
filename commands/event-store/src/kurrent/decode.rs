//! Events of that server as events of the log.

use base64::{Engine, engine::general_purpose::STANDARD};
use chronogram_log::{JsonText, Position, RecordedEvent, Revision, StoreError};
use chronogram_model::{EventId, StreamName};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use super::Envelope;

/// What the server knows of when it took an event: ticks of 100 ns since the Unix epoch.
const CREATED: &str = "created";
/// The version of a shape that somebody else does not version.
const UNVERSIONED: u16 = 1;

/// An event, and what our envelope says beside it where it is one of ours.
pub(super) struct Decoded {
    pub(super) event: RecordedEvent,
    pub(super) envelope: Option<Envelope>,
}

/// Ours come back as they were appended. Others share the log with us: they are readable as JSON, whatever they hold.
pub(super) fn decoded(found: &eventstore::RecordedEvent) -> Result<Decoded, StoreError> {
    let position = Position(found.position.commit);
    let corrupt = |detail: &str| StoreError::Corrupt { position, detail: detail.to_owned() };
    let name =
        std::str::from_utf8(found.stream_id().as_bytes()).map_err(|_| corrupt("its stream's name is no UTF-8"))?;
    let stream = StreamName::try_from(name.to_owned()).map_err(|error| corrupt(&error.to_string()))?;
    let (envelope, metadata, data) = match Envelope::unwrap(&found.custom_metadata) {
        Ok(Some((envelope, metadata))) => {
            let data = std::str::from_utf8(&found.data).map_err(|_| corrupt("its data is no UTF-8"))?;
            (Some(envelope), metadata, JsonText::from_trusted(data.to_owned()))
        }
        _ => (None, json(&found.custom_metadata), json(&found.data)),
    };
    let event = RecordedEvent {
        position,
        stream,
        revision: Revision(found.revision),
        id: EventId(found.id),
        event_type: found.event_type.clone(),
        version: envelope.as_ref().map_or(UNVERSIONED, |envelope| envelope.version),
        data,
        metadata,
        recorded_at: created(found).ok_or_else(|| corrupt("its time of creation cannot be read"))?,
    };
    Ok(Decoded { event, envelope })
}

fn created(found: &eventstore::RecordedEvent) -> Option<Timestamp> {
    let ticks: i128 = found.metadata.get(CREATED)?.parse().ok()?;
    Timestamp::from_nanosecond(ticks.checked_mul(100)?).ok()
}

/// JSON as it is; anything else as a JSON string of base64.
fn json(bytes: &[u8]) -> JsonText {
    let text = std::str::from_utf8(bytes).ok().filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    JsonText::from_trusted(text.map_or_else(|| format!("\"{}\"", STANDARD.encode(bytes)), str::to_owned))
}
