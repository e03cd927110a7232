//! The log itself, a page of it, and counts of its events.

use std::sync::Arc;

use async_graphql::{ID, InputObject, Json, Object};
use chronogram_log::{JsonText, RecordedEvent};
use chronogram_read_models::event_counts::EventCountRow;
use jiff::{Timestamp, civil::Date};

use crate::{errors::Failure, scalars::Long};

/// Which events. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct EventFilter {
    /// Only of these types: `MessageReceived`, …; not together with `stream`.
    pub(crate) types: Option<Vec<String>>,
    /// Only of this stream: `channel--1001878264527`, …; not together with `types`.
    pub(crate) stream: Option<String>,
}

/// An event of the log.
pub(crate) struct Event(pub(crate) RecordedEvent);

/// Events of one type on one day.
pub(crate) struct EventCount(pub(crate) EventCountRow);

fn json(text: &JsonText) -> Result<Json<serde_json::Value>, Failure> {
    serde_json::from_str(text.as_str()).map(Json).map_err(|error| Failure::internal(Arc::new(error)))
}

/// An event of the log: a fact that never changes.
#[Object]
impl Event {
    /// Unique in the log; a UUID.
    async fn id(&self) -> ID {
        ID::from(self.0.id)
    }

    /// Its place in the whole log, from 1.
    async fn position(&self) -> Long {
        self.0.position.into()
    }

    /// Its stream.
    async fn stream(&self) -> &str {
        self.0.stream.as_str()
    }

    /// Its place in its stream, from 0.
    async fn revision(&self) -> Long {
        Long(self.0.revision.as_i64())
    }

    /// Name of the shape of its data, past tense: `MessageReceived`.
    async fn r#type(&self) -> &str {
        &self.0.event_type
    }

    /// Version of the shape of its data, as it was stored.
    async fn version(&self) -> u16 {
        self.0.version
    }

    /// When the store took it, by the store's clock.
    async fn recorded_at(&self) -> Timestamp {
        self.0.recorded_at
    }

    /// The data as stored, of the version above.
    async fn data(&self) -> Result<Json<serde_json::Value>, Failure> {
        json(&self.0.data)
    }

    /// What stands beside it: command, correlation, causation, actor.
    async fn metadata(&self) -> Result<Json<serde_json::Value>, Failure> {
        json(&self.0.metadata)
    }
}

/// How many events of a type were recorded on a day.
#[Object]
impl EventCount {
    /// The day, in UTC.
    async fn day(&self) -> Date {
        self.0.day
    }

    /// The event type.
    async fn r#type(&self) -> &str {
        &self.0.event_type
    }

    /// How many, never 0.
    async fn events(&self) -> Long {
        Long(self.0.events)
    }
}
