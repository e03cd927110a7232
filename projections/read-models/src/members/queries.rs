//! Questions about members of channels.

use chronogram_model::{ChatId, PersonId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::{CountRow, DailyRow};
use crate::{QueryError, columns::ChatNumber, range::check_days};

/// A channel's counts of the days from `from` (included) to `to` (excluded), oldest first. Days without a count are
/// absent; the change of a day is reckoned from the count before it, even where that lies before the range.
pub async fn members_daily(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    from: Date,
    to: Date,
) -> Result<Vec<DailyRow>, QueryError> {
    const SQL: &str = "
        select * from (
            select *, members - lag(members) over (order by day) as change from member_count
            where channel = $1 and day < $3 and day >= coalesce(
                (select day from member_count where channel = $1 and day < $2 order by day desc limit 1), $2)
        ) as counted where day >= $2 order by day";
    check_days(from, to)?;
    let query = sqlx::query_as(SQL).bind(channel.0).bind(from.to_sqlx()).bind(to.to_sqlx());
    Ok(query.fetch_all(executor).await?)
}

/// The newest count of a channel that was taken on `day` or before.
pub async fn members_at_or_before(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    day: Date,
) -> Result<Option<CountRow>, QueryError> {
    const SQL: &str = "select * from member_count where channel = $1 and day <= $2 order by day desc limit 1";
    Ok(sqlx::query_as(SQL).bind(channel.0).bind(day.to_sqlx()).fetch_optional(executor).await?)
}

/// The newest count of each of `channels` that was counted at all, in no order: for a data loader.
pub async fn latest_counts(executor: impl PgExecutor<'_>, channels: &[ChatId]) -> Result<Vec<CountRow>, QueryError> {
    const SQL: &str = "
        select latest.* from unnest($1::bigint[]) as wanted(channel)
        cross join lateral (select * from member_count as counted where counted.channel = wanted.channel
            order by day desc limit 1) as latest";
    let channels: Vec<i64> = channels.iter().map(|channel| channel.0).collect();
    Ok(sqlx::query_as(SQL).bind(channels).fetch_all(executor).await?)
}

/// Channels that a person was seen to run, by their ids; at most `limit`.
pub async fn administered_by(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    limit: u32,
) -> Result<Vec<ChatId>, QueryError> {
    const SQL: &str = "select channel from channel_administrator where person = $1 order by channel limit $2";
    let query = sqlx::query_scalar::<_, ChatNumber>(SQL).bind(person.to_string()).bind(i64::from(limit));
    Ok(query.fetch_all(executor).await?.into_iter().map(ChatId::from).collect())
}
