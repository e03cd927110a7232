//! What Postgres remembers of a log that lies elsewhere: which commands, events and streams there are.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::atomic::{AtomicU64, Ordering},
};

use chronogram_log::{CommandResult, Position, RecordedEvent, Revision, StoreError};
use chronogram_model::{CommandId, EventId, StreamName};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgPool, types::Uuid};

use crate::{StreamSummary, failure::unavailable, lookups::KnownCommand};

const CHECKPOINT: &str = "select position from kurrent.checkpoint where id = 1";

/// By the primary key.
const COMMANDS: &str = "
select command_id, first_position, last_position, last_revision, fingerprint
from kurrent.command where command_id = any($1)";

/// By the primary key.
const EVENTS: &str = "select event_id from kurrent.event where event_id = any($1)";

/// By the primary key. $1: a name that comes before; $2, $3: the bounds of a category; $4: how many.
const STREAMS: &str = "
select stream, last_revision + 1, last_position, last_recorded_at from kurrent.stream
where stream > $1 and stream >= $2 and ($3::text is null or stream < $3) order by stream limit $4";

/// Rows in one order, so that two who note the same do not wait for each other in a circle.
const NOTE: &str = "
with events as (
    insert into kurrent.event (event_id) select * from unnest($1::uuid[]) on conflict do nothing
), commands as (
    insert into kurrent.command as known (command_id, first_position, last_position, last_revision, fingerprint)
    select * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
    on conflict (command_id) do update set
        first_position = least(known.first_position, excluded.first_position),
        last_position = greatest(known.last_position, excluded.last_position),
        last_revision = greatest(known.last_revision, excluded.last_revision),
        fingerprint = coalesce(known.fingerprint, excluded.fingerprint)
), streams as (
    insert into kurrent.stream as known (stream, last_revision, last_position, last_recorded_at)
    select * from unnest($7::text[], $8::bigint[], $9::bigint[], $10::timestamptz[])
    on conflict (stream) do update set
        last_revision = excluded.last_revision,
        last_position = excluded.last_position,
        last_recorded_at = excluded.last_recorded_at
    where known.last_revision < excluded.last_revision
)
update kurrent.checkpoint set position = $11 where id = 1 and position < $11";

/// Ids of one question: some hundred kilobytes of parameters.
const IDS_PER_QUERY: usize = 10_000;

const ASK: &str = "ask the index of the log";
const WRITE: &str = "write the index of the log";

pub(super) struct Index {
    pool: PgPool,
    /// Positions known to be indexed, that before the first event counted too; 0: nobody has looked yet. It only grows.
    indexed: AtomicU64,
}

/// What is to be remembered. Sorted, each key once.
#[derive(Default)]
pub(super) struct Notes {
    events: BTreeSet<Uuid>,
    commands: BTreeMap<Uuid, KnownCommand>,
    streams: BTreeMap<StreamName, (Revision, Position, Timestamp)>,
    up_to: Position,
}

impl Notes {
    /// Nothing but that the log was looked at up to here.
    pub(super) fn up_to(position: Position) -> Self {
        Self { up_to: position, ..Self::default() }
    }

    pub(super) fn event(&mut self, id: EventId) {
        self.events.insert(id.0);
    }

    pub(super) fn command(&mut self, command: CommandId, known: KnownCommand) {
        let KnownCommand { result, last_revision } = known;
        let noted =
            self.commands.entry(command.0).or_insert_with(|| KnownCommand { result: result.clone(), last_revision });
        noted.result.first = noted.result.first.min(result.first);
        noted.result.last = noted.result.last.max(result.last);
        noted.last_revision = noted.last_revision.max(last_revision);
    }

    pub(super) fn stream_of(&mut self, event: &RecordedEvent) {
        self.streams.insert(event.stream.clone(), (event.revision, event.position, event.recorded_at));
    }
}

impl Index {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, indexed: AtomicU64::new(0) }
    }

    /// Everything up to here is indexed, perhaps more; `None`: nobody has looked yet.
    pub(super) fn known(&self) -> Option<Position> {
        self.indexed.load(Ordering::SeqCst).checked_sub(1).map(Position)
    }

    /// Everything up to here is indexed.
    pub(super) async fn checkpoint(&self) -> Result<Position, StoreError> {
        let position = sqlx::query_scalar(CHECKPOINT).fetch_one(&self.pool).await.map_err(unavailable(ASK))?;
        let position = Position::from_i64(position);
        self.indexed.fetch_max(position.0 + 1, Ordering::SeqCst);
        Ok(position)
    }

    /// Durably; what is there already stays.
    pub(super) async fn note(&self, notes: &Notes) -> Result<(), StoreError> {
        let (commands, streams) = (&notes.commands, &notes.streams);
        sqlx::query(NOTE)
            .bind(notes.events.iter().copied().collect::<Vec<_>>())
            .bind(commands.keys().copied().collect::<Vec<_>>())
            .bind(commands.values().map(|known| known.result.first.as_i64()).collect::<Vec<_>>())
            .bind(commands.values().map(|known| known.result.last.as_i64()).collect::<Vec<_>>())
            .bind(commands.values().map(|known| known.last_revision.as_i64()).collect::<Vec<_>>())
            .bind(commands.values().map(|known| known.result.fingerprint.as_deref()).collect::<Vec<_>>())
            .bind(streams.keys().map(StreamName::as_str).collect::<Vec<_>>())
            .bind(streams.values().map(|(revision, ..)| revision.as_i64()).collect::<Vec<_>>())
            .bind(streams.values().map(|(_, position, _)| position.as_i64()).collect::<Vec<_>>())
            .bind(streams.values().map(|(.., at)| at.to_sqlx()).collect::<Vec<_>>())
            .bind(notes.up_to.as_i64())
            .execute(&self.pool)
            .await
            .map_err(unavailable(WRITE))?;
        if notes.up_to > Position::START {
            self.indexed.fetch_max(notes.up_to.0 + 1, Ordering::SeqCst);
        }
        Ok(())
    }

    pub(super) async fn commands(&self, ids: &[CommandId]) -> Result<HashMap<CommandId, KnownCommand>, StoreError> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<(Uuid, i64, i64, i64, Option<String>)> =
            sqlx::query_as(COMMANDS).bind(ids).fetch_all(&self.pool).await.map_err(unavailable(ASK))?;
        let known = rows.into_iter().map(|(id, first, last, revision, fingerprint)| {
            let result =
                CommandResult { first: Position::from_i64(first), last: Position::from_i64(last), fingerprint };
            (CommandId(id), KnownCommand { result, last_revision: Revision::from_i64(revision) })
        });
        Ok(known.collect())
    }

    pub(super) async fn events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        let mut known = HashSet::new();
        for ids in ids.chunks(IDS_PER_QUERY) {
            let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
            let found: Vec<Uuid> =
                sqlx::query_scalar(EVENTS).bind(ids).fetch_all(&self.pool).await.map_err(unavailable(ASK))?;
            known.extend(found.into_iter().map(EventId));
        }
        Ok(known)
    }

    pub(super) async fn streams(
        &self,
        category: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StreamSummary>, StoreError> {
        let (from, to) = crate::streams::bounds_of(category);
        let rows = sqlx::query_as(STREAMS)
            .bind(after.unwrap_or_default())
            .bind(from)
            .bind(to)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable("list the streams"))?;
        rows.into_iter().map(crate::streams::summary).collect()
    }
}
