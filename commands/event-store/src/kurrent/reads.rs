//! Reading: pages of `$all` by commit position, streams by revision.

use std::sync::Arc;

use chronogram_log::{Direction, EventFilter, Position, RecordedEvent, Revision, StoreError, limits};
use chronogram_model::StreamName;
use eventstore::{
    Error, Position as ServerPosition, ReadAllOptions, ReadStream, ReadStreamOptions, StreamPosition,
    SubscriptionFilter,
};
use tokio::sync::watch;

use super::{
    connection::Connection,
    decode::{Decoded, decoded},
    filter, publish,
};

const READ_ALL: &str = "read the log";
const READ_HEAD: &str = "read the head of the log";
const READ_STREAM: &str = "read a stream";

/// The largest revision over there.
const REVISION_MAX: u64 = i64::MAX.unsigned_abs();

pub(super) struct Reads {
    pub(super) connection: Arc<Connection>,
    /// Told of every head that is seen.
    pub(super) published: watch::Sender<Position>,
}

/// A page of the log with the envelopes of our events.
pub(super) struct DecodedPage {
    pub(super) events: Vec<Decoded>,
    pub(super) up_to: Position,
    pub(super) head: Position,
}

impl Reads {
    /// The position of the last event that is not the server's own.
    pub(super) async fn head(&self) -> Result<Position, StoreError> {
        let options = ReadAllOptions::default().position(StreamPosition::End).filter(filter::ours()).max_count(1);
        let last = self.all(READ_HEAD, &options, 1).await?;
        let head = last.first().map_or(Position::START, |event| Position(event.position.commit));
        publish(&self.published, head);
        Ok(head)
    }

    pub(super) async fn page(
        &self,
        after: Position,
        filter: &EventFilter,
        limit: usize,
    ) -> Result<DecodedPage, StoreError> {
        let limit = limit.min(limits::PAGE_EVENTS_MAX);
        // Known before the events are read: up to here a page that is not full has looked at everything.
        let known = *self.published.borrow();
        let head = if known > after { known } else { self.head().await? };
        let looked_at_nothing = DecodedPage { events: Vec::new(), up_to: after, head };
        if limit == 0 || after >= head {
            return Ok(looked_at_nothing);
        }
        let Some(filter) = filter::of(filter) else { return Ok(DecodedPage { up_to: head, ..looked_at_nothing }) };
        let found = self.behind(after, filter, limit).await?;
        let events = found.iter().map(decoded).collect::<Result<Vec<_>, _>>()?;
        let last = events.last().map_or(after, |last| last.event.position);
        publish(&self.published, last);
        let up_to = if events.len() < limit { head.max(last) } else { last };
        Ok(DecodedPage { events, up_to, head: head.max(last) })
    }

    /// Reads begin at a position, that one included; we go on behind it.
    async fn behind(
        &self,
        after: Position,
        filter: SubscriptionFilter,
        limit: usize,
    ) -> Result<Vec<eventstore::RecordedEvent>, StoreError> {
        let from = match after {
            Position::START => StreamPosition::Start,
            Position(commit) => StreamPosition::Position(ServerPosition { commit, prepare: commit }),
        };
        let options = ReadAllOptions::default().forwards().position(from).filter(filter).max_count(limit + 1);
        let mut found = self.all(READ_ALL, &options, limit + 1).await?;
        found.retain(|event| event.position.commit > after.0);
        found.truncate(limit);
        Ok(found)
    }

    async fn all(
        &self,
        operation: &'static str,
        options: &ReadAllOptions,
        limit: usize,
    ) -> Result<Vec<eventstore::RecordedEvent>, StoreError> {
        self.connection
            .ask(operation, |client| async move { drained(client.read_all(options).await?, limit).await })
            .await
    }

    /// Events of one stream; none of a stream that does not exist or was deleted.
    pub(super) async fn stream(
        &self,
        stream: &StreamName,
        from: Revision,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        if limit == 0 || (direction == Direction::Forward && from.0 >= REVISION_MAX) {
            return Ok(Vec::new());
        }
        let options = ReadStreamOptions::default();
        let options = match direction {
            Direction::Forward => options.position(StreamPosition::Position(from.0)).forwards(),
            Direction::Backward if from.0 >= REVISION_MAX => options.position(StreamPosition::End),
            Direction::Backward => options.position(StreamPosition::Position(from.0)).backwards(),
        };
        let options = &options.max_count(limit);
        let question = |client: eventstore::Client| async move {
            match client.read_stream(stream.as_str(), options).await {
                Ok(read) => match drained(read, limit).await {
                    Err(Error::ResourceNotFound | Error::ResourceDeleted) => Ok(Vec::new()),
                    read => read,
                },
                Err(Error::ResourceNotFound | Error::ResourceDeleted) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        };
        let found = self.connection.ask(READ_STREAM, question).await?;
        found.iter().map(|event| decoded(event).map(|decoded| decoded.event)).collect()
    }

    /// The last event of a stream.
    pub(super) async fn last_of(&self, stream: &StreamName) -> Result<Option<RecordedEvent>, StoreError> {
        Ok(self.stream(stream, Revision(u64::MAX), Direction::Backward, 1).await?.pop())
    }
}

async fn drained(mut read: ReadStream, limit: usize) -> Result<Vec<eventstore::RecordedEvent>, Error> {
    let mut events = Vec::new();
    while let Some(resolved) = read.next().await? {
        events.extend(resolved.event);
        if events.len() == limit {
            break;
        }
    }
    Ok(events)
}
