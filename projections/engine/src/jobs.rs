//! Work that is asked for in one process and done in the one that keeps the projections.
//!
//! A job is done by whoever holds its lock. One whose process was killed is begun again by the next: rebuilds go on where
//! they were, and a switch notes in its own transaction that it is done.

use std::{collections::HashSet, error::Error, time::Duration};

use chronogram_log::Position;
use sqlx::PgConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Engine, EngineError, Leadership, copies::CopyRole, error::While, registered::lock_key};

/// How often the process that keeps the projections looks for work.
const POLL: Duration = Duration::from_secs(1);
/// Jobs of a projection's past that are shown: what happened lately.
const SHOWN_MAX: i64 = 20;

/// Something to do with a projection's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Build it anew beside the live tables.
    Rebuild {
        /// The projection.
        name: String,
        /// What is built becomes live.
        switch: bool,
    },
    /// Make the rebuilt tables live.
    Switch {
        /// The projection.
        name: String,
    },
    /// Make those live again that were so before.
    Rollback {
        /// The projection.
        name: String,
    },
    /// Build every read model as it was.
    AsOf {
        /// Where they end.
        until: Position,
    },
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// `rebuild`, `switch`, `rollback`, `as_of`.
    pub kind: String,
    /// The projection; `None`: every one.
    pub name: Option<String>,
    /// `queued`, `running`, `done`, `failed`.
    pub state: String,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: jiff::Timestamp,
    /// When it was done or failed.
    pub ended_at: Option<jiff::Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    name: Option<String>,
    switch: bool,
    until: Option<i64>,
    state: String,
    asked_by: String,
    asked_at: jiff_sqlx::Timestamp,
    ended_at: Option<jiff_sqlx::Timestamp>,
    error: Option<String>,
}

impl Row {
    fn work(&self) -> Option<Work> {
        let name = self.name.clone();
        match self.kind.as_str() {
            "rebuild" => Some(Work::Rebuild { name: name?, switch: self.switch }),
            "switch" => Some(Work::Switch { name: name? }),
            "rollback" => Some(Work::Rollback { name: name? }),
            _ => Some(Work::AsOf { until: Position::from_i64(self.until?) }),
        }
    }
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            state: row.state,
            asked_by: row.asked_by,
            asked_at: row.asked_at.to_jiff(),
            ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            error: row.error,
        }
    }
}

const COLUMNS: &str = "id, kind, name, switch, until, state, asked_by, asked_at, ended_at, error";

impl Engine {
    /// Asks whoever keeps the projections to do something; answers at once. A repeat under the same `key` of who asks
    /// is answered with the first job, as it is now.
    pub async fn ask_for(&self, work: &Work, asked_by: &str, key: Option<&str>) -> Result<Job, EngineError> {
        let (kind, name, switch, until) = match work {
            Work::Rebuild { name, switch } => ("rebuild", Some(name), *switch, None),
            Work::Switch { name } => ("switch", Some(name), false, None),
            Work::Rollback { name } => ("rollback", Some(name), false, None),
            Work::AsOf { until } => ("as_of", None, false, Some(*until)),
        };
        if let Some(name) = name {
            self.find(name)?;
        }
        let sql = format!(
            "insert into projection.job (kind, name, switch, until, asked_by, request) values ($1, $2, $3, $4, $5, $6) \
             on conflict (asked_by, request) do update set asked_by = excluded.asked_by returning {COLUMNS}"
        );
        let row: Row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(kind)
            .bind(name)
            .bind(switch)
            .bind(until.map(Position::as_i64))
            .bind(asked_by)
            .bind(key)
            .fetch_one(&self.sessions.pool)
            .await
            .while_("ask for work on a projection")?;
        if row.work().as_ref() != Some(work) {
            return Err(EngineError::KeyReused);
        }
        Ok(row.into())
    }

    /// The newest jobs, whatever they are about, newest first.
    pub async fn jobs(&self) -> Result<Vec<Job>, EngineError> {
        self.listed(&format!("select {COLUMNS} from projection.job order by id desc limit $1")).await
    }

    /// The newest jobs of each projection, newest first.
    pub async fn jobs_of_each(&self) -> Result<Vec<Job>, EngineError> {
        let sql = format!(
            "select {COLUMNS} from (select *, row_number() over (partition by name order by id desc) as nth \
               from projection.job where name is not null) as job where nth <= $1 order by id desc"
        );
        self.listed(&sql).await
    }

