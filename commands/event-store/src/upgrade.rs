//! Events that older releases stored get what every event has today: a hash in the chain, and sealed words.
//!
//! Done once, before the first append of this release, in batches of one transaction each: a killed upgrade goes on
//! where it stopped, for done is what has a hash. Places, ids, types, metadata and moments stay as they are.

use async_trait::async_trait;
use chronogram_log::{Position, StoreError};
use chronogram_model::EventId;
use jiff_sqlx::Timestamp;
use sqlx::{Acquire, FromRow, PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    chain::{ChainHash, Stored},
    failure::unavailable,
};

/// Events of one transaction: a second's work.
const BATCH_EVENTS: i64 = 2_000;

const OPERATION: &str = "bring the log to this version";

/// Holds off appends and a second upgrade until the transaction ends.
const LOCK: &str = "select position from es.head where id = 1 for update";

/// The first event without a hash; they are neighbours up to the head, because nobody appends before they have one.
const FIRST: &str = "select min(position) from es.event where hash is null";

/// By the primary key.
const BATCH: &str = "
select position, stream, revision, event_id, type, version, data::text as data, meta::text as meta, recorded_at
from es.event where position >= $1 and hash is null order by position limit $2";

/// By the primary key.
const STORE: &str = "
update es.event set version = new.version, data = new.data::json, hash = new.hash
from unnest($1::bigint[], $2::smallint[], $3::text[], $4::bytea[]) as new (position, version, data, hash)
where event.position = new.position";

/// An event as an older release stored it.
#[derive(Clone, Debug, FromRow)]
pub struct OlderEvent {
    position: i64,
    stream: String,
    revision: i64,
    event_id: Uuid,
    #[sqlx(rename = "type")]
    event_type: String,
    version: i16,
    data: String,
    meta: String,
    recorded_at: Timestamp,
}

impl OlderEvent {
    /// Its id.
    pub fn id(&self) -> EventId {
        EventId(self.event_id)
    }

    /// The name of its shape.
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The version of its shape.
    pub fn version(&self) -> u16 {
        u16::try_from(self.version).unwrap_or(0)
    }

    /// What it says, as JSON.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Puts other data in place, of that version of its shape.
    pub fn set_data(&mut self, json: String, version: u16) {
        self.data = json;
        self.version = i16::try_from(version).unwrap_or(i16::MAX);
    }

    /// It cannot be brought up to date.
    pub(crate) fn corrupt(&self, detail: String) -> StoreError {
        StoreError::Corrupt { position: Position::from_i64(self.position), detail }
    }

    fn leaf(&self) -> ChainHash {
        let stored = Stored {
            position: Position::from_i64(self.position).0,
            stream: &self.stream,
            revision: u64::try_from(self.revision).unwrap_or(0),
            id: self.event_id,
            event_type: &self.event_type,
            version: self.version(),
            data: ChainHash::of_text(&self.data),
            metadata: &self.meta,
        };
        stored.leaf()
    }
}

/// What happens to the data of older events before they get their hash.
#[async_trait]
pub trait Renew: Send + Sync {
    /// Rewrites data and version of `events`, and nothing else.
    async fn renew(&self, events: &mut [OlderEvent]) -> Result<(), StoreError>;
}

/// Brings every event to this version; gives how many it were. None: the log was at this version already.
pub async fn upgrade_log(
    pool: &PgPool,
    renew: &dyn Renew,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<u64, StoreError> {
    if is_current(pool).await? {
        return Ok(0);
    }
    let mut connection = pool.acquire().await.map_err(unavailable(OPERATION))?;
    let first: Option<i64> =
        sqlx::query_scalar(FIRST).fetch_one(&mut *connection).await.map_err(unavailable(OPERATION))?;
    let Some(first) = first else { return Ok(0) };
    let (mut next, mut done) = (first, 0);
    loop {
        let (batch, head) = upgrade_batch(&mut connection, next, renew).await?;
        let Some(last) = batch.last() else { return Ok(done) };
        next = last.position + 1;
        done += batch.len() as u64;
        progress(done, u64::try_from(head - first + 1).unwrap_or(done));
    }
}

/// Whether the last event has its hash, and so every one before it.
pub(crate) async fn is_current(pool: &PgPool) -> Result<bool, StoreError> {
    const SQL: &str = "
        select coalesce((select e.hash is not null from es.event e where e.position = h.position), true)
        from es.head h where h.id = 1";
    sqlx::query_scalar(SQL).fetch_one(pool).await.map_err(unavailable(OPERATION))
}

async fn upgrade_batch(
    connection: &mut PgConnection,
    from: i64,
    renew: &dyn Renew,
) -> Result<(Vec<OlderEvent>, i64), StoreError> {
    let mut transaction = connection.begin().await.map_err(unavailable(OPERATION))?;
    let head: i64 = sqlx::query_scalar(LOCK).fetch_one(&mut *transaction).await.map_err(unavailable(OPERATION))?;
    let mut batch: Vec<OlderEvent> = sqlx::query_as(BATCH)
        .bind(from)
        .bind(BATCH_EVENTS)
        .fetch_all(&mut *transaction)
        .await
        .map_err(unavailable(OPERATION))?;
    renew.renew(&mut batch).await?;
    if let Some(first) = batch.first() {
        let hashes = hashes(&mut transaction, first.position, &batch).await?;
        store(&mut transaction, &batch, &hashes).await.map_err(unavailable(OPERATION))?;
    }
    transaction.commit().await.map_err(unavailable(OPERATION))?;
    Ok((batch, head))
}

async fn hashes(connection: &mut PgConnection, first: i64, batch: &[OlderEvent]) -> Result<Vec<ChainHash>, StoreError> {
    let before: Option<Option<Vec<u8>>> = sqlx::query_scalar("select hash from es.event where position = $1")
        .bind(first - 1)
        .fetch_optional(connection)
        .await
        .map_err(unavailable(OPERATION))?;
    let mut hash = match before {
        None => ChainHash::START,
        Some(before) => before.and_then(|hash| ChainHash::from_bytes(&hash)).ok_or_else(|| {
            let detail = "it has no hash, and an event behind it is to get one".to_owned();
            StoreError::Corrupt { position: Position::from_i64(first - 1), detail }
        })?,
    };
    Ok(batch
        .iter()
        .map(|event| {
            hash = hash.link(&event.leaf(), event.recorded_at.to_jiff());
            hash
        })
        .collect())
}

async fn store(connection: &mut PgConnection, batch: &[OlderEvent], hashes: &[ChainHash]) -> Result<(), sqlx::Error> {
    // The one door that the table's trigger leaves for this; it shuts with the transaction.
    sqlx::raw_sql("set local chronogram.upgrade = 'on'").execute(&mut *connection).await?;
    sqlx::query(STORE)
        .bind(batch.iter().map(|event| event.position).collect::<Vec<_>>())
        .bind(batch.iter().map(|event| event.version).collect::<Vec<_>>())
        .bind(batch.iter().map(|event| event.data.as_str()).collect::<Vec<_>>())
        .bind(hashes.iter().map(|hash| hash.as_bytes().as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
