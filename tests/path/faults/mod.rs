//! What may happen to a house in the field: killed, frozen, cut off, its disk full, its database gone or replaced. Each
//! time nothing acknowledged is lost, nothing is done twice, and it goes on by itself.

mod determinism;
mod disk_full;
mod failover;
mod frozen;
mod load;
mod postgres_killed;
mod schema;
mod soak;
mod terminated;

use std::time::{Duration, Instant};

/// How long `make soak` wants the long ones to last; without it they are as long as `make test` has time for.
#[allow(clippy::disallowed_methods)] // a setting of the tests
fn soak_time() -> Option<Duration> {
    let seconds = std::env::var("CHRONOGRAM_SOAK_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("CHRONOGRAM_SOAK_SECONDS is a number of seconds")))
}

/// Waits for what must become true; gives how long it took.
async fn until(what: &str, patience: Duration, mut is_true: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_true().await {
        assert!(began.elapsed() < patience, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}
