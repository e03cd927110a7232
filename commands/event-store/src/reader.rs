//! Reading: pages by position, streams by revision; decoded as they arrive.

use chronogram_log::{Direction, EventFilter, JsonText, Page, Position, RecordedEvent, Revision, StoreError, limits};
use chronogram_model::{EventId, StreamName};
use futures::TryStreamExt;
use jiff_sqlx::Timestamp;
use sqlx::{Decode, PgPool, Postgres, Row, Type, postgres::PgRow, types::Uuid};

use crate::failure::unavailable;

/// By the primary key. The head stands in the same snapshot as the events, and comes even when there are none.
const PAGE: &str = "
select h.position, e.position, e.stream, e.revision, e.event_id, e.type, e.version, e.data, e.meta, e.recorded_at
from es.head h
left join lateral (select * from es.event where position > $1 order by position limit $2) e on true
where h.id = 1
order by e.position";

/// By the index of (type, position): each wanted type gives its next positions, the first of them all are fetched. Rare
/// types are found without reading the rest of the log.
const PAGE_OF_TYPES: &str = "
select h.position, e.position, e.stream, e.revision, e.event_id, e.type, e.version, e.data, e.meta, e.recorded_at
from es.head h
left join lateral (
    select found.* from (
        select next.position
        from unnest($3::text[]) as wanted (type)
        cross join lateral (
            select position from es.event where type = wanted.type and position > $1 order by position limit $2
        ) next
        order by next.position
        limit $2
    ) page
    join es.event found on found.position = page.position
) e on true
where h.id = 1
order by e.position";

/// By the index of (stream, revision).
const STREAM_FORWARD: &str = "
select position, position, stream, revision, event_id, type, version, data, meta, recorded_at
from es.event where stream = $1 and revision >= $2 order by revision limit $3";

/// By the index of (stream, revision), from its end.
const STREAM_BACKWARD: &str = "
select position, position, stream, revision, event_id, type, version, data, meta, recorded_at
from es.event where stream = $1 and revision <= $2 order by revision desc limit $3";

/// By the same index, one step a stream.
const STREAMS_FORWARD: &str = "
select e.position, e.position, e.stream, e.revision, e.event_id, e.type, e.version, e.data, e.meta, e.recorded_at
from unnest($1::text[], $2::bigint[]) as wanted (stream, revision)
cross join lateral (
    select * from es.event where stream = wanted.stream and revision >= wanted.revision order by revision limit $3
) e
order by e.stream, e.revision";

/// A page of the log.
pub(crate) async fn page(
    pool: &PgPool,
    after: Position,
    filter: &EventFilter,
    limit: usize,
) -> Result<Page, StoreError> {
    let limit = limit.min(limits::PAGE_EVENTS_MAX);
    let types = filter.types.as_ref().map(|types| {
        let mut types: Vec<&str> = types.iter().map(String::as_str).filter(|name| !name.contains('\0')).collect();
        types.sort_unstable();
        types.dedup();
        types
    });
    let query = match types {
        None => sqlx::query(PAGE).bind(after.as_i64()).bind(column_count(limit)),
        Some(types) => sqlx::query(PAGE_OF_TYPES).bind(after.as_i64()).bind(column_count(limit)).bind(types),
    };
    let mut rows = query.fetch(pool);
    let mut head = None;
    let mut events = Vec::new();
    let mut names = StreamNames::default();
    while let Some(row) = rows.try_next().await.map_err(unavailable(READ_ALL))? {
        head = Some(Position::from_i64(row.try_get(0).map_err(unavailable(READ_ALL))?));
        if let Some(position) = row.try_get(1).map_err(unavailable(READ_ALL))? {
            events.push(names.decode(&row, Position::from_i64(position))?);
        }
    }
    let Some(head) = head else {
        return Err(StoreError::Corrupt { position: after, detail: "es.head has no row".to_owned() });
    };
    let up_to = if events.len() < limit { head } else { events.last().map_or(after, |event| event.position) };
    Ok(Page { events, up_to: up_to.max(after), head })
}

