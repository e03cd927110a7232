//! What a switch would change: the rows of a copy against the live ones.

use chronogram_log::Position;

use crate::{
    Engine, EngineError, ProgressFn, VerifyReport, checkpoint,
    copies::{self, CopyRole},
    registered::Registered,
    replay::{Target, replay},
};

impl Engine {
    /// Compares the live rows with those of a rebuild, or of before the last switch, at one position: whichever is
    /// behind is brought up first. In the report a missing row is only in the copy, an extra one only live.
    pub async fn diff(
        &self,
        name: &str,
        role: CopyRole,
        progress: ProgressFn<'_>,
    ) -> Result<VerifyReport, EngineError> {
        let registered = self.find(name)?;
        let mut leadership = self.upkeep(registered, "diff").await?;
        let connection = leadership.connection();
        let Some(copy) = copies::find(connection, registered, role).await? else {
            return Err(EngineError::NoCopy { name: name.to_owned(), role });
        };
        if !copy.indexed {
            return Err(EngineError::Unfinished { name: name.to_owned(), position: copy.position() });
        }
        self.bring_live_to(registered, copy.position()).await?;
        let live = checkpoint::position(connection, registered).await?;
        let mut target = Target::open(registered, role, None, copy.position(), leadership).await?;
        replay(self, std::slice::from_mut(&mut target), Some(live), progress).await?;
        let (schema, done) = (copies::schema_of(registered, role, None), target.position);
        let report = self.compare_in_snapshot(registered, target.connection(), &schema, done).await?;
        target.leadership.give_up().await;
        Ok(report)
    }

    async fn bring_live_to(&self, registered: &Registered, rebuilt: Position) -> Result<(), EngineError> {
        match self.catch_up_named(&[registered.name], rebuilt, &|_| {}).await {
            Err(EngineError::Stopped { name, .. }) => {
                let row = checkpoint::read(&self.sessions.pool, registered).await?;
                Err(EngineError::Apart { name, live: row.map_or(Position::START, |row| row.position()), rebuilt })
            }
            other => other,
        }
    }
}
