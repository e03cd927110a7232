//! Which channels are to be counted, and when: `collection.channel`.

use async_trait::async_trait;
use chronogram_log::{EventFilter, RecordedEvent};
use chronogram_model::{ChatId, channel::ChannelEvent};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::{Collection, CollectionError, while_};
use crate::todo::Traces;

#[async_trait]
impl Traces for Collection {
    type Error = CollectionError;

    const SCHEMA: &'static str = "collection";
    const NAME: &'static str = "collection";
    const CRASH_POINTS: [&'static str; 2] = ["collection.before_commit", "collection.after_commit"];

    fn filter() -> EventFilter {
        EventFilter::types(["ChannelTracked", "ChannelUntracked"])
    }

    async fn leave(&self, connection: &mut PgConnection, event: &RecordedEvent) -> Result<(), CollectionError> {
        match self.parts.codec.decode::<ChannelEvent>(event)? {
            // Due from when it was asked for: those who wait longest come first.
            Some(ChannelEvent::ChannelTracked(tracked)) => begin(connection, tracked.channel, tracked.tracked_at).await,
            Some(ChannelEvent::ChannelUntracked(untracked)) => end(connection, untracked.channel).await,
            _ => Ok(()),
        }
    }
}

async fn begin(connection: &mut PgConnection, channel: ChatId, due_at: Timestamp) -> Result<(), CollectionError> {
    const SQL: &str = "
        insert into collection.channel (channel, tracked, due_at) values ($1, true, $2)
        on conflict (channel) do update set tracked = true, due_at = excluded.due_at, attempts = 0";
    let query = sqlx::query(SQL).bind(channel.0).bind(due_at.to_sqlx());
    query.execute(connection).await.map_err(while_("begin to count a channel"))?;
    Ok(())
}

/// A channel that is not tracked is counted no more.
pub(super) async fn end(connection: &mut PgConnection, channel: ChatId) -> Result<(), CollectionError> {
    const SQL: &str = "update collection.channel set tracked = false, lease_until = null where channel = $1";
    sqlx::query(SQL).bind(channel.0).execute(connection).await.map_err(while_("end counting a channel"))?;
    Ok(())
}

/// A channel to count now.
#[derive(sqlx::FromRow)]
pub(super) struct Due {
    channel: i64,
    /// Failures in a row before this.
    pub(super) attempts: i16,
}

impl Due {
    pub(super) fn channel(&self) -> ChatId {
        ChatId(self.channel)
    }
}

/// Claims what is due, the oldest first; nobody else gets it until `lease_until`.
pub(super) async fn claim(
    connection: &mut PgConnection,
    now: Timestamp,
    lease_until: Timestamp,
    limit: usize,
) -> Result<Vec<Due>, CollectionError> {
    const SQL: &str = "
        with due as (
            select channel from collection.channel
            where tracked and due_at <= $1 and (lease_until is null or lease_until <= $1)
            order by due_at, channel limit $3 for update skip locked
        )
        update collection.channel set lease_until = $2 from due where collection.channel.channel = due.channel
        returning collection.channel.channel, attempts";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = sqlx::query_as(SQL).bind(now.to_sqlx()).bind(lease_until.to_sqlx()).bind(limit);
    query.fetch_all(connection).await.map_err(while_("claim channels to count"))
}

/// Ends all leases: who leads now is the only one who asks.
pub(super) async fn end_leases(connection: &mut PgConnection) -> Result<(), CollectionError> {
    const SQL: &str = "update collection.channel set lease_until = null where lease_until is not null";
    sqlx::query(SQL).execute(connection).await.map_err(while_("end leases"))?;
    Ok(())
}

/// A channel is due again at another time, after so many failures in a row.
pub(super) async fn put_off(
    connection: &mut PgConnection,
    channel: ChatId,
    due_at: Timestamp,
    attempts: i16,
) -> Result<(), CollectionError> {
    const SQL: &str = "update collection.channel set due_at = $2, attempts = $3, lease_until = null where channel = $1";
    let query = sqlx::query(SQL).bind(channel.0).bind(due_at.to_sqlx()).bind(attempts);
    query.execute(connection).await.map_err(while_("put a channel off"))?;
    Ok(())
}

/// The list in numbers.
pub(super) struct Outlook {
    /// Channels that are tracked.
    pub(super) tracked: i64,
    /// When the next one is due of those that nobody asks about now.
    pub(super) next_due: Option<Timestamp>,
}

/// What lies ahead.
pub(super) async fn outlook(connection: &mut PgConnection) -> Result<Outlook, CollectionError> {
    const SQL: &str = "
        select count(*), min(due_at) filter (where lease_until is null) from collection.channel where tracked";
    let query = sqlx::query_as::<_, (i64, Option<jiff_sqlx::Timestamp>)>(SQL);
    let (tracked, next) = query.fetch_one(connection).await.map_err(while_("look ahead"))?;
    Ok(Outlook { tracked, next_due: next.map(jiff_sqlx::Timestamp::to_jiff) })
}
