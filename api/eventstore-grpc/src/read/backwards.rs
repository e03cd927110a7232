//! `$all`, newest first. The store reads forwards only, so this reads windows of positions from the end: a window of
//! n positions holds n events at most.

use async_trait::async_trait;
use chronogram_log::Position;
use tonic::Status;

use super::{Reader, Steps, pace::Pace};
use crate::{event::served, failure, filter::Filter, wire::read::Content};

/// Positions that the first window has at least: whoever wants one event finds it in there, even among some that the
/// filter drops.
const FIRST_WINDOW_MIN: u64 = 16;

pub(super) struct AllBackwards {
    reader: Reader,
    /// Everything from here on was looked at.
    before: Position,
    filter: Filter,
    left: u64,
    pace: Pace,
    looked: bool,
}

impl AllBackwards {
    pub(super) fn new(reader: Reader, before: Position, filter: Filter, left: u64) -> Self {
        Self { reader, before, filter, left, pace: Pace::new(), looked: false }
    }

    fn window(&self) -> u64 {
        let widest = self.pace.next(u64::MAX) as u64;
        if self.looked { widest } else { self.left.max(FIRST_WINDOW_MIN).min(widest) }
    }
}

#[async_trait]
impl Steps for AllBackwards {
    async fn step(&mut self) -> Result<Option<Vec<Content>>, Status> {
        while self.before.0 > 1 && self.left > 0 {
            let first = self.before.0.saturating_sub(self.window()).max(1);
            let (after, count) = (Position(first - 1), usize::try_from(self.before.0 - first).unwrap_or(usize::MAX));
            let page = self.reader.served.store.read_all(after, &self.filter.of_store, count).await;
            let page = page.map_err(failure::of_store)?;
            self.pace.learn(&page.events);
            self.looked = true;
            let before = std::mem::replace(&mut self.before, Position(first));
            let wanted = page.events.iter().rev().filter(|event| event.position < before && self.filter.accepts(event));
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            let contents: Vec<_> =
                wanted.take(left).map(|event| Content::Event(served(event, self.reader.uuids))).collect();
            self.left -= contents.len() as u64;
            if !contents.is_empty() {
                return Ok(Some(contents));
            }
        }
        Ok(None)
    }
}
