//! Runs that were asked for with an idempotency key: `filling.request`. A repeat finds the run of the first time; the same
//! key with another wish is told so.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgPool;
use uuid::Uuid;

use super::{runs::KEEP_DAYS, selection::before};

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRequest {
    /// It is the first of its key, or the first did not get as far as a run.
    New,
    /// It is a repeat: this is its run.
    Begun(Uuid),
    /// The key was used before for another wish.
    KeyReused,
}

/// Notes a request; what was noted before counts.
pub async fn request_run(
    pool: &PgPool,
    id: Uuid,
    fingerprint: &str,
    now: Timestamp,
) -> Result<RunRequest, sqlx::Error> {
    const SQL: &str = "
        insert into filling.request (id, fingerprint, asked_at) values ($1, $2, $3) on conflict (id) do nothing";
    // As long as runs are.
    let long_ago = before(now, KEEP_DAYS).to_sqlx();
    sqlx::query("delete from filling.request where asked_at < $1").bind(long_ago).execute(pool).await?;
    sqlx::query(SQL).bind(id).bind(fingerprint).bind(now.to_sqlx()).execute(pool).await?;
    let (known, run): (String, Option<Uuid>) =
        sqlx::query_as("select fingerprint, run from filling.request where id = $1").bind(id).fetch_one(pool).await?;
    Ok(match run {
        _ if known != fingerprint => RunRequest::KeyReused,
        Some(run) => RunRequest::Begun(run),
        None => RunRequest::New,
    })
}

/// Notes which run a request began, or went on with.
pub async fn run_begun(pool: &PgPool, id: Uuid, run: Uuid) -> Result<(), sqlx::Error> {
    let query = sqlx::query("update filling.request set run = $2 where id = $1").bind(id).bind(run);
    query.execute(pool).await.map(drop)
}
