//! A subscription to a stream: everything from a revision on, then what comes. The stream need not exist yet.

use async_trait::async_trait;
use chronogram_log::{Direction, Position, Revision};
use chronogram_model::StreamName;
use tonic::Status;

use super::{Reader, Steps, follow_all::PATIENCE, pace::Pace};
use crate::{
    access::Caller,
    event::served,
    failure,
    lifetimes::Lifetime,
    wire::read::{Caught, Confirmation, Content},
};

pub(super) struct StreamFollowing {
    reader: Reader,
    caller: Caller,
    name: StreamName,
    next: Revision,
    pace: Pace,
    confirmed: bool,
    live: bool,
}

impl StreamFollowing {
    pub(super) fn new(reader: Reader, caller: Caller, name: StreamName, next: Revision) -> Self {
        Self { reader, caller, name, next, pace: Pace::new(), confirmed: false, live: false }
    }

    async fn look(&mut self) -> Result<Vec<Content>, Status> {
        let limit = self.pace.next(u64::MAX);
        let page = self.reader.served.store.read_stream(&self.name, self.next, Direction::Forward, limit).await;
        let page = page.map_err(failure::of_store)?;
        self.pace.learn(&page);
        let at_end = page.len() < limit;
        let mut contents = Vec::new();
        if self.live && !at_end {
            self.live = false;
            contents.push(Content::FellBehind(self.now()));
        }
        for event in &page {
            self.next = event.revision.next();
            contents.push(Content::Event(served(event, self.reader.uuids)));
        }
        if at_end && !self.live {
            self.live = true;
            contents.push(Content::CaughtUp(self.now()));
        }
        Ok(contents)
    }

    fn now(&self) -> Caught {
        let revision = self.next.0.checked_sub(1).and_then(|last| i64::try_from(last).ok());
        Caught { at: Some(self.reader.served.clock.now().into()), revision, position: None }
    }

    async fn head(&self) -> Result<Position, Status> {
        self.reader.served.store.head().await.map_err(failure::of_store)
    }
}

#[async_trait]
impl Steps for StreamFollowing {
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
            if self.reader.served.lifetimes.of(&self.name).await.map_err(failure::of_store)? == Lifetime::Ended {
                return Err(failure::stream_deleted(self.name.as_str()));
            }
            // Before the look: what is appended after it moves the log past this.
            let head = self.head().await?;
            let contents = self.look().await?;
            if !contents.is_empty() {
                return Ok(Some(contents));
            }
            let waiting = self.reader.served.store.wait_past(head, PATIENCE);
            if let Some(waited) = stop.run_until_cancelled(waiting).await {
                waited.map_err(failure::of_store)?;
            }
        }
    }
}
