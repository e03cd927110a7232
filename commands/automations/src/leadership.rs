//! One process at a time does a thing; the others stand by. As for projections, so for automations.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
pub use chronogram_engine::{Leadership, pulse};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::todo::{TodoError, while_};

/// How often who stands by looks whether the leader is gone.
const STAND_BY: Duration = Duration::from_secs(1);
/// How long an automation pauses after a failure that is not one item's.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Work that one process at a time does.
#[async_trait]
pub(crate) trait Led: Send + Sync {
    /// Why it pauses.
    type Error: Error + From<TodoError> + Send + 'static;

    /// What it is called, in logs and in `pg_stat_activity`.
    const NAME: &'static str;

    /// Where the lock is.
    fn pool(&self) -> &PgPool;

    /// The lock's number: nobody else's in this database.
    fn lock(&self) -> i64;

    /// Works until it is stopped, on the connection that holds the lock; says something on it every few seconds, for
    /// silence ends it.
    async fn work(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), Self::Error>;
}

/// Works until it is stopped, or stands by while another process does.
pub(crate) async fn run<W: Led>(work: &W, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match lead(work, stop).await {
            Ok(()) => STAND_BY,
            Err(error) => {
                tracing::error!(automation = W::NAME, error = &error as &dyn Error, "an automation pauses");
                PAUSE_AFTER_FAILURE
            }
        };
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(pause) => {} }
    }
}

/// Leads until it is stopped; returns at once where somebody else leads.
async fn lead<W: Led>(work: &W, stop: &CancellationToken) -> Result<(), W::Error> {
    let name = format!("chronogram {}", W::NAME);
    let leadership = Leadership::take(work.pool(), work.lock(), &name).await;
    let leadership = leadership.map_err(while_::<W::Error>("take the lock of an automation"))?;
    let Some(mut leadership) = leadership else { return Ok(()) };
    leadership.lives_by_its_pulse().await.map_err(while_::<W::Error>("take the lock of an automation"))?;
    let worked = work.work(leadership.connection(), stop).await;
    leadership.give_up().await;
    worked
}
