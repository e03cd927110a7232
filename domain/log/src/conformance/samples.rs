//! Appends to try things with, and ways to read everything back.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chronogram_model::{CommandId, EventId, EventShape, Origin, StreamName};

use crate::{
    Actor, Append, EventFilter, ExpectedRevision, JsonText, Metadata, NewEvent, Position, RecordedEvent,
    SharedEventStore, Subscription,
};

/// How long a check waits for what must come; a machine under load is slow, a broken store is silent.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

pub(super) const SEAT_TAKEN: EventShape = EventShape { name: "SeatTaken", version: 1 };
pub(super) const SEAT_LEFT: EventShape = EventShape { name: "SeatLeft", version: 3 };

/// Builds appends. The same name and stream give the same command.
#[derive(Clone, Debug)]
pub struct Sample {
    append: Append,
    shape: EventShape,
}

impl Sample {
    /// A command called `name` on `stream`, with one event, whatever the stream looks like.
    pub fn new(name: &str, stream: &str) -> Self {
        let stream = StreamName::try_from(stream.to_owned()).unwrap();
        let command_id = CommandId::of(Origin::of(&["conformance", name]), "TakeSeat", &stream);
        let append =
            Append { command_id, fingerprint: None, stream, expected: ExpectedRevision::Any, events: Vec::new() };
        Self { append, shape: SEAT_TAKEN }.events(1)
    }

    /// With `count` events.
    #[must_use]
    pub fn events(mut self, count: usize) -> Self {
        let command_id = self.append.command_id;
        let metadata = Metadata {
            command_id,
            correlation: command_id.0,
            causation: None,
            actor: Actor::Operator,
            fingerprint: None,
            traceparent: None,
        };
        let metadata = JsonText::of(&metadata).unwrap();
        let event = |index| NewEvent {
            id: EventId::of(command_id, index),
            event_type: self.shape.name.into(),
            version: self.shape.version,
            data: JsonText::from_trusted(format!("{{\"seat\": {index}}}")),
            metadata: metadata.clone(),
        };
        self.append.events = (0..count).map(event).collect();
        self
    }

    /// With events of this shape.
    #[must_use]
    pub fn shape(mut self, shape: EventShape) -> Self {
        self.shape = shape;
        let count = self.append.events.len();
        self.events(count)
    }

    /// Expecting this of the stream.
    #[must_use]
    pub fn expecting(mut self, expected: ExpectedRevision) -> Self {
        self.append.expected = expected;
        self
    }

    /// With this digest of the request.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: &str) -> Self {
        self.append.fingerprint = Some(fingerprint.to_owned());
        self
    }

    /// With this data in every event.
    #[must_use]
    pub fn data(mut self, json: &str) -> Self {
        for event in &mut self.append.events {
            event.data = JsonText::from_trusted(json.to_owned());
        }
        self
    }

    /// With these ids, one event each.
    #[must_use]
    pub fn ids(mut self, ids: &[EventId]) -> Self {
        self = self.events(ids.len());
        for (event, id) in self.append.events.iter_mut().zip(ids) {
            event.id = *id;
        }
        self
    }

    /// The append.
    pub fn build(self) -> Append {
        self.append
    }
}

pub(super) fn stream(name: &str) -> StreamName {
    StreamName::try_from(name.to_owned()).unwrap()
}

/// Reads the whole log by small pages.
pub async fn everything(store: &SharedEventStore) -> Vec<RecordedEvent> {
    let (mut after, mut events) = (Position::START, Vec::new());
    loop {
        let page = store.read_all(after, &EventFilter::all(), 97).await.unwrap();
        events.extend(page.events);
        assert!(page.up_to >= after && page.up_to <= page.head, "a page went from {after} to {}", page.up_to);
        if page.up_to == page.head {
            return events;
        }
        after = page.up_to;
    }
}

/// Follows the log from its start until `count` events came, then checks that none was skipped, repeated or out of order.
pub async fn collect(store: SharedEventStore, count: usize, page_events: usize) -> Vec<RecordedEvent> {
    let mut subscription = Subscription::new(store, Position::START, EventFilter::all(), page_events);
    let mut events = Vec::new();
    let following = async {
        while events.len() < count {
            events.extend(subscription.next().await.unwrap().events);
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, following).await;
    assert!(in_time.is_ok(), "{count} events were appended, a subscription saw {} of them", events.len());
    assert_eq!(events.len(), count, "a subscription saw more events than were appended");
    check_order(&events);
    events
}

/// Positions grow, revisions of each stream are 0, 1, 2, …, ids are unique.
pub(super) fn check_order(events: &[RecordedEvent]) {
    let mut last = Position::START;
    let mut revisions: HashMap<&StreamName, u64> = HashMap::new();
    let mut ids = HashSet::new();
    for event in events {
        assert!(event.position > last, "position {} was read after {last}", event.position);
        last = event.position;
        let next = revisions.entry(&event.stream).or_default();
        assert_eq!(event.revision.0, *next, "{} skipped or repeated a revision at {last}", event.stream);
        *next += 1;
        assert!(ids.insert(event.id), "event {} was read twice", event.id);
    }
}
