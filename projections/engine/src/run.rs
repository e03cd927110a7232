//! Live: every projection in a task of its own, led by one process, whatever happens to the others.

use std::{error::Error, sync::Arc, time::Duration};

use chronogram_log::StoreError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineError, checkpoint, error::While as _, follow::Follower, registered::Registered, schema,
    shared_reader::SharedReader,
};

/// How often a process that stands by tries to take over.
const STANDBY_POLL: Duration = Duration::from_millis(250);
/// The first pause after a failure of database or log, doubled each time up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause: what a recovered database waits for us at most.
const PAUSE_MAX: Duration = Duration::from_secs(3);
/// How often a stopped projection looks whether somebody repaired it.
const REPAIR_POLL: Duration = Duration::from_secs(1);
/// How often lag is measured: metrics are collected less often than this.
const LAG_INTERVAL: Duration = Duration::from_secs(5);
/// How often read models of the past are looked at whose time is over.
const PRUNE_INTERVAL: Duration = Duration::from_mins(5);

impl Engine {
    /// Keeps all projections up to date and does what is asked for until the token is cancelled; then batches begun are
    /// finished, locks released.
    pub async fn run(&self, token: CancellationToken) {
        let mut tasks = JoinSet::new();
        let reader = self.shared_reader(&self.projections);
        for registered in self.projections.iter() {
            let (engine, registered, token) = (self.clone(), Arc::clone(registered), token.clone());
            let reader = reader.clone();
            tasks.spawn(async move { engine.keep(&registered, &reader, &token).await });
        }
        let (engine, stop) = (self.clone(), token.clone());
        tasks.spawn(async move { engine.work(&stop).await });
        let (engine, stop) = (self.clone(), token.clone());
        tasks.spawn(async move {
            stop.run_until_cancelled(engine.keep_tidy()).await;
        });
        let engine = self.clone();
        tasks.spawn(async move {
            token.run_until_cancelled(engine.measure_lag()).await;
        });
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = &error as &dyn Error, "a projection's task broke; restart the process");
            }
        }
    }

    async fn keep(&self, registered: &Registered, reader: &Arc<SharedReader>, token: &CancellationToken) {
        let mut pause = PAUSE_MIN;
        while !token.is_cancelled() {
            let before = *registered.reached.borrow();
            let error = match self.lead(registered, reader, token).await {
                Ok(()) | Err(EngineError::Store(StoreError::Closed)) => return,
                Err(error) => error,
            };
            metrics::counter!("projection_errors_total", "projection" => registered.name).increment(1);
            if matches!(error, EngineError::Stopped { .. } | EngineError::Mismatch { .. }) {
                tracing::error!(
                    projection = registered.name,
                    error = &error as &dyn Error,
                    "projection stopped: {error}"
                );
                token.run_until_cancelled(self.repaired(registered, &error)).await;
                continue;
            }
            if *registered.reached.borrow() > before {
                pause = PAUSE_MIN;
            }
            tracing::warn!(
                projection = registered.name,
                error = &error as &dyn Error,
                pause_ms = pause.as_millis(),
                "projection interrupted, it goes on after a pause"
            );
            token.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Stands by until nobody else leads, then leads until the token is cancelled.
    async fn lead(
        &self,
        registered: &Registered,
        reader: &Arc<SharedReader>,
        token: &CancellationToken,
    ) -> Result<(), EngineError> {
        let standing_by = async {
            let mut candidate = self.candidate(registered, "projection").await?;
            while !candidate.wins().await.while_("take a projection's lock")? {
                tokio::time::sleep(STANDBY_POLL).await;
            }
            Ok::<_, EngineError>(candidate.into_leadership())
        };
        let Some(leadership) = token.run_until_cancelled(standing_by).await else { return Ok(()) };
        let mut leadership = leadership?;
        leadership.lives_by_its_pulse().await.while_("take a projection's lock")?;
        tracing::info!(projection = registered.name, "this process applies the projection now");
        let connection = leadership.connection();
        let mut follower = Follower { reader: reader.clone(), registered, connection };
        let result = follower.follow(None, token, &|_| {}).await;
        leadership.give_up().await;
        result
    }

    /// Returns once somebody wants it tried again or got past what stopped it: an operator, a switch, a newer release in
    /// another process.
    async fn repaired(&self, registered: &Registered, error: &EngineError) {
        loop {
            tokio::time::sleep(REPAIR_POLL).await;
            let repaired = match error {
                EngineError::Stopped { position, .. } => {
                    let row = checkpoint::read(&self.sessions.pool, registered).await;
                    matches!(row, Ok(Some(row)) if row.position() >= *position || row.state != "stopped")
                }
                _ => matches!(self.has_its_tables(registered).await, Ok(true)),
            };
            if repaired {
                return;
            }
        }
    }

    /// Whether the live tables are there and of the shape that this release writes.
    pub(crate) async fn has_its_tables(&self, registered: &Registered) -> Result<bool, EngineError> {
        let row = checkpoint::read(&self.sessions.pool, registered).await?;
        if row.is_none_or(|row| row.fingerprint != registered.fingerprint) {
            return Ok(false);
        }
        let mut connection = self.sessions.pool.acquire().await.while_("look for a projection's tables")?;
        schema::exists(&mut connection, &registered.live_schema()).await.while_("look for a projection's tables")
    }

    async fn keep_tidy(&self) {
        loop {
            if let Err(error) = self.prune_expired().await {
                tracing::debug!(error = &error as &dyn Error, "read models of the past go later");
            }
            tokio::time::sleep(PRUNE_INTERVAL).await;
        }
    }

    async fn measure_lag(&self) {
        loop {
            match self.status().await {
                Ok(all) => {
                    for one in all {
                        #[allow(clippy::cast_precision_loss)] // a gauge is a float
                        let (events, seconds) = (one.lag_events as f64, one.lag_ms as f64 / 1_000.0);
                        metrics::gauge!("projection_lag_events", "projection" => one.name).set(events);
                        metrics::gauge!("projection_lag_seconds", "projection" => one.name).set(seconds);
                    }
                }
                Err(error) => tracing::debug!(error = &error as &dyn Error, "the projections' lag is not known now"),
            }
            tokio::time::sleep(LAG_INTERVAL).await;
        }
    }
}
