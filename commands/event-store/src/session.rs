//! The writer's own connection: made when needed, thrown away when in doubt.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgPool},
};
use tokio_util::sync::CancellationToken;

/// How the writer's connection names itself to Postgres; the listener says `listener`.
const APPLICATION_NAME: &str = "chronogram writer";

/// Attempts to connect before waiting callers are told that the store is unavailable: with the pauses between them
/// about five seconds, a restart of the server.
const ATTEMPTS_MAX: u32 = 9;

/// The first pause between two attempts; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Nothing may cancel an append, and an acknowledged one must be on disk, whatever the defaults of role or database. A
/// process that froze while it held the head of the log must not hold up the others for ever: its transaction ends.
const PREPARE_SESSION: &str = "
    set statement_timeout = 0;
    set lock_timeout = 0;
    set idle_in_transaction_session_timeout = '30s';
    set default_transaction_isolation = 'read committed';
    set default_transaction_read_only = off;
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";

pub(crate) struct Session {
    options: PgConnectOptions,
    patience: Duration,
    stop: CancellationToken,
    kept: Option<PgConnection>,
    /// Attempts that failed since the last success: during a long outage callers are told at once.
    failed_attempts: u32,
}

impl Session {
    pub(crate) fn new(pool: &PgPool, patience: Duration, stop: CancellationToken) -> Self {
        let options = pool.connect_options().as_ref().clone().application_name(APPLICATION_NAME);
        Self { options, patience, stop, kept: None, failed_attempts: 0 }
    }

    /// The connection, to be given back by [`Session::keep`] when it is still good.
    pub(crate) async fn take(&mut self) -> Result<PgConnection, sqlx::Error> {
        if let Some(connection) = self.kept.take() {
            return Ok(connection);
        }
        loop {
            match connect(&self.options, self.patience).await {
                Ok(connection) => {
                    self.failed_attempts = 0;
                    return Ok(connection);
                }
                Err(error) => {
                    self.failed_attempts = self.failed_attempts.saturating_add(1);
                    if self.failed_attempts >= ATTEMPTS_MAX || self.stop.is_cancelled() {
                        return Err(error);
                    }
                    let pause = PAUSE_MIN.saturating_mul(1 << (self.failed_attempts - 1).min(16)).min(PAUSE_MAX);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Gives back a connection that has no transaction open.
    pub(crate) fn keep(&mut self, connection: PgConnection) {
        self.kept = Some(connection);
    }

    /// Says goodbye to the server; without it the server would note a lost client.
    pub(crate) async fn close(mut self) {
        if let Some(connection) = self.kept.take() {
            // The connection ends either way.
            let _ = connection.close().await;
        }
    }
}

async fn connect(options: &PgConnectOptions, patience: Duration) -> Result<PgConnection, sqlx::Error> {
    let made = async {
        let mut connection = options.connect().await?;
        sqlx::raw_sql(PREPARE_SESSION).execute(&mut connection).await?;
        Ok(connection)
    };
    tokio::time::timeout(patience, made).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
