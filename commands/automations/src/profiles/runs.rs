//! Runs in the table `filling.run`: begun, gone on with, looked at, cancelled.
//!
//! A run that did not get through is gone on with by the same command within a day: what it replaced is not replaced
//! again. One that was cut off is the same run, and what it paid for is its own; one that stopped by itself, because
//! its money was spent, is followed by another that replaces no more than it would have.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Ending, FillOptions, selection::before};

/// How long the same command goes on with what did not get through. After that it is asked for anew.
const GO_ON_HOURS: i64 = 24;
/// Runs that are remembered so long.
pub(super) const KEEP_DAYS: u32 = 400;
/// How often two who begin at once may meet.
const ATTEMPTS: usize = 3;

/// A run that fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) id: Uuid,
    /// Profiles that were filled before may be replaced, where any may.
    pub(super) since: Timestamp,
    /// It was begun before, or another process is at it too.
    pub(super) resumed: bool,
}

/// A run as operators see it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct RunRow {
    /// Its id.
    pub id: Uuid,
    /// The strategy asked for.
    pub strategy: String,
    /// When it began.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub began_at: Timestamp,
    /// When it last said how far it is.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub told_at: Timestamp,
    /// How it ended; `None`: it is under way, or was cut off.
    pub outcome: Option<String>,
    /// Somebody wants it to stop.
    pub cancelled: bool,
    /// Whom it is about, as counted when it was last begun.
    pub people: i64,
    /// Its report so far.
    pub report: Value,
}

impl RunRow {
    /// Whether the same wish goes on with it: nobody ended it, and somebody was at it within a day.
    pub(crate) fn may_be_gone_on_with(&self, now: Timestamp) -> bool {
        self.outcome.is_none() && !self.cancelled && self.told_at >= recent(now)
    }
}

fn recent(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(GO_ON_HOURS)).unwrap_or(Timestamp::MIN)
}

type Row = (Uuid, jiff_sqlx::Timestamp);

/// Begins a run, or goes on with the one that the same command began.
pub(super) async fn begin(pool: &PgPool, options: &FillOptions, now: Timestamp) -> Result<Run, sqlx::Error> {
    // Who was at one that was cancelled stops when it tells the next time.
    const OVER: &str = "
        update filling.run set ended_at = $2, outcome = case when cancelled then 'cancelled' else 'abandoned' end
        where wanted = $1 and ended_at is null and (cancelled or told_at < $3)";
    const UNDER_WAY: &str = "
        update filling.run set told_at = $2 where wanted = $1 and ended_at is null returning id, since";
    const BEGIN: &str = "
        insert into filling.run (id, wanted, strategy, since, began_at, told_at)
        select $1, $2, $3, coalesce(
            (select case when outcome in ('done', 'abandoned') or ended_at < $5 then null else since end
             from filling.run where wanted = $2 order by began_at desc limit 1), $4), $4, $4
        on conflict (wanted) where ended_at is null do nothing
        returning id, since";
    let wanted = digest_of(options);
    let recent = recent(now).to_sqlx();
    for _ in 0..ATTEMPTS {
        sqlx::query(OVER).bind(&wanted).bind(now.to_sqlx()).bind(recent).execute(pool).await?;
        let found: Option<Row> =
            sqlx::query_as(UNDER_WAY).bind(&wanted).bind(now.to_sqlx()).fetch_optional(pool).await?;
        if let Some((id, since)) = found {
            return Ok(Run { id, since: since.to_jiff(), resumed: true });
        }
        let begun: Option<Row> = sqlx::query_as(BEGIN)
            .bind(options.run)
            .bind(&wanted)
            .bind(&options.strategy)
            .bind(now.to_sqlx())
            .bind(recent)
            .fetch_optional(pool)
            .await?;
        if let Some((id, since)) = begun {
            return Ok(Run { id, since: since.to_jiff(), resumed: false });
        }
    }
    Err(sqlx::Error::RowNotFound)
}

/// Notes whom a run is about, and drops runs that nobody asks about any more.
pub(super) async fn counted(pool: &PgPool, run: Uuid, people: u64, now: Timestamp) -> Result<(), sqlx::Error> {
    let long_ago = before(now, KEEP_DAYS);
    let query = sqlx::query("update filling.run set people = $2 where id = $1");
    query.bind(run).bind(i64::try_from(people).unwrap_or(i64::MAX)).execute(pool).await?;
    sqlx::query("delete from filling.run where ended_at < $1").bind(long_ago.to_sqlx()).execute(pool).await.map(drop)
}

/// Says how far a run is; true where somebody wants it to stop.
pub(super) async fn tell(pool: &PgPool, run: Uuid, report: &Value, now: Timestamp) -> Result<bool, sqlx::Error> {
    const SQL: &str = "update filling.run set told_at = $2, report = $3 where id = $1 returning cancelled";
    let cancelled: Option<bool> =
        sqlx::query_scalar(SQL).bind(run).bind(now.to_sqlx()).bind(report).fetch_optional(pool).await?;
    Ok(cancelled.unwrap_or_default())
}

/// Notes how a run ended.
pub(super) async fn end(
    pool: &PgPool,
    run: Uuid,
    ending: Ending,
    report: &Value,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update filling.run set told_at = $2, ended_at = $2, outcome = $3, report = $4
        where id = $1 and ended_at is null";
    let query = sqlx::query(SQL).bind(run).bind(now.to_sqlx()).bind(ending.name()).bind(report);
    query.execute(pool).await.map(drop)
}

/// A run, if it is remembered.
pub async fn run(pool: &PgPool, id: Uuid) -> Result<Option<RunRow>, sqlx::Error> {
    const SQL: &str = "
        select id, strategy, began_at, told_at, outcome, cancelled, people, report from filling.run where id = $1";
    sqlx::query_as(SQL).bind(id).fetch_optional(pool).await
}

/// Asks a run to stop, in whatever process it is; false where it is not under way.
pub async fn cancel(pool: &PgPool, id: Uuid) -> Result<bool, sqlx::Error> {
    const SQL: &str = "update filling.run set cancelled = true where id = $1 and ended_at is null";
    Ok(sqlx::query(SQL).bind(id).execute(pool).await?.rows_affected() == 1)
}

/// The same for the same wish, however fast it is to be done.
fn digest_of(options: &FillOptions) -> String {
    let wanted = serde_json::json!([options.strategy, options.selection]);
    hex::encode(Sha256::digest(wanted.to_string()))
}
