//! Brings the server back when it is gone although nobody of us stopped it: killed, out of memory, a slip of the hand.

use std::{convert::Infallible, error::Error as _, path::PathBuf, time::Duration};

use crate::{PrivatePostgres, PrivatePostgresError, locks, postmaster::Postmaster, server};

/// How often it is looked for: two small files are read.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Pause after it could not be started again; the disk may be full.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

impl PrivatePostgres {
    /// Starts the server again whenever it is gone. Whoever was connected connects again; nothing committed is lost.
    pub async fn keep_running(&self) -> Infallible {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if Postmaster::find(&self.place.cluster(), self.account.uid).is_some() {
                continue;
            }
            if let Err(error) = self.start_again().await {
                tracing::error!(
                    error = %error,
                    source = error.source(),
                    "the private Postgres is gone and does not start; it is tried again"
                );
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }

    async fn start_again(&self) -> Result<(), PrivatePostgresError> {
        let _starting = locks::start_lock(&self.data).await?;
        self.run_server().await.map(drop)
    }

    pub(crate) async fn run_server(&self) -> Result<PathBuf, PrivatePostgresError> {
        server::run(&self.data, &self.place, &self.account, self.durability).await
    }
}
