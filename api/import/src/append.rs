//! Batches reach the log: people first, then the messages, each append repeatable.

use std::{collections::HashSet, time::Duration};

use chronogram_log::{
    Actor, Append, AppendError, Appended, ExpectedRevision, JsonText, Metadata, NewEvent, Position, SharedEventStore,
    StoreError, limits,
};
use chronogram_model::{CommandId, EventId, Origin, StreamName};
use futures::{StreamExt, TryStreamExt, stream};

use crate::batch::{Batch, Prepared};

/// People appended at the same time: they share the store's commits, and leave room for others.
const PEOPLE_AT_ONCE: usize = 64;

/// Tries of a call while the store is unavailable, and the pause after the first, which doubles: 6.2 s in all,
/// longer than a database needs to restart.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) appended: u64,
    pub(crate) known: u64,
    pub(crate) last: Option<Position>,
}

impl Outcome {
    fn and(self, other: Self) -> Self {
        Self {
            appended: self.appended + other.appended,
            known: self.known + other.known,
            last: self.last.max(other.last),
        }
    }
}

/// Appends batches to a store.
pub(crate) struct Appender {
    store: SharedEventStore,
}

impl Appender {
    pub(crate) fn new(store: SharedEventStore) -> Self {
        Self { store }
    }

    /// Appends what of the batch is not in the log yet.
    ///
    /// People come before the messages that tell of them, so that after a cut between the two the next run, which
    /// finds the messages missing, meets the same people at the same places.
    pub(crate) async fn append(&self, mut batch: Batch) -> Result<Outcome, AppendError> {
        for prepared in batch.people.values_mut().flatten().chain(&mut batch.events) {
            prepared.id = self.veiled(prepared.id);
        }
        let ids: Vec<EventId> =
            batch.people.values().flatten().chain(&batch.events).map(|prepared| prepared.id).collect();
        let known = if ids.is_empty() { HashSet::new() } else { self.known(&ids).await? };
        let correlation = batch.correlation;
        // Collected first: an append must not borrow from the iterator it is polled in.
        let people: Vec<_> = batch
            .people
            .into_iter()
            .map(|(person, events)| self.append_new(person, correlation, events, &known))
            .collect();
        let seen = stream::iter(people)
            .buffer_unordered(PEOPLE_AT_ONCE)
            .try_fold(Outcome::default(), |sum, outcome| async move { Ok(sum.and(outcome)) })
            .await?;
        let told = match batch.stream {
            Some(stream) => self.append_new(stream, correlation, batch.events, &known).await?,
            None => Outcome::default(),
        };
        Ok(seen.and(told).and(Outcome { known: batch.repeats, ..Outcome::default() }))
    }

    /// The id is made of a digest of what was said, and stays when the words are erased.
    fn veiled(&self, id: EventId) -> EventId {
        let mut bytes = id.0.into_bytes();
        self.store.veil(&mut bytes);
        EventId(uuid::Builder::from_sha1_bytes(bytes).into_uuid())
    }

    async fn append_new(
        &self,
        stream: StreamName,
        correlation: uuid::Uuid,
        mut events: Vec<Prepared>,
        known: &HashSet<EventId>,
    ) -> Result<Outcome, AppendError> {
        let offered = events.len();
        events.retain(|event| !known.contains(&event.id));
        let mut last = None;
        let mut appended = 0;
        // More than one turn only for a person with hundreds of names within one batch.
        let mut rest = events;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(limits::EVENTS_PER_APPEND_MAX));
            let (count, at) = self.append_once(&stream, correlation, rest).await?;
            appended += count;
            last = last.max(at);
            rest = later;
        }
        Ok(Outcome { appended, known: offered as u64 - appended, last })
    }

    /// Appends `events`; those that another run appended meanwhile are left out.
    async fn append_once(
        &self,
        stream: &StreamName,
        correlation: uuid::Uuid,
        mut events: Vec<Prepared>,
    ) -> Result<(u64, Option<Position>), AppendError> {
        while !events.is_empty() {
            match self.send(stream, correlation, &events).await {
                Ok((appended, news)) => {
                    let count = if news { events.len() as u64 } else { 0 };
                    return Ok((count, Some(appended.last)));
                }
                Err(AppendError::EventsKnown(known)) => {
                    let before = events.len();
                    events.retain(|event| !known.contains(&event.id));
                    if events.len() == before {
                        return Err(AppendError::EventsKnown(known));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok((0, None))
    }

    /// One command; says beside its result whether the events became part of the log by it.
    async fn send(
        &self,
        stream: &StreamName,
        correlation: uuid::Uuid,
        events: &[Prepared],
    ) -> Result<(Appended, bool), AppendError> {
        let command_id = command_of(stream, events);
        let metadata = Metadata {
            command_id,
            correlation,
            causation: None,
            actor: Actor::Operator,
            fingerprint: None,
            traceparent: None,
        };
        let metadata = JsonText::of(&metadata).map_err(|error| AppendError::Invalid(error.to_string()))?;
        let append = Append {
            command_id,
            fingerprint: None,
            stream: stream.clone(),
            expected: ExpectedRevision::Any,
            events: events
                .iter()
                .map(|event| NewEvent {
                    id: event.id,
                    event_type: event.shape.name.into(),
                    version: event.shape.version,
                    data: event.data.clone(),
                    metadata: metadata.clone(),
                })
                .collect(),
        };
        let mut pauses = Pauses::default();
        loop {
            match self.store.append(append.clone()).await {
                // After a failed try, a repeat is most likely our own append whose answer was lost.
                Ok(appended) => return Ok((appended, !appended.repeated || pauses.taken > 0)),
                Err(AppendError::Store(error)) => pauses.after(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn known(&self, ids: &[EventId]) -> Result<HashSet<EventId>, AppendError> {
        let mut pauses = Pauses::default();
        loop {
            match self.store.known_events(ids).await {
                Ok(known) => return Ok(known),
                Err(error) => pauses.after(error).await?,
            }
        }
    }
}

/// The same events always make the same command.
fn command_of(stream: &StreamName, events: &[Prepared]) -> CommandId {
    let ids: String = events.iter().map(|event| event.id.0.simple().to_string()).collect();
    CommandId::of(Origin::of(&["import", &ids]), "ImportBatch", stream)
}

/// Patience with an unavailable store.
#[derive(Debug, Default)]
struct Pauses {
    taken: u32,
}

impl Pauses {
    /// Waits, or gives the error back when waiting does not help.
    async fn after(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.taken += 1;
        if !matches!(error, StoreError::Unavailable { .. }) || self.taken >= TRIES {
            return Err(error);
        }
        tracing::warn!(try_number = self.taken, "the event store is unavailable, the import waits");
        tokio::time::sleep(FIRST_PAUSE * 2u32.pow(self.taken - 1)).await;
        Ok(())
    }
}
