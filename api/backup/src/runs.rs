//! What was done about backups, so that every process can tell how old the last one is.

use std::{collections::HashMap, time::Duration};

use chronogram_log::{Clock, Position};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::error::{BackupError, while_};

/// How often metrics follow: they are collected less often than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One was made.
    Create,
    /// One was restored beside the living database and compared.
    Verify,
    /// One was restored.
    Restore,
    /// Old ones were removed.
    Prune,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Verify => "verify",
            Self::Restore => "restore",
            Self::Prune => "prune",
        }
    }
}

/// One thing that was done, or failed.
#[derive(Clone, Debug)]
pub struct Run {
    /// What.
    pub action: Action,
    /// The backup's name.
    pub file: Option<String>,
    /// Where it lies.
    pub target: Option<String>,
    /// Where its log ends.
    pub position: Option<Position>,
    /// Its size.
    pub size_bytes: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// What the last verification of a backup found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When.
    pub at: Timestamp,
    /// Whether it was whole.
    pub good: bool,
}

/// Notes what was done.
pub async fn note(pool: &PgPool, run: &Run) -> Result<(), BackupError> {
    const SQL: &str = "
        insert into ops.backup_run (action, state, file, target, position, size_bytes, error, began_at, ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sqlx::query(SQL)
        .bind(run.action.as_str())
        .bind(if run.error.is_none() { "done" } else { "failed" })
        .bind(&run.file)
        .bind(&run.target)
        .bind(run.position.map(Position::as_i64))
        .bind(run.size_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)))
        .bind(&run.error)
        .bind(run.began_at.to_sqlx())
        .bind(run.ended_at.to_sqlx())
        .execute(pool)
        .await
        .map_err(while_("note what was done about backups"))?;
    Ok(())
}

/// The last verification of each backup, by its name.
pub type Verifications = HashMap<String, Verified>;

/// What is known of verifications.
pub async fn verified(pool: &PgPool) -> Result<Verifications, BackupError> {
    const SQL: &str = "
        select distinct on (file) file, ended_at, state = 'done' from ops.backup_run
        where action = 'verify' and file is not null order by file, id desc";
    let rows: Vec<(String, jiff_sqlx::Timestamp, bool)> =
        sqlx::query_as(SQL).fetch_all(pool).await.map_err(while_("read when backups were verified"))?;
    Ok(rows.into_iter().map(|(file, at, good)| (file, Verified { at: at.to_jiff(), good })).collect())
}

/// Keeps the metrics of backups until `stop`, whatever process makes them.
pub async fn watch(pool: PgPool, clock: std::sync::Arc<dyn Clock>, stop: CancellationToken) {
    let watching = async {
        loop {
            if let Err(error) = measure(&pool, clock.now()).await {
                tracing::debug!(error = %error, "the age of the last backup is not known now");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    stop.run_until_cancelled(watching).await;
}

/// The last one that was made, and how the last try ended.
#[derive(sqlx::FromRow)]
struct Last {
    action: String,
    began_at: jiff_sqlx::Timestamp,
    duration_seconds: f64,
    size_bytes: Option<i64>,
}

async fn measure(pool: &PgPool, now: Timestamp) -> Result<(), BackupError> {
    const DONE: &str = "
        select distinct on (action) action, began_at, size_bytes,
            extract(epoch from ended_at - began_at)::float8 as duration_seconds
        from ops.backup_run where action in ('create', 'verify') and state = 'done' order by action, id desc";
    const ENDED: &str = "
        select distinct on (action) action, state = 'done' from ops.backup_run order by action, id desc";
    let failed = || while_("read how old the last backup is");
    let done: Vec<Last> = sqlx::query_as(DONE).fetch_all(pool).await.map_err(failed())?;
    for last in done {
        let age = now.duration_since(last.began_at.to_jiff()).as_secs_f64().max(0.0);
        if last.action == "verify" {
            metrics::gauge!("backup_verified_age_seconds").set(age);
            continue;
        }
        metrics::gauge!("backup_age_seconds").set(age);
        metrics::gauge!("backup_last_duration_seconds").set(last.duration_seconds);
        #[allow(clippy::cast_precision_loss)] // a gauge is a float
        metrics::gauge!("backup_last_size_bytes").set(last.size_bytes.unwrap_or(0) as f64);
    }
    let ended: Vec<(String, bool)> = sqlx::query_as(ENDED).fetch_all(pool).await.map_err(failed())?;
    for (action, done) in ended {
        metrics::gauge!("backup_last_success", "action" => action).set(if done { 1.0 } else { 0.0 });
    }
    Ok(())
}
