//! Following the log: everything after a position, then what comes, without gap or repeat.

use std::time::Duration;

use crate::{EventFilter, Position, RecordedEvent, SharedEventStore, StoreError};

/// How long a subscription sleeps when nothing wakes it: the safety net under the store's own wake-ups.
const PATIENCE: Duration = Duration::from_secs(1);

/// A reader that follows the log. It keeps its place in memory; who wants to go on later keeps `up_to`.
pub struct Subscription {
    store: SharedEventStore,
    filter: EventFilter,
    after: Position,
    page_events: usize,
}

/// What a subscription read.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The wanted events, oldest first; may be empty when only others came.
    pub events: Vec<RecordedEvent>,
    /// Everything up to here was looked at.
    pub up_to: Position,
    /// The head of the log when this was read.
    pub head: Position,
}

impl Subscription {
    /// Follows `store` from behind `after`, in batches of at most `page_events`.
    pub fn new(store: SharedEventStore, after: Position, filter: EventFilter, page_events: usize) -> Self {
        Self { store, filter, after, page_events }
    }

    /// The next batch; waits until there is something past the last one.
    ///
    /// Cancel-safe: a dropped call loses nothing. After an error the same call may be made again.
    pub async fn next(&mut self) -> Result<Batch, StoreError> {
        loop {
            let page = self.store.read_all(self.after, &self.filter, self.page_events).await?;
            if page.up_to > self.after {
                self.after = page.up_to;
                return Ok(Batch { events: page.events, up_to: page.up_to, head: page.head });
            }
            self.store.wait_past(self.after, PATIENCE).await?;
        }
    }
}
