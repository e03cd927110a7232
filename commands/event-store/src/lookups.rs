//! What the log knows of commands, events and streams.

use std::collections::{HashMap, HashSet};

use chronogram_log::{CommandResult, Position, Revision};
use chronogram_model::{CommandId, EventId, StreamName};
use sqlx::{PgExecutor, types::Uuid};

const HEAD: &str = "select position from es.head where id = 1";

/// By the index of `command_id` and the primary key of `es.event`.
const COMMANDS: &str = "
select c.command_id, c.first_position, c.last_position, c.fingerprint, e.revision
from es.command c join es.event e on e.position = c.last_position
where c.command_id = any($1)";

/// By the index of `event_id`.
const EVENTS: &str = "select event_id from es.event where event_id = any($1)";

/// By the index of (stream, revision), one probe a stream.
const STREAMS: &str = "
select s.stream, (select e.revision from es.event e where e.stream = s.stream order by e.revision desc limit 1)
from unnest($1::text[]) as s (stream)";

/// By the primary key; the caller bounds the range.
const STREAMS_BETWEEN: &str = "
select stream, max(revision) from es.event where position > $1 and position <= $2 group by stream";

/// What is stored of a command.
pub(crate) struct KnownCommand {
    pub(crate) result: CommandResult,
    pub(crate) last_revision: Revision,
}

pub(crate) async fn head(executor: impl PgExecutor<'_>) -> Result<Position, sqlx::Error> {
    sqlx::query_scalar(HEAD).fetch_one(executor).await.map(Position::from_i64)
}

pub(crate) async fn commands(
    executor: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<HashMap<CommandId, KnownCommand>, sqlx::Error> {
    let rows: Vec<(Uuid, i64, i64, Option<String>, i64)> =
        sqlx::query_as(COMMANDS).bind(ids).fetch_all(executor).await?;
    let known = rows.into_iter().map(|(id, first, last, fingerprint, revision)| {
        let result = CommandResult { first: Position::from_i64(first), last: Position::from_i64(last), fingerprint };
        (CommandId(id), KnownCommand { result, last_revision: Revision::from_i64(revision) })
    });
    Ok(known.collect())
}

/// Those of `ids` that are in the log. Callers bound how many they ask for.
pub(crate) async fn events(executor: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<HashSet<EventId>, sqlx::Error> {
    let found: Vec<Uuid> = sqlx::query_scalar(EVENTS).bind(ids).fetch_all(executor).await?;
    Ok(found.into_iter().map(EventId).collect())
}

/// The last revision of each of `streams`; `None`: it has no events.
pub(crate) async fn streams(
    executor: impl PgExecutor<'_>,
    streams: &HashSet<&StreamName>,
) -> Result<HashMap<StreamName, Option<Revision>>, sqlx::Error> {
    let names: Vec<&str> = streams.iter().map(|stream| stream.as_str()).collect();
    let rows: Vec<(String, Option<i64>)> = sqlx::query_as(STREAMS).bind(names).fetch_all(executor).await?;
    let heads: HashMap<String, Option<i64>> = rows.into_iter().collect();
    let revision_of = |stream: &StreamName| heads.get(stream.as_str()).copied().flatten().map(Revision::from_i64);
    Ok(streams.iter().map(|stream| ((*stream).clone(), revision_of(stream))).collect())
}

/// The last revisions of all streams that grew between two positions.
pub(crate) async fn streams_between(
    executor: impl PgExecutor<'_>,
    after: Position,
    up_to: Position,
) -> Result<Vec<(StreamName, Revision)>, sqlx::Error> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as(STREAMS_BETWEEN).bind(after.as_i64()).bind(up_to.as_i64()).fetch_all(executor).await?;
    let named = rows.into_iter().filter_map(|(stream, revision)| {
        // A name that is none of ours is in nobody's cache either.
        Some((StreamName::try_from(stream).ok()?, Revision::from_i64(revision)))
    });
    Ok(named.collect())
}
