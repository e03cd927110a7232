//! The statements that append. Each is one round trip; positions, heads, commands and the wake-up of readers move
//! together or not at all.

use chronogram_log::{NewEvent, Position, Revision};
use sqlx::PgConnection;

use crate::{
    batch::{Entry, Plan},
    chain::{ChainHash, Stored},
};

/// One event of one command: less than half the time of [`APPEND_BATCH`].
///
/// The hash before it stands at $1, where this process believes the log to end: seen already, so in this snapshot.
const APPEND_ONE: &str = "
with fence as (
    update es.head set position = position + 1 where id = 1 and position = $1
    returning position, clock_timestamp() as at
), event as (
    insert into es.event (position, stream, revision, event_id, type, version, data, meta, recorded_at, hash)
    select position, $2, $3, $4, $5, $6, $7::json, $8::json, at, sha256(
        case when $1 = 0 then decode(repeat('00', 32), 'hex') else (select hash from es.event where position = $1) end
        || $11::bytea || timestamptz_send(at))
    from fence
), command as (
    insert into es.command (command_id, first_position, last_position, fingerprint)
    select $9, position, position, $10 from fence
), told as (
    select pg_notify('es', position::text) from fence
)
select 1 from fence left join told on true";

/// Any number of events of any number of commands. $14 holds their leaves, 32 bytes each; `chain` links one after the
/// other, some 1.5 µs each.
const APPEND_BATCH: &str = "
with recursive fence as (
    update es.head set position = position + $2 where id = 1 and position = $1
    returning position, clock_timestamp() as at
), chain (ord, hash) as (
    select 0, case when $1 = 0 then decode(repeat('00', 32), 'hex')
        else (select hash from es.event where position = $1) end
    union all
    select ord + 1, sha256(hash || substr($14::bytea, ord * 32 + 1, 32) || (select timestamptz_send(at) from fence))
    from chain where ord < $2
), events as (
    insert into es.event (position, stream, revision, event_id, type, version, data, meta, recorded_at, hash)
    select $1 + e.ord, e.stream, e.revision, e.event_id, e.type, e.version, e.data::json, e.meta::json, at, hash
    from fence, unnest($3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::smallint[], $8::text[], $9::text[])
        with ordinality as e (stream, revision, event_id, type, version, data, meta, ord)
        join chain on chain.ord = e.ord
), commands as (
    insert into es.command (command_id, first_position, last_position, fingerprint)
    select c.command_id, c.first_position, c.last_position, c.fingerprint
    from fence, unnest($10::uuid[], $11::bigint[], $12::bigint[], $13::text[])
        as c (command_id, first_position, last_position, fingerprint)
), told as (
    select pg_notify('es', position::text) from fence
)
select 1 from fence left join told on true";

/// Begins a transaction that nobody appends beside, and says where the log stands. The row is read after the lock, so
/// what follows sees everything up to it.
const LOCK_HEAD: &str = "begin; select position from es.head where id = 1 for update";

/// Appends `plan` behind `base`. False: the log stands elsewhere, nothing was appended.
///
/// Outside a transaction the answer comes after the commit: all of the server's messages are read up to its end.
pub(crate) async fn append(
    connection: &mut PgConnection,
    base: Position,
    plan: &Plan<'_>,
) -> Result<bool, sqlx::Error> {
    match plan.entries.as_slice() {
        [entry] if plan.events == 1 => append_one(connection, base, entry).await,
        entries => append_batch(connection, base, plan.events, entries).await,
    }
}

async fn append_one(connection: &mut PgConnection, base: Position, entry: &Entry<'_>) -> Result<bool, sqlx::Error> {
    let append = entry.append;
    let Some(event) = append.events.first() else { return Ok(true) };
    let leaf = leaf(entry, event, entry.result(base).first, entry.first_revision);
    let rows = sqlx::query(APPEND_ONE)
        .bind(base.as_i64())
        .bind(append.stream.as_str())
        .bind(entry.first_revision.as_i64())
        .bind(event.id.0)
        .bind(event.event_type.as_ref())
        .bind(column_version(event.version))
        .bind(event.data.as_str())
        .bind(event.metadata.as_str())
        .bind(append.command_id.0)
        .bind(append.fingerprint.as_deref())
        .bind(leaf.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    Ok(!rows.is_empty())
}

async fn append_batch(
    connection: &mut PgConnection,
    base: Position,
    events: u64,
    entries: &[Entry<'_>],
) -> Result<bool, sqlx::Error> {
    let each = || {
        entries.iter().flat_map(|entry| {
            let revisions = (entry.first_revision.0..).map(Revision);
            entry.append.events.iter().zip(revisions).map(move |(event, revision)| (entry.append, event, revision))
        })
    };
    let results = || entries.iter().map(|entry| entry.result(base));
    let leaves = entries.iter().flat_map(|entry| {
        let first = entry.result(base).first;
        let places = (0..).map(move |n| (Position(first.0 + n), Revision(entry.first_revision.0 + n)));
        entry.append.events.iter().zip(places).map(|(event, (at, revision))| leaf(entry, event, at, revision))
    });
    let leaves: Vec<u8> = leaves.flat_map(|leaf| *leaf.as_bytes()).collect();
    let rows = sqlx::query(APPEND_BATCH)
        .bind(base.as_i64())
        .bind(Position(events).as_i64())
        .bind(each().map(|(append, ..)| append.stream.as_str()).collect::<Vec<_>>())
        .bind(each().map(|(.., revision)| revision.as_i64()).collect::<Vec<_>>())
        .bind(each().map(|(_, event, _)| event.id.0).collect::<Vec<_>>())
        .bind(each().map(|(_, event, _)| event.event_type.as_ref()).collect::<Vec<_>>())
        .bind(each().map(|(_, event, _)| column_version(event.version)).collect::<Vec<_>>())
        .bind(each().map(|(_, event, _)| event.data.as_str()).collect::<Vec<_>>())
        .bind(each().map(|(_, event, _)| event.metadata.as_str()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.append.command_id.0).collect::<Vec<_>>())
        .bind(results().map(|result| result.first.as_i64()).collect::<Vec<_>>())
        .bind(results().map(|result| result.last.as_i64()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.append.fingerprint.as_deref()).collect::<Vec<_>>())
        .bind(leaves)
        .fetch_all(connection)
        .await?;
    Ok(!rows.is_empty())
}

fn leaf(entry: &Entry<'_>, event: &NewEvent, position: Position, revision: Revision) -> ChainHash {
    let stored = Stored {
        position: position.0,
        stream: entry.append.stream.as_str(),
        revision: revision.0,
        id: event.id.0,
        event_type: &event.event_type,
        version: event.version,
        data: ChainHash::of_text(event.data.as_str()),
        metadata: event.metadata.as_str(),
    };
    stored.leaf()
}

/// Larger ones are refused before they are queued.
fn column_version(version: u16) -> i16 {
    i16::try_from(version).unwrap_or(i16::MAX)
}

/// Begins a transaction in which no other process can append; the answer is the head of the log.
pub(crate) async fn lock_head(connection: &mut PgConnection) -> Result<Position, sqlx::Error> {
    let row = sqlx::raw_sql(LOCK_HEAD).fetch_one(connection).await?;
    sqlx::Row::try_get(&row, 0).map(Position::from_i64)
}

/// Ends the transaction of [`lock_head`] for good.
pub(crate) async fn commit(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("commit").execute(connection).await.map(drop)
}

/// Ends whatever transaction is open, without effect.
pub(crate) async fn roll_back(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("rollback").execute(connection).await.map(drop)
}
