//! `filling.policy`: when each policy is due, and what came of it last.

use chronogram_model::policy::{FillPolicy, PolicyName, PolicyState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// A policy's row.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) schedule: String,
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub(super) due_at: Timestamp,
    pub(super) rests: Option<String>,
    pub(super) last_at: Option<jiff_sqlx::Timestamp>,
    pub(super) last_run: Option<Uuid>,
    pub(super) outcome: Option<String>,
}

/// Every row, what is due first on top.
pub(super) async fn rows(executor: impl PgExecutor<'_>) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as("select * from filling.policy order by due_at, name").fetch_all(executor).await
}

/// Plans what is new or has another schedule now, and forgets what there is no more; every row as it is then.
pub(super) async fn plan(
    connection: &mut PgConnection,
    policies: &PolicyState,
    now: Timestamp,
) -> Result<Vec<Row>, sqlx::Error> {
    const PLAN: &str = "
        insert into filling.policy (name, schedule, due_at) values ($1, $2, $3)
        on conflict (name) do update set schedule = excluded.schedule, due_at = excluded.due_at";
    let known = rows(&mut *connection).await?;
    let mut changed = false;
    for kept in policies.all() {
        let FillPolicy { name, schedule, .. } = &kept.policy;
        let written = schedule.to_string();
        if known.iter().any(|row| row.name == name.as_str() && row.schedule == written) {
            continue;
        }
        let due_at = schedule.next_after(None, now);
        let query = sqlx::query(PLAN).bind(name.as_str()).bind(written).bind(due_at.to_sqlx());
        query.execute(&mut *connection).await?;
        changed = true;
    }
    let is_kept = |row: &Row| row.name.parse::<PolicyName>().is_ok_and(|name| policies.get(&name).is_some());
    for gone in known.iter().filter(|row| !is_kept(row)) {
        sqlx::query("delete from filling.policy where name = $1").bind(&gone.name).execute(&mut *connection).await?;
        changed = true;
    }
    if changed { rows(connection).await } else { Ok(known) }
}

/// Says why a policy rests, or that it does not.
pub(super) async fn tell_rest(
    connection: &mut PgConnection,
    name: &str,
    rests: Option<&str>,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("update filling.policy set rests = $2 where name = $1").bind(name).bind(rests);
    query.execute(connection).await.map(drop)
}

/// Puts a policy off; nothing was done.
pub(super) async fn put_off(connection: &mut PgConnection, name: &str, due_at: Timestamp) -> Result<(), sqlx::Error> {
    let query = sqlx::query("update filling.policy set due_at = $2 where name = $1").bind(name).bind(due_at.to_sqlx());
    query.execute(connection).await.map(drop)
}

/// What came of a time that a policy was due.
pub(super) struct Settled<'a> {
    pub(super) run: Option<Uuid>,
    pub(super) outcome: &'a str,
    pub(super) at: Timestamp,
    pub(super) next: Timestamp,
}

/// Notes what came of a policy.
pub(super) async fn settle(connection: &mut PgConnection, name: &str, settled: Settled<'_>) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update filling.policy set due_at = $2, last_at = $3, last_run = $4, outcome = $5 where name = $1";
    let query = sqlx::query(SQL).bind(name).bind(settled.next.to_sqlx()).bind(settled.at.to_sqlx());
    query.bind(settled.run).bind(settled.outcome).execute(connection).await.map(drop)
}

/// Makes a policy due now, unless it is already.
pub(super) async fn due_now(
    executor: impl PgExecutor<'_>,
    policy: &FillPolicy,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into filling.policy as known (name, schedule, due_at) values ($1, $2, $3)
        on conflict (name) do update set due_at = least(known.due_at, excluded.due_at)";
    let query = sqlx::query(SQL).bind(policy.name.as_str()).bind(policy.schedule.to_string()).bind(now.to_sqlx());
    query.execute(executor).await.map(drop)
}
