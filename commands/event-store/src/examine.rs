//! Is the log what it must be? One pass over it in one snapshot: positions, revisions, commands and the hash chain.
//! Reads only; appends go on meanwhile.

use chronogram_log::{Fault, Position, StoreError};
use futures::TryStreamExt;
use jiff_sqlx::Timestamp;
use sqlx::{Decode, PgConnection, PgPool, Postgres, Row, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{
    chain::{ChainHash, Stored},
    failure::unavailable,
};

/// Faults named of each kind: enough to see a pattern, and no flood from one broken disk.
const FAULTS_MAX: usize = 20;

/// Events between two calls of the observer.
const PROGRESS_EVERY: u64 = 1_000;

/// By the primary key.
const EVENTS: &str = "
select e.position, e.stream, e.revision, e.event_id, e.type, e.version, e.data, e.meta, e.recorded_at, e.hash,
    b.data_digest
from es.event e left join es.blanked b on b.position = e.position
where e.position > $1 order by e.position";

/// By the index of (stream, revision). A revision that is not the one before plus one, or that came earlier.
const REVISIONS: &str = "
select position, stream, revision from (
    select position, stream, revision, lag(revision) over each as before, lag(position) over each as before_at
    from es.event window each as (partition by stream order by revision)
) placed
where revision <> coalesce(before + 1, 0) or position <= before_at
order by position limit $1";

/// By the primary key of `es.event`.
const COMMANDS: &str = "
select command_id, first_position, last_position from es.command c
where last_position > (select position from es.head)
    or not exists (select from es.event where position = c.first_position)
    or not exists (select from es.event where position = c.last_position)
order by first_position limit $1";

const OPERATION: &str = "examine the log";

/// What an examination of the log found.
#[derive(Clone, Debug)]
pub struct LogReport {
    /// Where the log ends.
    pub head: Position,
    /// The hash of its last event: noted elsewhere, it proves later that nothing before it was changed.
    pub hash: ChainHash,
    /// Events whose hashes were checked.
    pub events: u64,
    /// What is broken, in the order of the log as far as it can be said.
    pub faults: Vec<Fault>,
}

/// Examines the log behind `from`, whose hash is believed; revisions and commands are examined as a whole. `progress`
/// is told how many events are done and how many there are.
pub async fn examine_log(
    pool: &PgPool,
    from: Position,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<LogReport, StoreError> {
    let mut snapshot = pool
        .begin_with("begin transaction isolation level repeatable read, read only")
        .await
        .map_err(unavailable(OPERATION))?;
    let report = examine(&mut snapshot, from, progress).await.map_err(unavailable(OPERATION));
    snapshot.rollback().await.map_err(unavailable(OPERATION))?;
    report
}

async fn examine(
    snapshot: &mut PgConnection,
    from: Position,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<LogReport, sqlx::Error> {
    let head = crate::lookups::head(&mut *snapshot).await?;
    let mut walk = Walk::begin(&mut *snapshot, from).await?;
    let mut rows = sqlx::query(EVENTS).bind(from.as_i64()).fetch(&mut *snapshot);
    while let Some(row) = rows.try_next().await? {
        walk.step(&row);
        if walk.events % PROGRESS_EVERY == 0 {
            progress(walk.events, head.0.saturating_sub(from.0));
        }
    }
    drop(rows);
    progress(walk.events, head.0.saturating_sub(from.0));
    if walk.last != head && from <= head {
        let detail = format!("es.head says {head}, the last event stands at {}", walk.last);
        walk.faults.push(Fault::at("I1", walk.last.max(head), detail));
    }
    let (events, hash, mut faults) = (walk.events, walk.hash, walk.faults);
    faults.extend(revisions(&mut *snapshot).await?);
    faults.extend(commands(snapshot).await?);
    faults.sort_by_key(|fault| fault.position);
    Ok(LogReport { head, hash, events, faults })
}

/// Goes along the log.
struct Walk {
    last: Position,
    hash: ChainHash,
    events: u64,
    faults: Vec<Fault>,
}

impl Walk {
    async fn begin(snapshot: &mut PgConnection, from: Position) -> Result<Self, sqlx::Error> {
        let before: Option<Option<Vec<u8>>> = sqlx::query_scalar("select hash from es.event where position = $1")
            .bind(from.as_i64())
            .fetch_optional(snapshot)
            .await?;
        let hash = before.flatten().and_then(|hash| ChainHash::from_bytes(&hash)).unwrap_or(ChainHash::START);
        Ok(Self { last: from, hash, events: 0, faults: Vec::new() })
    }

    fn step(&mut self, row: &PgRow) {
        self.events += 1;
        let position = Position::from_i64(row.try_get(0).unwrap_or_default());
        if position.0 != self.last.0 + 1 {
            self.tell("I2", Position(self.last.0 + 1), format!("no event stands between {} and {position}", self.last));
        }
        self.last = position;
        let stored = column::<Option<Vec<u8>>>(row, 9).ok().flatten().and_then(|hash| ChainHash::from_bytes(&hash));
        match (stored, counted(row, position, self.hash)) {
            (Some(stored), Ok(counted)) if stored == counted => {}
            (Some(_), Ok(_)) => {
                self.tell("I7", position, "its hash is not that of what is stored: it was changed".to_owned());
            }
            (None, _) => self.tell("I7", position, "it has no hash".to_owned()),
            (_, Err(detail)) => self.tell("I7", position, detail),
        }
        // From what is stored, so that what comes behind is judged by itself.
        self.hash = stored.unwrap_or(ChainHash::START);
    }

    fn tell(&mut self, invariant: &'static str, position: Position, detail: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault::at(invariant, position, detail));
        }
    }
}

/// The hash that an event must have.
fn counted(row: &PgRow, position: Position, before: ChainHash) -> Result<ChainHash, String> {
    let data = text(row, 6)?;
    let kept: Option<Vec<u8>> = column(row, 10)?;
    let data = match kept {
        Some(_) if data != "null" => return Err("it was blanked, and has data again".to_owned()),
        Some(kept) => ChainHash::from_bytes(&kept).unwrap_or(ChainHash::START),
        None => ChainHash::of_text(data),
    };
    let stored = Stored {
        position: position.0,
        stream: column(row, 1)?,
        revision: u64::try_from(column::<i64>(row, 2)?).map_err(|_| "its revision is negative".to_owned())?,
        id: column::<Uuid>(row, 3)?,
        event_type: column(row, 4)?,
        version: u16::try_from(column::<i16>(row, 5)?).map_err(|_| "its version is negative".to_owned())?,
        data,
        metadata: text(row, 7)?,
    };
    Ok(before.link(&stored.leaf(), column::<Timestamp>(row, 8)?.to_jiff()))
}

fn column<'r, T>(row: &'r PgRow, index: usize) -> Result<T, String>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(index).map_err(|_| unreadable(index))
}

