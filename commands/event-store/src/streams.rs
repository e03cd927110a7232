//! Which streams there are: a loose scan of the index of (stream, revision), one step a stream.

use chronogram_log::{Position, StoreError};
use chronogram_model::StreamName;
use jiff::Timestamp;

use crate::{PostgresEventStore, failure::unavailable};

/// A stream in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSummary {
    /// Its name.
    pub name: StreamName,
    /// How many events it has.
    pub events: u64,
    /// Where the last of them stands in the log.
    pub last_position: Position,
    /// When the store took that one.
    pub last_recorded_at: Timestamp,
}

/// Each step finds the next name behind the last one; `es.event` itself is read once a stream, for its last event.
/// $1: a name that comes before; $2, $3: the bounds of a category; $4: how many.
const STREAMS: &str = "
with recursive name (stream) as (
    (select stream from es.event
     where stream > $1 and stream >= $2 and ($3::text is null or stream < $3) order by stream limit 1)
    union all
    select (select next.stream from es.event next
            where next.stream > name.stream and ($3::text is null or next.stream < $3) order by next.stream limit 1)
    from name where name.stream is not null
)
select last.stream, last.revision + 1, last.position, last.recorded_at
from (select stream from name where stream is not null limit $4) listed
cross join lateral (
    select stream, revision, position, recorded_at from es.event
    where stream = listed.stream order by revision desc limit 1
) last
order by last.stream";

impl PostgresEventStore {
    /// Streams in the order of their names, behind `after`, of one category or of all, at most `limit`.
    pub async fn streams(
        &self,
        category: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StreamSummary>, StoreError> {
        let (from, to) = bounds_of(category);
        let rows = sqlx::query_as(STREAMS)
            .bind(after.unwrap_or_default())
            .bind(from)
            .bind(to)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(unavailable("list the streams"))?;
        rows.into_iter().map(summary).collect()
    }
}

/// Name, events, last position, last moment.
pub(crate) type Row = (String, i64, i64, jiff_sqlx::Timestamp);

/// Names of a category are not smaller than the first and smaller than the second.
pub(crate) fn bounds_of(category: Option<&str>) -> (String, Option<String>) {
    match category {
        // '.' is the next character after '-': the names of a category stand between the two.
        Some(category) => (format!("{category}-"), Some(format!("{category}."))),
        None => (String::new(), None),
    }
}

pub(crate) fn summary((name, events, last_position, last_recorded_at): Row) -> Result<StreamSummary, StoreError> {
    let position = Position::from_i64(last_position);
    let name =
        StreamName::try_from(name).map_err(|error| StoreError::Corrupt { position, detail: error.to_string() })?;
    Ok(StreamSummary {
        name,
        events: u64::try_from(events).unwrap_or(0),
        last_position: position,
        last_recorded_at: last_recorded_at.to_jiff(),
    })
}
