//! A subscription to `$all`: everything behind a position, then what comes.

use std::time::Duration;

use async_trait::async_trait;
use chronogram_log::Position;
use tonic::Status;

use super::{Reader, Steps, pace::Pace};
use crate::{
    access::Caller,
    event::served,
    failure,
    filter::Filter,
    wire::read::{Caught, Checkpoint, Confirmation, Content},
};

/// How long a subscription waits before it looks by itself, and asks whether its caller may still read.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct AllFollowing {
    reader: Reader,
    caller: Caller,
    after: Position,
    filter: Filter,
    is_filtered: bool,
    /// What the client was told last: an event's position or a checkpoint's.
    told: Position,
    pace: Pace,
    confirmed: bool,
    live: bool,
}

impl AllFollowing {
    pub(super) fn new(reader: Reader, caller: Caller, after: Position, filter: Filter, is_filtered: bool) -> Self {
        let pace = Pace::new();
        Self { reader, caller, after, filter, is_filtered, told: after, pace, confirmed: false, live: false }
    }

    /// The next page, and what is to be said of it.
    async fn look(&mut self) -> Result<Vec<Content>, Status> {
        let store = &self.reader.served.store;
        let page = store.read_all(self.after, &self.filter.of_store, self.pace.next(u64::MAX)).await;
        let page = page.map_err(failure::of_store)?;
        self.pace.learn(&page.events);
        self.after = page.up_to;
        let at_head = page.up_to >= page.head;
        let mut contents = Vec::new();
        if self.live && !at_head {
            self.live = false;
            contents.push(Content::FellBehind(self.now()));
        }
        for event in page.events.iter().filter(|event| self.filter.accepts(event)) {
            self.told = event.position;
            contents.push(Content::Event(served(event, self.reader.uuids)));
        }
        let becomes_live = at_head && !self.live;
        let passed = self.after.0.saturating_sub(self.told.0);
        if self.is_filtered && passed > 0 && (becomes_live || passed >= self.filter.checkpoint_interval) {
            self.told = self.after;
            let at = Some(self.reader.served.clock.now().into());
            contents.push(Content::Checkpoint(Checkpoint { commit: self.after.0, prepare: self.after.0, at }));
        }
        if becomes_live {
            self.live = true;
            contents.push(Content::CaughtUp(self.now()));
        }
        Ok(contents)
    }

    fn now(&self) -> Caught {
        let position = (self.after > Position::START).then(|| self.after.into());
        Caught { at: Some(self.reader.served.clock.now().into()), revision: None, position }
    }
}

#[async_trait]
impl Steps for AllFollowing {
    async fn step(&mut self) -> Result<Option<Vec<Content>>, Status> {
        if !self.confirmed {
            self.confirmed = true;
            let subscription_id = self.reader.served.next_subscription().to_string();
            return Ok(Some(vec![Content::Confirmation(Confirmation { subscription_id })]));
        }
        let stop = self.reader.served.stop.clone();
        loop {
            if stop.is_cancelled() {
                return Err(failure::stopping());
            }
            self.caller.name().await?;
            let contents = self.look().await?;
            if !contents.is_empty() {
                return Ok(Some(contents));
            }
            if self.live {
                let waiting = self.reader.served.store.wait_past(self.after, PATIENCE);
                if let Some(waited) = stop.run_until_cancelled(waiting).await {
                    waited.map_err(failure::of_store)?;
                }
            }
        }
    }
}
