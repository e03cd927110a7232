//! Time and chance, as they are given to us.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use tokio::time::Instant;

/// A clock that nobody can set, and waiting by it.
#[async_trait]
pub trait Timer: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Returns at this moment, at once where it is past.
    async fn sleep_until(&self, at: Instant);
}

/// The runtime's own.
pub struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    fn now(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(at).await;
    }
}

/// Chance.
pub trait Chance: Send + Sync + 'static {
    /// Anything from 0 to 1, each as likely.
    fn fraction(&self) -> f64;
}

/// What patience needs.
#[derive(Clone)]
pub struct Means {
    /// Time.
    pub timer: Arc<dyn Timer>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Means")
    }
}
