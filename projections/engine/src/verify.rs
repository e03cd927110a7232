//! Are the live rows what the log says? A replay into a scratch schema, then every table compared row by row.
//!
//! Checkpoint and live rows are read in one repeatable-read snapshot, and the last events up to that checkpoint are
//! replayed inside it, so a live projection may move on meanwhile. A switch waits: names are resolved outside snapshots,
//! it would deceive us.

use chronogram_log::Position;
use sqlx::{Connection, PgConnection};

use crate::{
    Engine, EngineError, Progress, ProgressFn, VerifyReport, apply::fold, checkpoint, compare::compare_all,
    error::While, left_out::LeftOut, registered::Registered, replay::Target, schema,
};

const OPERATION: &str = "replay into a scratch schema";
const COMPARE: &str = "compare live and replayed rows";

impl Engine {
    /// Replays the projection beside its live rows and compares them. Changes nothing.
    pub async fn verify(&self, name: &str, progress: ProgressFn<'_>) -> Result<VerifyReport, EngineError> {
        let registered = self.find(name)?;
        let mut leadership = self.upkeep(registered, "verify").await?;
        let result = self.verify_with(registered, leadership.connection(), progress).await;
        let dropped = schema::drop(leadership.connection(), &registered.verify_schema()).await;
        leadership.give_up().await;
        let report = result?;
        dropped.while_("drop the scratch schema")?;
        Ok(report)
    }

    async fn verify_with(
        &self,
        registered: &Registered,
        connection: &mut PgConnection,
        progress: ProgressFn<'_>,
    ) -> Result<VerifyReport, EngineError> {
        checkpoint::ensure(connection, registered).await?;
        if !self.has_its_tables(registered).await? {
            return Err(registered.mismatch());
        }
        let live = checkpoint::position(connection, registered).await?;
        let head = self.sessions.store.head().await?;
        if live > head {
            return Err(EngineError::AheadOfLog { name: registered.name.to_owned(), position: live, head });
        }
        let scratch = registered.verify_schema();
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        schema::create_tables(&mut transaction, &scratch, &*registered.projection).await.while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;

        let left_out = LeftOut::of(connection, registered).await?;
        let mut done = Position::START;
        while done < live {
            progress(Progress { done: done.0, total: live.0 });
            let mut page = self.page_until(&registered.filter, done, live, self.batches.replay).await?;
            left_out.leave_out(&mut page.events);
            let mut transaction = connection.begin().await.while_(OPERATION)?;
            schema::enter(&mut transaction, &scratch).await.while_(OPERATION)?;
            let folded = fold(registered, &page.events, &mut transaction).await;
            folded.map_err(|fault| fault.into_error(registered, &page.events))?;
            transaction.commit().await.while_(OPERATION)?;
            done = page.up_to;
        }
        schema::analyze(connection, &scratch, registered).await.while_(OPERATION)?;
        progress(Progress { done: done.0, total: live.0 });
        self.compare_in_snapshot(registered, connection, &scratch, done).await
    }

    /// Compares the live rows with those in `other`, which are at `done`, at the position of the live ones.
    pub(crate) async fn compare_in_snapshot(
        &self,
        registered: &Registered,
        connection: &mut PgConnection,
        other: &str,
        done: Position,
    ) -> Result<VerifyReport, EngineError> {
        let mut snapshot =
            connection.begin_with("begin transaction isolation level repeatable read").await.while_(COMPARE)?;
        schema::enter(&mut snapshot, other).await.while_(COMPARE)?;
        let live = checkpoint::position(&mut snapshot, registered).await?;
        let reached = Target::fold_rest(self, registered, &mut snapshot, done, live).await?;
        if reached != live {
            return Err(EngineError::Apart { name: registered.name.to_owned(), live, rebuilt: reached });
        }
        let tables = compare_all(&mut snapshot, registered, other).await.while_(COMPARE)?;
        snapshot.rollback().await.while_(COMPARE)?;
        let version = registered.projection.version();
        Ok(VerifyReport { name: registered.name.to_owned(), version, position: live, tables })
    }
}
