//! Updates that Telegram brings over HTTP. It hears "taken" only when everything that follows from an update is
//! durable, and repeats the update until then; the next one of the same chat it brings only afterwards.

use std::time::Duration;

use chronogram_gateways::telegram::{TelegramError, Update};
use tokio_util::sync::CancellationToken;

use crate::{Bot, waiting::pause};

/// How often we look whether Telegram still brings its updates to us.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// The pause after Telegram could not be asked.
const RETRY: Duration = Duration::from_secs(2);

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Everything that follows from it is durable.
    Durable,
    /// It is no update.
    Unreadable,
    /// A failure of ours: it is to be brought again.
    NotNow,
}

impl Bot {
    /// Takes one update, as Telegram wrote it.
    pub async fn take(&self, update: &[u8]) -> Taken {
        // One whose kind nobody knows is read too, and passed: refused, it would come again for a day.
        let Ok(update) = serde_json::from_slice::<Update>(update) else { return Taken::Unreadable };
        match self.handle(&update).await {
            Ok(()) => Taken::Durable,
            Err(trouble) => {
                metrics::counter!("telegram_update_failures_total").increment(1);
                tracing::error!(
                    update = update.id.0,
                    error = &trouble as &dyn std::error::Error,
                    "an update cannot be handled yet; Telegram brings it again"
                );
                Taken::NotNow
            }
        }
    }

    /// Has updates brought to `url` until it is stopped. Stopped, the webhook stays: what comes meanwhile waits at
    /// Telegram. Any number of processes may do this beside each other.
    pub async fn run_webhook(&self, url: &str, secret: &str, stop: CancellationToken) {
        let mut menus_set = false;
        while !stop.is_cancelled() {
            let wait = match self.keep_webhook(url, secret).await {
                Ok(()) if !menus_set => {
                    self.set_menus_or_say_so().await;
                    menus_set = true;
                    LOOK_EVERY
                }
                Ok(()) => LOOK_EVERY,
                Err(TelegramError::RetryAfter(wait)) => wait,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "Telegram cannot be asked to bring its updates");
                    RETRY
                }
            };
            pause(wait, &stop).await;
        }
    }

    /// Whoever polled, or set another address, takes the updates away from us: they are taken back, and it is said.
    async fn keep_webhook(&self, url: &str, secret: &str) -> Result<(), TelegramError> {
        let state = self.parts.telegram.webhook().await?;
        metrics::gauge!("telegram_updates_pending").set(f64::from(state.pending));
        if let Some(at) = state.failed_at {
            tracing::info!(%at, pending = state.pending, "the last delivery that failed, by Telegram's account");
        }
        if state.url.as_deref() != Some(url) {
            self.parts.telegram.set_webhook(url, secret).await?;
            tracing::info!("Telegram brings its updates to our webhook");
        }
        Ok(())
    }
}
