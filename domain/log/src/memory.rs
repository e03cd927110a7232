//! The in-memory store: keeps every promise of the port but durability. For tests and for trying things out.

mod check;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chronogram_model::{CommandId, EventId, StreamName};
use tokio::sync::watch;

use crate::{
    Append, AppendError, Appended, Clock, CommandResult, Direction, EventFilter, EventStore, Page, Position,
    RecordedEvent, Revision, StoreError, limits,
};

/// A log that lives as long as this value. Positions are dense, from 1.
#[derive(Debug)]
pub struct InMemoryEventStore {
    clock: Arc<dyn Clock>,
    log: Mutex<Log>,
    head: watch::Sender<Position>,
}

#[derive(Debug, Default)]
struct Log {
    /// The event at position n has index n − 1.
    events: Vec<RecordedEvent>,
    /// Indices of each stream's events; the event of revision n is the n-th.
    streams: HashMap<StreamName, Vec<usize>>,
    ids: HashSet<EventId>,
    commands: HashMap<CommandId, (CommandResult, Revision)>,
}

impl InMemoryEventStore {
    /// An empty log; `clock` tells when events are recorded.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, log: Mutex::default(), head: watch::Sender::new(Position::START) }
    }

    /// A panic elsewhere leaves the log whole: every change is made after all checks.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn head(&self) -> Position {
        Position(self.events.len() as u64)
    }

    fn repeat_of(&self, append: &Append) -> Option<Result<Appended, AppendError>> {
        let (first_result, revision) = self.commands.get(&append.command_id)?;
        if let (Some(then), Some(now)) = (&first_result.fingerprint, &append.fingerprint)
            && then != now
        {
            return Some(Err(AppendError::FingerprintMismatch(append.command_id)));
        }
        let CommandResult { first, last, .. } = *first_result;
        Some(Ok(Appended { first, last, revision: *revision, repeated: true }))
    }

    fn append(&mut self, append: Append, clock: &dyn Clock) -> Result<Appended, AppendError> {
        if let Some(answer) = self.repeat_of(&append) {
            return answer;
        }
        let length = self.streams.get(&append.stream).map_or(0, Vec::len) as u64;
        let actual = length.checked_sub(1).map(Revision);
        if !append.expected.accepts(actual) {
            return Err(AppendError::Conflict { stream: append.stream, expected: append.expected, actual });
        }
        let known: HashSet<_> = append.events.iter().map(|event| event.id).filter(|id| self.ids.contains(id)).collect();
        if !known.is_empty() {
            return Err(AppendError::EventsKnown(known));
        }
        let first = Position(self.head().0 + 1);
        let mut revision = Revision(length);
        for (offset, event) in (0_u64..).zip(append.events) {
            revision = Revision(length + offset);
            self.ids.insert(event.id);
            self.streams.entry(append.stream.clone()).or_default().push(self.events.len());
            self.events.push(RecordedEvent {
                position: Position(first.0 + offset),
                stream: append.stream.clone(),
                revision,
                id: event.id,
                event_type: event.event_type.into_owned(),
                version: event.version,
                data: event.data,
                metadata: event.metadata,
                recorded_at: clock.now(),
            });
        }
        let last = self.head();
        let result = CommandResult { first, last, fingerprint: append.fingerprint };
        self.commands.insert(append.command_id, (result, revision));
        Ok(Appended { first, last, revision, repeated: false })
    }

    fn events_at<'a>(&'a self, indices: impl Iterator<Item = &'a usize>, limit: usize) -> Vec<RecordedEvent> {
        indices.filter_map(|index| self.events.get(*index)).take(limit).cloned().collect()
    }
}

#[async_trait]
impl EventStore for InMemoryEventStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        let appended = self.log().append(append, self.clock.as_ref())?;
        self.head.send_if_modified(|head| {
            let moved = appended.last > *head;
            *head = appended.last.max(*head);
            moved
        });
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let log = self.log();
        let indices = log.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(from.0).unwrap_or(usize::MAX);
        Ok(match direction {
            Direction::Forward => log.events_at(indices.iter().skip(from), limit),
            Direction::Backward => {
                let newer = indices.len().saturating_sub(from.saturating_add(1));
                log.events_at(indices.iter().rev().skip(newer), limit)
            }
        })
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.min(limits::PAGE_EVENTS_MAX);
        let log = self.log();
        let head = log.head();
        let seen = usize::try_from(after.0).unwrap_or(usize::MAX);
        let wanted = log.events.iter().skip(seen).filter(|event| filter.accepts(&event.event_type));
        let events: Vec<_> = wanted.take(limit).cloned().collect();
        let up_to = if events.len() < limit { head } else { events.last().map_or(after, |event| event.position) };
        Ok(Page { events, up_to: up_to.max(after), head })
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.log().head())
    }

    async fn wait_past(&self, after: Position, patience: Duration) -> Result<(), StoreError> {
        let mut heads = self.head.subscribe();
        // Patience at its end and a moved head are the same answer; the sender lives as long as `self`.
        let _ = tokio::time::timeout(patience, heads.wait_for(|head| *head > after)).await;
        Ok(())
    }

    async fn find_command(&self, command: CommandId) -> Result<Option<CommandResult>, StoreError> {
        Ok(self.log().commands.get(&command).map(|(result, _)| result.clone()))
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        let log = self.log();
        Ok(ids.iter().filter(|id| log.ids.contains(id)).copied().collect())
    }
}
