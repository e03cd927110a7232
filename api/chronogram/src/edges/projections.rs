//! How far the read models are, for GraphQL and health; looked at once a second, asked as often as one likes.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use chronogram_engine::Engine;
use chronogram_graphql::{AsOf, PortError, ProjectionStatus, ProjectionsView};
use chronogram_log::Position;
use tokio_util::sync::CancellationToken;

/// How old the figures of `as_of` may be.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The engine as the edges see it.
pub(crate) struct Projections {
    engine: Arc<Engine>,
    as_of: Arc<RwLock<Option<AsOf>>>,
}

impl Projections {
    /// Looks at `engine` until `stop`.
    pub(crate) fn watch(engine: Arc<Engine>, stop: CancellationToken) -> Self {
        let as_of = Arc::new(RwLock::new(None));
        let (seen, watched) = (as_of.clone(), engine.clone());
        tokio::spawn(async move {
            loop {
                let found = watched.status().await.ok().and_then(|statuses| slowest(&statuses));
                *seen.write().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
        Self { engine, as_of }
    }
}

fn slowest(statuses: &[chronogram_engine::ProjectionStatus]) -> Option<AsOf> {
    let position = statuses.iter().map(|status| status.position).min()?;
    let lag_ms = statuses.iter().map(|status| status.lag_ms).max()?;
    Some(AsOf { position, lag_ms })
}

#[async_trait]
impl ProjectionsView for Projections {
    async fn status(&self) -> Result<Vec<ProjectionStatus>, PortError> {
        Ok(self.engine.status().await?)
    }

    async fn wait_for(&self, position: Position, patience: Duration) -> bool {
        self.engine.wait_for(None, position, patience).await.is_ok()
    }

    fn as_of(&self) -> Option<AsOf> {
        *self.as_of.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