/// Events of one stream.
pub(crate) async fn stream(
    pool: &PgPool,
    stream: &StreamName,
    from: Revision,
    direction: Direction,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    if stream.as_str().contains('\0') {
        // No stream has such a name, and Postgres would not take the question.
        return Ok(Vec::new());
    }
    let sql = match direction {
        Direction::Forward => STREAM_FORWARD,
        Direction::Backward => STREAM_BACKWARD,
    };
    let mut rows = sqlx::query(sql).bind(stream.as_str()).bind(from.as_i64()).bind(column_count(limit)).fetch(pool);
    let mut events = Vec::new();
    let mut names = StreamNames { last: Some(stream.clone()) };
    while let Some(row) = rows.try_next().await.map_err(unavailable(READ_STREAM))? {
        let position = Position::from_i64(row.try_get(1).map_err(unavailable(READ_STREAM))?);
        events.push(names.decode(&row, position)?);
    }
    Ok(events)
}

/// Events of many streams.
pub(crate) async fn streams(
    pool: &PgPool,
    streams: &[(StreamName, Revision)],
    limit_each: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    // No stream has such a name, and Postgres would not take the question.
    let wanted = || streams.iter().filter(|(stream, _)| !stream.as_str().contains('\0'));
    let mut rows = sqlx::query(STREAMS_FORWARD)
        .bind(wanted().map(|(stream, _)| stream.as_str()).collect::<Vec<_>>())
        .bind(wanted().map(|(_, from)| from.as_i64()).collect::<Vec<_>>())
        .bind(column_count(limit_each))
        .fetch(pool);
    let mut events = Vec::new();
    let mut names = StreamNames::default();
    while let Some(row) = rows.try_next().await.map_err(unavailable(READ_STREAMS))? {
        let position = Position::from_i64(row.try_get(1).map_err(unavailable(READ_STREAMS))?);
        events.push(names.decode(&row, position)?);
    }
    Ok(events)
}

const READ_ALL: &str = "read the log";
const READ_STREAM: &str = "read a stream";
const READ_STREAMS: &str = "read streams";

fn column_count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Neighbours are often of one stream: its name is made once.
#[derive(Default)]
struct StreamNames {
    last: Option<StreamName>,
}

impl StreamNames {
    fn decode(&mut self, row: &PgRow, position: Position) -> Result<RecordedEvent, StoreError> {
        Ok(RecordedEvent {
            position,
            stream: self.name(row, position)?,
            revision: Revision::from_i64(column(row, 3, position)?),
            id: EventId(column::<Uuid>(row, 4, position)?),
            event_type: column(row, 5, position)?,
            version: u16::try_from(column::<i16>(row, 6, position)?).map_err(|error| corrupt(position, 6, &error))?,
            data: json(row, 7, position)?,
            metadata: json(row, 8, position)?,
            recorded_at: column::<Timestamp>(row, 9, position)?.to_jiff(),
        })
    }

    fn name(&mut self, row: &PgRow, position: Position) -> Result<StreamName, StoreError> {
        let name: &str = column(row, 2, position)?;
        if let Some(last) = self.last.as_ref().filter(|last| last.as_str() == name) {
            return Ok(last.clone());
        }
        let name = StreamName::try_from(name.to_owned()).map_err(|error| corrupt(position, 2, &error))?;
        self.last = Some(name.clone());
        Ok(name)
    }
}

fn column<'r, T>(row: &'r PgRow, index: usize, position: Position) -> Result<T, StoreError>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(index).map_err(|error| corrupt(position, index, &error))
}

/// The text as Postgres keeps it: `json` needs no parsing here.
fn json(row: &PgRow, index: usize, position: Position) -> Result<JsonText, StoreError> {
    let value = row.try_get_raw(index).map_err(|error| corrupt(position, index, &error))?;
    let text = value.as_str().map_err(|error| corrupt(position, index, &error))?;
    Ok(JsonText::from_trusted(text.to_owned()))
}

fn corrupt(position: Position, index: usize, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt { position, detail: format!("column {index} of its row in es.event cannot be read: {error}") }
}
