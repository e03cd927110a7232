//! The served protocol, by the official client: what it sends comes back, and it is told what it expects to be told.

mod access;
mod appending;
mod deleting;
mod following;
mod people;
mod reading;

use bytes::Bytes;
use chronogram_log::SharedEventStore;
use eventstore::{AppendToStreamOptions, Client, EventData, RecordedEvent, StreamState};
use uuid::Uuid;

use crate::{
    serving::{Serving, WRITER},
    stores::{in_memory, in_postgres},
};

/// The store behind, the server, and a client that may write.
struct World {
    store: SharedEventStore,
    serving: Serving,
    client: Client,
}

impl World {
    async fn in_memory() -> Self {
        Self::on(in_memory().await).await
    }

    async fn in_postgres() -> Self {
        Self::on(in_postgres().await).await
    }

    async fn on(store: SharedEventStore) -> Self {
        let serving = Serving::start(store.clone()).await;
        let client = serving.client(WRITER);
        Self { store, serving, client }
    }

    /// Appends events numbered on from `first`, of this type.
    async fn append(&self, stream: &str, event_type: &str, numbers: std::ops::Range<u128>) {
        let events: Vec<_> = numbers.map(|number| event(event_type, number)).collect();
        self.client.append_to_stream(stream, &any(), events).await.unwrap();
    }
}

fn any() -> AppendToStreamOptions {
    expecting(StreamState::Any)
}

fn expecting(state: StreamState) -> AppendToStreamOptions {
    AppendToStreamOptions::default().stream_state(state)
}

fn event(event_type: &str, number: u128) -> EventData {
    EventData::json(event_type, &number.to_string()).unwrap().id(Uuid::from_u128(number))
}

async fn drained(mut read: eventstore::ReadStream) -> Result<Vec<RecordedEvent>, eventstore::Error> {
    let mut events = Vec::new();
    while let Some(resolved) = read.next().await? {
        events.push(resolved.event.unwrap());
    }
    Ok(events)
}

fn numbers(events: &[RecordedEvent]) -> Vec<u128> {
    events.iter().map(|event| event.id.as_u128()).collect()
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}
