//! Between domain events and what the log carries.

use chronogram_model::{DomainEvent, EventId, all_shapes};

use crate::{
    JsonText, Metadata, NewEvent, Position, RecordedEvent, UpcastError, Upcasters, lifts::LIFTS, upcast::LiftError,
};

/// Encodes an event for appending.
pub fn encode<E: DomainEvent>(id: EventId, event: &E, metadata: &Metadata) -> serde_json::Result<NewEvent> {
    let shape = event.shape();
    Ok(NewEvent {
        id,
        event_type: shape.name.into(),
        version: shape.version,
        data: JsonText::from_trusted(event.to_json()?),
        metadata: JsonText::of(metadata)?,
    })
}

/// Reads events of any stored version.
#[derive(Clone, Debug)]
pub struct Codec {
    upcasters: Upcasters,
}

/// A stored event that cannot be read: it is named, never skipped.
#[derive(Debug, thiserror::Error)]
#[error("{event_type} at position {position} cannot be read: {reason}")]
pub struct DecodeError {
    /// Where it stands.
    pub position: Position,
    /// What it is.
    pub event_type: String,
    reason: String,
}

impl Codec {
    /// The codec of this release's events; refuses to start when an upcaster is missing.
    pub fn new() -> Result<Self, UpcastError> {
        Ok(Self { upcasters: Upcasters::new(&all_shapes(), LIFTS)? })
    }

    /// Data of an older version as it is written today, with today's version. `None`: it is of today.
    pub fn lift(&self, event_type: &str, version: u16, json: &str) -> Result<Option<(u16, String)>, UpcastError> {
        match self.upcasters.lift(event_type, version, json) {
            Ok(Some(value)) => Ok(self.upcasters.current(event_type).map(|current| (current, value.to_string()))),
            // What is no JSON is for whoever decodes it to tell.
            Ok(None) | Err(LiftError::Json(_)) => Ok(None),
            Err(LiftError::Shape(error)) => Err(error),
        }
    }

    /// The event as `E`, or `None` where its type is not of `E`.
    pub fn decode<E: DomainEvent>(&self, event: &RecordedEvent) -> Result<Option<E>, DecodeError> {
        if !E::SHAPES.iter().any(|shape| shape.name == event.event_type) {
            return Ok(None);
        }
        let json = event.data.as_str();
        let lifted = match self.upcasters.lift(&event.event_type, event.version, json) {
            Ok(lifted) => lifted.map(|value| value.to_string()),
            Err(LiftError::Shape(reason)) => return Err(unreadable(event, reason.to_string())),
            Err(LiftError::Json(error)) => return Err(unreadable(event, place_of(&error))),
        };
        E::from_json(&event.event_type, lifted.as_deref().unwrap_or(json))
            .map_err(|error| unreadable(event, place_of(&error)))
    }
}

fn unreadable(event: &RecordedEvent, reason: String) -> DecodeError {
    DecodeError { position: event.position, event_type: event.event_type.clone(), reason }
}

/// Says where, never what: the data may hold people's words.
fn place_of(error: &serde_json::Error) -> String {
    format!("{:?} error at column {} of its data", error.classify(), error.column())
}