fn text(row: &PgRow, index: usize) -> Result<&str, String> {
    let value = row.try_get_raw(index).map_err(|_| unreadable(index))?;
    value.as_str().map_err(|_| unreadable(index))
}

fn unreadable(index: usize) -> String {
    format!("column {index} of its row cannot be read")
}

async fn revisions(snapshot: &mut PgConnection) -> Result<Vec<Fault>, sqlx::Error> {
    let limit = i64::try_from(FAULTS_MAX).unwrap_or(i64::MAX);
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(REVISIONS).bind(limit).fetch_all(snapshot).await?;
    let fault = |(position, stream, revision): (i64, String, i64)| {
        let detail = format!("revision {revision} of stream {stream} does not follow the one before it");
        Fault::at("I2", Position::from_i64(position), detail)
    };
    Ok(rows.into_iter().map(fault).collect())
}

async fn commands(snapshot: &mut PgConnection) -> Result<Vec<Fault>, sqlx::Error> {
    let limit = i64::try_from(FAULTS_MAX).unwrap_or(i64::MAX);
    let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(COMMANDS).bind(limit).fetch_all(snapshot).await?;
    let fault = |(command, first, last): (Uuid, i64, i64)| {
        let detail = format!("command {command} is said to have made events {first} to {last}, which are not there");
        Fault::at("I6", Position::from_i64(first), detail)
    };
    Ok(rows.into_iter().map(fault).collect())
}