    async fn listed(&self, sql: &str) -> Result<Vec<Job>, EngineError> {
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql.to_owned()))
            .bind(SHOWN_MAX)
            .fetch_all(&self.sessions.pool)
            .await
            .while_("list work on projections")?;
        Ok(rows.into_iter().map(Job::from).collect())
    }

    /// Does what is asked for until the token is cancelled: jobs of one projection one after the other. One that is cut
    /// short stays `running` and is gone on with after the next start.
    pub(crate) async fn work(&self, token: &CancellationToken) {
        let (mut tasks, mut begun) = (JoinSet::new(), HashSet::new());
        loop {
            match self.open_jobs().await {
                Ok(open) => {
                    for row in open.into_iter().filter(|row| begun.insert(row.id)) {
                        let engine = self.clone();
                        tasks.spawn(async move { (row.id, engine.take_and_do(&row).await) });
                    }
                }
                Err(error) => tracing::debug!(error = &error as &dyn Error, "nobody knows what is asked for"),
            }
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(POLL) => {}
            }
            while let Some(ended) = tasks.try_join_next() {
                match ended {
                    Ok((id, result)) => {
                        begun.remove(&id);
                        if let Err(error) = result {
                            tracing::warn!(job = id, error = &error as &dyn Error, "a job waits for another try");
                        }
                    }
                    // It cannot be told which: the next start looks after it.
                    Err(error) => tracing::error!(error = &error as &dyn Error, "the task of a job broke"),
                }
            }
        }
    }

    /// The next job of each projection.
    async fn open_jobs(&self) -> Result<Vec<Row>, EngineError> {
        let sql = format!(
            "select {COLUMNS} from (select distinct on (coalesce(name, '')) * from projection.job \
             where state in ('queued', 'running') order by coalesce(name, ''), id) first"
        );
        let open = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&self.sessions.pool).await;
        open.while_("look for work on projections")
    }

    async fn take_and_do(&self, row: &Row) -> Result<(), EngineError> {
        let key = lock_key(&format!("chronogram.job.{}", row.id));
        if !self.is_free(key).await? {
            return Ok(());
        }
        let leadership = Leadership::take(&self.sessions.pool, key, "chronogram job").await;
        let Some(mut leadership) = leadership.while_("take a job")? else { return Ok(()) };
        if begin(leadership.connection(), row.id).await? {
            let ended = match row.work() {
                Some(work) => self.do_work(&work, row.id).await,
                None => Ok(()),
            };
            if let Err(error) = &ended {
                tracing::error!(
                    job = row.id,
                    kind = row.kind,
                    error = error as &dyn Error,
                    "work on a projection failed"
                );
            }
            finish(leadership.connection(), row.id, ended.err().map(|error| error.to_string())).await?;
        }
        leadership.give_up().await;
        Ok(())
    }

    async fn do_work(&self, work: &Work, job: i64) -> Result<(), EngineError> {
        match work {
            Work::Rebuild { name, switch } => {
                self.rebuild(name, &|_| {}).await?;
                if *switch {
                    self.make_live(name, CopyRole::Next, Some(job), &|_| {}).await?;
                }
            }
            Work::Switch { name } => {
                self.make_live(name, CopyRole::Next, Some(job), &|_| {}).await?;
            }
            Work::Rollback { name } => {
                self.make_live(name, CopyRole::Previous, Some(job), &|_| {}).await?;
            }
            Work::AsOf { until } => self.build_as_of(&[], *until, &|_| {}).await?,
        }
        Ok(())
    }

    /// A look that opens no connection of its own.
    async fn is_free(&self, key: i64) -> Result<bool, EngineError> {
        sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
            .bind(key)
            .fetch_one(&self.sessions.pool)
            .await
            .while_("look whether somebody does a job")
    }
}

/// `false`: it was done before the lock was ours.
async fn begin(connection: &mut PgConnection, id: i64) -> Result<bool, EngineError> {
    let begun = sqlx::query(
        "update projection.job set state = 'running', started_at = coalesce(started_at, clock_timestamp()) \
         where id = $1 and state in ('queued', 'running')",
    )
    .bind(id)
    .execute(connection)
    .await
    .while_("begin a job")?;
    Ok(begun.rows_affected() == 1)
}

/// Notes its end, the first one that is told.
pub(crate) async fn finish(connection: &mut PgConnection, id: i64, error: Option<String>) -> Result<(), EngineError> {
    sqlx::query(
        "update projection.job set state = case when $2::text is null then 'done' else 'failed' end, error = $2, \
         ended_at = clock_timestamp() where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(error)
    .execute(connection)
    .await
    .while_("note the end of a job")?;
    Ok(())
}
