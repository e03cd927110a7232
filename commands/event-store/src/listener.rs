//! Hears of what other processes append: LISTEN, and a slow poll under it.

use std::time::Duration;

use chronogram_log::Position;
use sqlx::{
    ConnectOptions, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::lookups;

/// What the append statements notify; the payload is the head of the log.
const CHANNEL: &str = "es";

/// How the listener's connection names itself to Postgres.
const APPLICATION_NAME: &str = "chronogram listener";

pub(crate) struct Listener {
    pub(crate) pool: PgPool,
    pub(crate) published: watch::Sender<Position>,
    pub(crate) poll_interval: Duration,
    pub(crate) stop: CancellationToken,
}

impl Listener {
    /// Works until it is stopped. A failure here makes readers slower, never wrong: they poll.
    pub(crate) async fn run(self) {
        let options = self.pool.connect_options().as_ref().clone().application_name(APPLICATION_NAME);
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.listen(&options) => {}
            () = self.poll() => {}
        }
    }

    async fn listen(&self, options: &PgConnectOptions) {
        loop {
            if let Err(error) = self.listen_once(options.clone()).await {
                tracing::debug!(error = %error, "LISTEN broke; new events are noticed by polling until it is back");
            }
            tokio::time::sleep(self.poll_interval).await;
        }
    }

    /// Listens until the connection breaks. A pool of its own: the caller's may be too small to lend one for ever.
    async fn listen_once(&self, options: PgConnectOptions) -> Result<(), sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options.disable_statement_logging()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        // What was appended before LISTEN took effect was not announced to us.
        self.publish(lookups::head(&self.pool).await?);
        while let Some(notification) = listener.try_recv().await? {
            match notification.payload().parse() {
                Ok(head) => self.publish(Position(head)),
                Err(_) => self.publish(lookups::head(&self.pool).await?),
            }
        }
        Ok(())
    }

    async fn poll(&self) {
        loop {
            tokio::time::sleep(self.poll_interval).await;
            match lookups::head(&self.pool).await {
                Ok(head) => self.publish(head),
                Err(error) => tracing::debug!(error = %error, "the head of the log cannot be read"),
            }
        }
    }

    fn publish(&self, head: Position) {
        self.published.send_if_modified(|published| {
            let moved = head > *published;
            *published = head.max(*published);
            moved
        });
    }
}
