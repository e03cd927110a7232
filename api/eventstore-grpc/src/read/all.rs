//! `$all`, oldest first, up to where the log ends now.

use async_trait::async_trait;
use chronogram_log::Position;
use tonic::Status;

use super::{Reader, Steps, pace::Pace};
use crate::{event::served, failure, filter::Filter, wire::read::Content};

pub(super) struct AllRead {
    reader: Reader,
    after: Position,
    filter: Filter,
    left: u64,
    pace: Pace,
    ended: bool,
}

impl AllRead {
    pub(super) fn new(reader: Reader, after: Position, filter: Filter, left: u64) -> Self {
        Self { reader, after, filter, left, pace: Pace::new(), ended: false }
    }
}

#[async_trait]
impl Steps for AllRead {
    async fn step(&mut self) -> Result<Option<Vec<Content>>, Status> {
        while !self.ended && self.left > 0 {
            let store = &self.reader.served.store;
            let page = store.read_all(self.after, &self.filter.of_store, self.pace.next(u64::MAX)).await;
            let page = page.map_err(failure::of_store)?;
            self.pace.learn(&page.events);
            self.after = page.up_to;
            self.ended = page.up_to >= page.head;
            let wanted = page.events.iter().filter(|event| self.filter.accepts(event));
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
