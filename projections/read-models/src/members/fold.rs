//! Folds counts of members: of each day the one that was taken last stands, in whatever order they come.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Codec, RecordedEvent};
use chronogram_model::channel::{ChannelEvent, ChannelSnapshotTaken};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::observed::{column, count, id_in_stream, misplaced};

/// The projection `members`.
#[derive(Debug)]
pub struct Members {
    codec: Codec,
}

impl Members {
    /// Reads events through `codec`.
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

#[async_trait]
impl Projection for Members {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u32 {
        super::VERSION
    }

    fn tables_sql(&self) -> &'static str {
        include_str!("tables.sql")
    }

    fn indexes_sql(&self) -> &'static str {
        include_str!("indexes.sql")
    }

    fn tables(&self) -> &'static [TableKey] {
        &[
            TableKey { table: "member_count", key: &["channel", "day"] },
            TableKey { table: "channel_administrator", key: &["channel", "person"] },
        ]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        Some(&["ChannelSnapshotTaken", "ChannelAdministratorSeen"])
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let (mut counts, mut administrators) = (BTreeMap::new(), BTreeMap::new());
        for event in batch {
            let id = id_in_stream(event, "channel").and_then(|id| id.parse::<i64>().ok());
            let channel = id.ok_or_else(|| misplaced(event, "a channel"))?;
            let position = event.position.as_i64();
            match self.codec.decode::<ChannelEvent>(event)? {
                Some(ChannelEvent::ChannelSnapshotTaken(snapshot)) => {
                    let day = snapshot.taken_at.to_zoned(TimeZone::UTC).date();
                    keep_last(&mut counts, (channel, day), Count::of(&snapshot, position));
                }
                Some(ChannelEvent::ChannelAdministratorSeen(seen)) => {
                    administrators.insert((channel, seen.person.to_string()), Seen { at: seen.seen_at, position });
                }
                _ => {}
            }
        }
        write_counts(connection, &counts.into_iter().collect::<Vec<_>>()).await?;
        write_administrators(connection, &administrators.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }
}

struct Count {
    members: i64,
    taken_at: Timestamp,
    source: &'static str,
    position: i64,
}

impl Count {
    fn of(snapshot: &ChannelSnapshotTaken, position: i64) -> Self {
        let (members, source) = (count(snapshot.members), snapshot.source.name());
        Self { members, taken_at: snapshot.taken_at, source, position }
    }
}

struct Seen {
    at: Timestamp,
    position: i64,
}

/// Of two counts of a day the one taken later stays, as the table will see it: to the microsecond. Of two of the same
/// moment, the one that came later.
fn keep_last(counts: &mut BTreeMap<(i64, Date), Count>, key: (i64, Date), count: Count) {
    let is_later = |before: &Count| count.taken_at.as_microsecond() >= before.taken_at.as_microsecond();
    if counts.get(&key).is_none_or(is_later) {
        counts.insert(key, count);
    }
}

async fn write_counts(connection: &mut PgConnection, rows: &[((i64, Date), Count)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into member_count (channel, day, members, taken_at, source, position)
        select * from unnest($1::bigint[], $2::date[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bigint[])
        on conflict (channel, day) do update set members = excluded.members, taken_at = excluded.taken_at,
            source = excluded.source, position = excluded.position
        where excluded.taken_at >= member_count.taken_at";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |((channel, _), _)| *channel))
        .bind(column(rows, |((_, day), _)| day.to_sqlx()))
        .bind(column(rows, |(_, row)| row.members))
        .bind(column(rows, |(_, row)| row.taken_at.to_sqlx()))
        .bind(column(rows, |(_, row)| row.source))
        .bind(column(rows, |(_, row)| row.position))
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_administrators(
    connection: &mut PgConnection,
    rows: &[((i64, String), Seen)],
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into channel_administrator (channel, person, seen_at, position)
        select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[])
        on conflict (channel, person) do update set seen_at = excluded.seen_at, position = excluded.position";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |((channel, _), _)| *channel))
        .bind(column(rows, |((_, person), _)| person.as_str()))
        .bind(column(rows, |(_, seen)| seen.at.to_sqlx()))
        .bind(column(rows, |(_, seen)| seen.position))
        .execute(connection)
        .await?;
    Ok(())
}
