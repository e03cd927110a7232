//! Read your writes: a query waits, for a bounded time, until the rows know a position.

use std::time::Duration;

use chronogram_log::Position;
use tokio::time::{Instant, timeout_at};

use crate::{Engine, EngineError, checkpoint, registered::Registered};

/// First pause between two looks at the checkpoint that another process moves; doubled up to [`POLL_MAX`].
const POLL_MIN: Duration = Duration::from_millis(50);
/// Longest pause between two looks.
const POLL_MAX: Duration = Duration::from_millis(250);

impl Engine {
    /// Returns once the projection (`None`: every one) has applied everything up to `position`, whichever process
    /// applies it. [`EngineError::Behind`] after `patience`; [`EngineError::Stopped`] at once where waiting is vain.
    pub async fn wait_for(
        &self,
        name: Option<&str>,
        position: Position,
        patience: Duration,
    ) -> Result<(), EngineError> {
        let deadline = Instant::now() + patience;
        let selected = self.select(name.as_slice())?;
        let waits = selected.iter().map(|registered| async move {
            match timeout_at(deadline, self.wait_for_one(registered, position)).await {
                Ok(result) => result,
                Err(_) => Err(EngineError::Behind {
                    name: registered.name.to_owned(),
                    position: *registered.reached.borrow(),
                    wanted: position,
                    patience,
                }),
            }
        });
        futures::future::join_all(waits).await.into_iter().collect()
    }

    async fn wait_for_one(&self, registered: &Registered, position: Position) -> Result<(), EngineError> {
        let mut here = registered.reached.subscribe();
        let mut pause = POLL_MIN;
        loop {
            if *here.borrow_and_update() >= position {
                return Ok(());
            }
            if let Some(row) = checkpoint::read(&self.sessions.pool, registered).await? {
                registered.publish(row.position());
                if row.position() >= position {
                    return Ok(());
                }
                if let Some(stopped) = row.stop(registered) {
                    return Err(stopped);
                }
            }
            // Either ends the pause; the sender lives as long as `registered`, so a closed channel cannot be.
            let _ = tokio::time::timeout(pause, here.wait_for(|reached| *reached >= position)).await;
            pause = (pause * 2).min(POLL_MAX);
        }
    }
}
