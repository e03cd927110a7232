//! New rows beside the live ones. They become live by a switch, and not before.

use std::time::Duration;

use chronogram_log::{Position, crash_point};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{
    Engine, EngineError, Leadership, ProgressFn, checkpoint,
    copies::{self, CopyRole},
    error::While,
    leadership::Candidate,
    registered::Registered,
    replay::{Target, replay},
};

/// How long the lock of upkeep is waited for: the server notices the end of a killed process within moments.
const UPKEEP_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is tried.
const UPKEEP_POLL: Duration = Duration::from_millis(100);

impl Engine {
    /// Replays the log into new tables beside the live ones; answers the position they are at. Only one process at a
    /// time; one that was killed is gone on with by the next call, one that was done is brought up to date. The tables
    /// of before the last switch are dropped when a new rebuild begins.
    pub async fn rebuild(&self, name: &str, progress: ProgressFn<'_>) -> Result<Position, EngineError> {
        let registered = self.find(name)?;
        let mut leadership = self.upkeep(registered, "rebuild").await?;
        let connection = leadership.connection();
        checkpoint::ensure(connection, registered).await?;
        let position = if let Some(copy) = copies::find(connection, registered, CopyRole::Next).await? {
            tracing::info!(projection = name, position = copy.position, "a rebuild goes on");
            copy.position()
        } else {
            drop_copy(connection, registered, CopyRole::Previous).await?;
            copies::begin(connection, registered, CopyRole::Next, None).await?;
            Position::START
        };
        let mut target = Target::open(registered, CopyRole::Next, None, position, leadership).await?;
        self.build(std::slice::from_mut(&mut target), None, progress).await?;
        target.leadership.give_up().await;
        Ok(target.position)
    }

    /// Replays up to `until` or else the head, makes the indexes, and replays what came meanwhile, so that a switch has
    /// little to do.
    pub(crate) async fn build(
        &self,
        targets: &mut [Target<'_>],
        until: Option<Position>,
        progress: ProgressFn<'_>,
    ) -> Result<(), EngineError> {
        replay(self, targets, until, progress).await?;
        for target in &mut *targets {
            let (registered, role) = (target.registered, target.role);
            if copies::find(target.connection(), registered, role).await?.is_some_and(|copy| !copy.indexed) {
                copies::index(target.connection(), registered, role, until).await?;
            }
        }
        replay(self, targets, until, progress).await
    }

    /// A session that alone rebuilds, switches or verifies this projection.
    pub(crate) async fn upkeep(&self, registered: &Registered, work: &str) -> Result<Leadership, EngineError> {
        const OPERATION: &str = "take a projection's lock";
        let name = format!("chronogram {work} {}", registered.name);
        let open = Candidate::open(&self.sessions.pool, registered.upkeep_lock(), &name).await;
        let mut candidate = open.while_("open a connection for a projection")?;
        let deadline = Instant::now() + UPKEEP_PATIENCE;
        while !candidate.wins().await.while_(OPERATION)? {
            if Instant::now() >= deadline {
                return Err(EngineError::Busy { name: registered.name.to_owned() });
            }
            sleep(UPKEEP_POLL).await;
        }
        Ok(candidate.into_leadership())
    }
}

/// Drops a copy, whatever its shape; whether there was one.
pub(crate) async fn drop_copy(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
) -> Result<bool, EngineError> {
    const OPERATION: &str = "drop tables beside the live ones";
    let mut transaction = connection.begin().await.while_(OPERATION)?;
    let dropped = copies::remove(&mut transaction, registered, role).await.while_(OPERATION)?;
    crash_point("copy.before_drop");
    transaction.commit().await.while_(OPERATION)?;
    crash_point("copy.dropped");
    Ok(dropped)
}
