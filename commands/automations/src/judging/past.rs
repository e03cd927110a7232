//! One way through the log, with rows as they were at each stop.
//!
//! Rows are folded in batches, not anew for each stop, and several stops are read from the same rows. That is sound for
//! stops whose own rows nothing touched in between: events of a stream `person-…` or `channel-…` touch the rows of
//! that one person or channel, any other event may touch anybody's. So a run that filled a thousand profiles one after
//! the other is read from the rows of its beginning, and gives each person the same input as rows folded up to their
//! own decision. Memory holds one page of the log.

use std::collections::HashSet;

use async_trait::async_trait;
use chronogram_engine::{Engine, Walk};
use chronogram_log::{EventFilter, Position, RecordedEvent};
use chronogram_model::StreamName;
use sqlx::PgConnection;

use super::{JudgingError, Told};

/// Stops that are read at once: what is read of them is in memory together.
const STOPS: usize = 100;

/// Who goes through the log.
#[async_trait]
pub(super) trait Traveller: Send {
    /// What is remembered of an event until its rows are read.
    type Stop: Send;

    /// Where rows are wanted as they were, and whether before or behind the event.
    const SIDE: Side;

    /// Whether to stop at this event.
    async fn looks_at(&mut self, event: &RecordedEvent) -> Result<Option<Self::Stop>, JudgingError>;

    /// The rows of each stop's own person or channel are as they were there.
    async fn stands(&mut self, rows: &mut PgConnection, stops: Vec<Self::Stop>) -> Result<(), JudgingError>;
}

/// Which side of its event a stop is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Rows know nothing of the event.
    Before,
    /// Rows know of the event.
    Behind,
}

/// Goes from the beginning of the log to `until`; `types` are those to look at beside those that are folded.
pub(super) async fn travel<T: Traveller>(
    engine: &Engine,
    read_models: &[&str],
    types: &[&str],
    until: Position,
    traveller: &mut T,
    told: Told<'_>,
) -> Result<(), JudgingError> {
    let walk = engine.walk(read_models).await?;
    let folded = walk.filter().types.clone().unwrap_or_default();
    let filter = EventFilter::types(folded.iter().map(String::as_str).chain(types.iter().copied()));
    let mut journey = Journey { walk, traveller, stops: Vec::new(), unfolded: Vec::new(), touched: Touched::default() };
    told(0, until.0);
    loop {
        let page = journey.walk.page(&filter, until).await?;
        let is_last = page.up_to >= until.min(page.head);
        for event in page.events {
            journey.pass(event).await?;
        }
        journey.settle().await?;
        told(page.up_to.0, until.0);
        if is_last {
            return Ok(());
        }
    }
}

struct Journey<'a, T: Traveller> {
    walk: Walk,
    traveller: &'a mut T,
    /// Whose rows are yet to be read.
    stops: Vec<T::Stop>,
    /// What lies between the rows and here.
    unfolded: Vec<RecordedEvent>,
    /// Before: whose rows the unfolded would change. Behind: whose rows are yet to be read.
    touched: Touched,
}

impl<T: Traveller> Journey<'_, T> {
    async fn pass(&mut self, event: RecordedEvent) -> Result<(), JudgingError> {
        let stop = self.traveller.looks_at(&event).await?;
        let is_late = match T::SIDE {
            Side::Before => stop.is_some() && self.touched.has(&event.stream),
            Side::Behind => self.touched.meets(&event.stream),
        };
        if is_late || self.stops.len() >= STOPS {
            self.settle().await?;
        }
        if T::SIDE == Side::Before || stop.is_some() {
            self.touched.note(&event.stream);
        }
        self.stops.extend(stop);
        self.unfolded.push(event);
        Ok(())
    }

    /// Reads what waits to be read and folds what waits to be folded, in the order of their side.
    async fn settle(&mut self) -> Result<(), JudgingError> {
        if T::SIDE == Side::Before {
            self.read().await?;
        }
        self.walk.fold(&self.unfolded).await?;
        self.unfolded.clear();
        if T::SIDE == Side::Behind {
            self.read().await?;
        }
        self.touched = Touched::default();
        Ok(())
    }

    async fn read(&mut self) -> Result<(), JudgingError> {
        if self.stops.is_empty() {
            return Ok(());
        }
        let stops = std::mem::take(&mut self.stops);
        self.traveller.stands(self.walk.rows().await?, stops).await
    }
}

/// Streams, and whether there was one whose events may touch any row.
#[derive(Default)]
struct Touched {
    streams: HashSet<StreamName>,
    all: bool,
}

impl Touched {
    fn note(&mut self, stream: &StreamName) {
        if keeps_to_itself(stream) {
            self.streams.insert(stream.clone());
        } else {
            self.all = true;
        }
    }

    /// Whether something touched the rows of this stream's person or channel.
    fn has(&self, stream: &StreamName) -> bool {
        self.all || self.streams.contains(stream)
    }

    /// Whether an event of this stream would touch rows of those noted.
    fn meets(&self, stream: &StreamName) -> bool {
        if keeps_to_itself(stream) { self.has(stream) } else { !self.streams.is_empty() || self.all }
    }
}

fn keeps_to_itself(stream: &StreamName) -> bool {
    stream.as_str().starts_with("person-") || stream.as_str().starts_with("channel-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stream(name: &str, id: &str) -> StreamName {
        format!("{name}-{id}").try_into().unwrap()
    }

    #[test]
    fn what_a_person_does_touches_nobody_else_and_what_a_chat_does_may_touch_anybody() {
        let mut touched = Touched::default();
        assert!(!touched.has(&stream("person", "1")) && !touched.meets(&stream("conversation", "1")));
        touched.note(&stream("person", "1"));
        assert!(touched.has(&stream("person", "1")) && !touched.has(&stream("person", "2")));
        assert!(touched.meets(&stream("conversation", "1")) && !touched.meets(&stream("person", "2")));
        touched.note(&stream("conversation", "1"));
        assert!(touched.has(&stream("person", "2")) && touched.meets(&stream("person", "2")));
    }
}
