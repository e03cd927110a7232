//! `Streams.Read`: pages of the store become a flow of messages, made as fast as the client takes them.

mod all;
mod backwards;
mod follow_all;
mod follow_stream;
mod pace;
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_log::{Direction, Position, Revision};
use futures::{
    StreamExt, TryStreamExt,
    stream::{BoxStream, iter, try_unfold},
};
use tonic::Status;

use crate::{
    access::Caller,
    failure,
    filter::Filter,
    lifetimes::Lifetime,
    served::Served,
    wire::read::{
        AllOptions, Content, Extent, FilterOptions, FromPosition, FromRevision, ReadReq, ReadResp, Selection, Source,
        StreamOptions, UuidForm,
    },
    write::stream_name,
};

pub(crate) type Flow = BoxStream<'static, Result<ReadResp, Status>>;

/// A read under way.
#[async_trait]
pub(crate) trait Steps: Send + 'static {
    /// What comes next; `None`: nothing does.
    async fn step(&mut self) -> Result<Option<Vec<Content>>, Status>;
}

fn flow(steps: impl Steps) -> Flow {
    let step = |mut steps: Box<dyn Steps>| async move {
        let contents = steps.step().await?;
        Ok::<_, Status>(contents.map(|contents| (contents, steps)))
    };
    try_unfold(Box::new(steps) as Box<dyn Steps>, step)
        .map_ok(|contents| iter(contents.into_iter().map(|content| Ok(content.into()))))
        .try_flatten()
        .boxed()
}

/// What every read needs.
pub(crate) struct Reader {
    pub(crate) served: Arc<Served>,
    pub(crate) uuids: UuidForm,
}

pub(crate) async fn read(served: Arc<Served>, caller: Caller, request: ReadReq) -> Result<Flow, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("the request has no options"))?;
    let direction = match options.direction {
        0 => Direction::Forward,
        1 => Direction::Backward,
        _ => return Err(Status::invalid_argument("the direction is 0, forwards, or 1, backwards")),
    };
    let uuids = options.uuids.and_then(|uuids| uuids.form).unwrap_or(UuidForm::Structured(()));
    let reader = Reader { served, uuids };
    let extent =
        options.extent.ok_or_else(|| Status::invalid_argument("the options hold a count or a subscription"))?;
    if matches!(extent, Extent::Subscription(())) && direction == Direction::Backward {
        return Err(Status::invalid_argument("a subscription reads forwards"));
    }
    match options.source.ok_or_else(|| Status::invalid_argument("the options name a stream or $all"))? {
        Source::Stream(stream) => {
            let tells_last = options.control.is_some_and(|control| control.compatibility >= 1);
            of_stream(reader, caller, stream, direction, extent, tells_last).await
        }
        Source::All(all) => {
            let filter = match options.selection {
                Some(Selection::Filter(filter)) => Some(filter),
                Some(Selection::NoFilter(())) | None => None,
            };
            of_all(reader, caller, all, direction, extent, filter).await
        }
    }
}

async fn of_stream(
    reader: Reader,
    caller: Caller,
    options: StreamOptions,
    direction: Direction,
    extent: Extent,
    tells_last: bool,
) -> Result<Flow, Status> {
    let identifier = options.stream.ok_or_else(|| Status::invalid_argument("the options name no stream"))?;
    let name = stream_name(&identifier.name)?;
    let lifetime = reader.served.lifetimes.of(&name).await.map_err(failure::of_store)?;
    let Lifetime::From(shown_from) = lifetime else { return Err(failure::stream_deleted(name.as_str())) };
    let from = options.from.ok_or_else(|| Status::invalid_argument("the options do not say from where"))?;
    match extent {
        Extent::Count(count) => {
            let from = match (from, direction) {
                (FromRevision::Revision(revision), _) => Revision(revision),
                (FromRevision::Start(()), _) => Revision(0),
                (FromRevision::End(()), _) => Revision(u64::MAX),
            };
            Ok(flow(stream::StreamRead::new(reader, name, from, direction, count, shown_from, tells_last)))
        }
        Extent::Subscription(()) => {
            // Behind the revision that is named: whoever goes on names the last one they saw.
            let next = match from {
                FromRevision::Revision(revision) => Revision(revision.saturating_add(1)),
                FromRevision::Start(()) => Revision(0),
                FromRevision::End(()) => reader.served.last_revision(&name).await?.map_or(Revision(0), Revision::next),
            };
            Ok(flow(follow_stream::StreamFollowing::new(reader, caller, name, next.max(shown_from))))
        }
    }
}

async fn of_all(
    reader: Reader,
    caller: Caller,
    options: AllOptions,
    direction: Direction,
    extent: Extent,
    filter: Option<FilterOptions>,
) -> Result<Flow, Status> {
    let from = options.from.ok_or_else(|| Status::invalid_argument("the options do not say from where"))?;
    let is_filtered = filter.is_some();
    let filter = Filter::of(filter.unwrap_or_default())?;
    let store = &reader.served.store;
    match (extent, direction) {
        (Extent::Count(count), Direction::Forward) => {
            // From the named position on, that one included.
            let after = match from {
                FromPosition::Position(position) => Position(position.commit.saturating_sub(1)),
                FromPosition::Start(()) => Position::START,
                FromPosition::End(()) => store.head().await.map_err(failure::of_store)?,
            };
            Ok(flow(all::AllRead::new(reader, after, filter, count)))
        }
        (Extent::Count(count), Direction::Backward) => {
            // Before the named position, which is where an event begins.
            let before = match from {
                FromPosition::Position(position) => Position(position.commit),
                FromPosition::Start(()) => Position::START,
                FromPosition::End(()) => Position(u64::MAX),
            };
            let end = Position(store.head().await.map_err(failure::of_store)?.0 + 1);
            Ok(flow(backwards::AllBackwards::new(reader, before.min(end), filter, count)))
        }
        (Extent::Subscription(()), _) => {
            let after = match from {
                FromPosition::Position(position) => Position(position.commit),
                FromPosition::Start(()) => Position::START,
                FromPosition::End(()) => store.head().await.map_err(failure::of_store)?,
            };
            Ok(flow(follow_all::AllFollowing::new(reader, caller, after, filter, is_filtered)))
        }
    }
}
