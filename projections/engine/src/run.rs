//! Live: every projection in a task of its own, led by one process, whatever happens to the others.

use std::{error::Error, sync::Arc, time::Duration};

use chronogram_log::StoreError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineError, checkpoint,
    follow::Follower,
    leadership::{release, try_lock},
    registered::Registered,
    schema,
};

/// How often a process that stands by tries to take over.
const STANDBY_POLL: Duration = Duration::from_millis(250);
/// The first pause after a failure of database or log, doubled each time up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause: what a recovered database waits for us at most.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How often a stopped projection looks whether somebody repaired it.
const REPAIR_POLL: Duration = Duration::from_secs(1);
/// How often lag is measured: metrics are collected less often than this.
const LAG_INTERVAL: Duration = Duration::from_secs(5);

impl Engine {
    /// Keeps all projections up to date until the token is cancelled; then batches begun are finished, locks released.
    pub async fn run(&self, token: CancellationToken) {
        let mut tasks = JoinSet::new();
        for registered in self.projections.iter() {
            let (engine, registered, token) = (self.clone(), Arc::clone(registered), token.clone());
            tasks.spawn(async move { engine.keep(&registered, &token).await });
        }
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

    async fn keep(&self, registered: &Registered, token: &CancellationToken) {
        let mut pause = PAUSE_MIN;
        while !token.is_cancelled() {
            let before = *registered.reached.borrow();
            let error = match self.lead(registered, token).await {
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
    async fn lead(&self, registered: &Registered, token: &CancellationToken) -> Result<(), EngineError> {
        let Some(connection) = token.run_until_cancelled(self.sessions.open("projection", registered)).await else {
            return Ok(());
        };
        let mut connection = connection?;
        let standing_by = async {
            while !try_lock(&mut connection, registered.apply_lock()).await? {
                tokio::time::sleep(STANDBY_POLL).await;
            }
            Ok(())
        };
        let result = match token.run_until_cancelled(standing_by).await {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(())) => {
                tracing::info!(projection = registered.name, "this process applies the projection now");
                let (store, batch_events) = (self.sessions.store.clone(), self.batches.live);
                let connection = &mut connection;
                Follower { store, registered, connection, batch_events }.follow(None, token, &|_| {}).await
            }
        };
        release(connection).await;
        result
    }

    /// Returns once somebody got past what stopped it: a rebuild, or a newer release in another process.
    async fn repaired(&self, registered: &Registered, error: &EngineError) {
        loop {
            tokio::time::sleep(REPAIR_POLL).await;
            let repaired = match error {
                EngineError::Stopped { position, .. } => {
                    let row = checkpoint::read(&self.sessions.pool, registered).await;
                    matches!(row, Ok(Some(row)) if row.position() >= *position)
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
        use crate::error::While as _;
        let row = checkpoint::read(&self.sessions.pool, registered).await?;
        if row.is_none_or(|row| row.fingerprint != registered.fingerprint) {
            return Ok(false);
        }
        let mut connection = self.sessions.pool.acquire().await.while_("look for a projection's tables")?;
        schema::exists(&mut connection, &registered.live_schema()).await.while_("look for a projection's tables")
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
