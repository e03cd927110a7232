//! Waiting that ends when the bot is told to stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Sleeps, unless it is told to stop.
pub(crate) async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(length) => {} }
}
