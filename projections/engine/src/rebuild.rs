//! New rows beside the live ones, then one switch: readers never miss the tables.
//!
//! The switch is one transaction that locks the checkpoint row first, as every live batch does: a live batch commits
//! before it and is caught up, or waits for it and finds the new tables. A rebuild that was killed goes on where its own
//! checkpoint stands; that is sound because a change of tables or fold takes a new version or fingerprint.

use std::time::Duration;

use chronogram_log::{Page, Position};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{
    Engine, EngineError, Progress, ProgressFn,
    apply::{Fault, fold},
    checkpoint,
    error::While,
    leadership::{release, try_lock},
    registered::Registered,
    schema,
};

/// How long a lock of rebuild and verify is waited for: the server notices the end of a killed process within moments.
const UPKEEP_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is tried.
const UPKEEP_POLL: Duration = Duration::from_millis(100);

impl Engine {
    /// Replays the log into new tables and puts them in the place of the live ones; answers the position they are at.
    /// Repairs a mismatch of fingerprints. Only one process at a time; a killed rebuild may be started again.
    pub async fn rebuild(&self, name: &str, progress: ProgressFn<'_>) -> Result<Position, EngineError> {
        let registered = self.find(name)?;
        let mut connection = self.upkeep(registered, "rebuild").await?;
        let result = Rebuild { engine: self, registered, progress }.run(&mut connection).await;
        release(connection).await;
        let position = result?;
        registered.publish(position);
        Ok(position)
    }

    /// A session that alone rebuilds or verifies this projection.
    pub(crate) async fn upkeep(&self, registered: &Registered, work: &str) -> Result<PgConnection, EngineError> {
        let mut connection = self.sessions.open(work, registered).await?;
        let deadline = Instant::now() + UPKEEP_PATIENCE;
        while !try_lock(&mut connection, registered.upkeep_lock()).await? {
            if Instant::now() >= deadline {
                release(connection).await;
                return Err(EngineError::Busy { name: registered.name.to_owned() });
            }
            sleep(UPKEEP_POLL).await;
        }
        Ok(connection)
    }

    /// The next page of a replay.
    pub(crate) async fn page(&self, registered: &Registered, after: Position) -> Result<Page, EngineError> {
        Ok(self.sessions.store.read_all(after, &registered.filter, self.batches.replay).await?)
    }
}

struct Rebuild<'a> {
    engine: &'a Engine,
    registered: &'a Registered,
    progress: ProgressFn<'a>,
}

impl Rebuild<'_> {
    async fn run(&self, connection: &mut PgConnection) -> Result<Position, EngineError> {
        checkpoint::ensure(connection, self.registered).await?;
        schema::drop(connection, &self.registered.old_schema()).await.while_("drop former tables")?;
        let (start, indexed) = self.begin_or_resume(connection).await?;
        let mut position = self.replay(connection, start).await?;
        if !indexed {
            self.index(connection).await?;
            // What came while the indexes were made, so that the switch has little left to do.
            position = self.replay(connection, position).await?;
        }
        let position = self.switch(connection, position).await?;
        // Waits for readers that are still in the former tables; new ones find the new.
        schema::drop(connection, &self.registered.old_schema()).await.while_("drop the former tables")?;
        Ok(position)
    }

    async fn begin_or_resume(&self, connection: &mut PgConnection) -> Result<(Position, bool), EngineError> {
        const OPERATION: &str = "begin a rebuild";
        let Registered { name, version, fingerprint, .. } = self.registered;
        let left: Option<(i64, bool)> = sqlx::query_as(
            "select position, indexed from projection.rebuild where name = $1 and version = $2 and fingerprint = $3",
        )
        .bind(name)
        .bind(version)
        .bind(fingerprint)
        .fetch_optional(&mut *connection)
        .await
        .while_(OPERATION)?;
        let schema = self.registered.rebuild_schema();
        if let Some((position, indexed)) = left
            && schema::exists(connection, &schema).await.while_(OPERATION)?
        {
            tracing::info!(projection = name, position, "a rebuild that was interrupted goes on");
            return Ok((Position::from_i64(position), indexed));
        }
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        schema::create_tables(&mut transaction, &schema, &*self.registered.projection).await.while_(OPERATION)?;
        sqlx::query(
            "insert into projection.rebuild (name, version, fingerprint) values ($1, $2, $3) \
             on conflict (name, version) do update set fingerprint = excluded.fingerprint, position = 0, head = 0, \
             indexed = false, started_at = clock_timestamp(), updated_at = clock_timestamp()",
        )
        .bind(name)
        .bind(version)
        .bind(fingerprint)
        .execute(&mut *transaction)
        .await
        .while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;
        Ok((Position::START, false))
    }

    /// Page after page until one reaches the head; the next page is read while one is written.
    async fn replay(&self, connection: &mut PgConnection, from: Position) -> Result<Position, EngineError> {
        let mut position = from;
        let mut page = self.engine.page(self.registered, position).await?;
        loop {
            (self.progress)(Progress { done: position.0, total: page.head.0.max(position.0) });
            if page.up_to <= position {
                return Ok(position);
            }
            let write = self.write(connection, position, &page);
            let (written, next) = tokio::join!(write, self.engine.page(self.registered, page.up_to));
            written.map_err(|fault| fault.into_error(self.registered, &page.events))?;
            position = page.up_to;
            if position >= page.head {
                (self.progress)(Progress { done: position.0, total: page.head.0 });
                return Ok(position);
            }
            page = next?;
        }
    }

    async fn write(&self, connection: &mut PgConnection, from: Position, page: &Page) -> Result<(), Fault> {
        let mut transaction = connection.begin().await?;
        schema::enter(&mut transaction, &self.registered.rebuild_schema()).await?;
        let moved = sqlx::query(
            "update projection.rebuild set position = $4, head = $5, updated_at = clock_timestamp() \
             where name = $1 and version = $2 and position = $3",
        )
        .bind(self.registered.name)
        .bind(self.registered.version)
        .bind(from.as_i64())
        .bind(page.up_to.as_i64())
        .bind(page.head.as_i64())
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() != 1 {
            return Err(Fault::Database(sqlx::Error::RowNotFound));
        }
        fold(self.registered, &page.events, &mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn index(&self, connection: &mut PgConnection) -> Result<(), EngineError> {
        const OPERATION: &str = "make the indexes of a rebuild";
        let schema = self.registered.rebuild_schema();
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        schema::enter(&mut transaction, &schema).await.while_(OPERATION)?;
        schema::create_indexes(&mut transaction, &*self.registered.projection).await.while_(OPERATION)?;
        schema::analyze(&mut transaction, &schema, self.registered).await.while_(OPERATION)?;
        sqlx::query("update projection.rebuild set indexed = true where name = $1 and version = $2")
            .bind(self.registered.name)
            .bind(self.registered.version)
            .execute(&mut *transaction)
            .await
            .while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)
    }

    async fn switch(&self, connection: &mut PgConnection, from: Position) -> Result<Position, EngineError> {
        const OPERATION: &str = "put rebuilt tables in the place of the live ones";
        let Registered { name, version, fingerprint, .. } = self.registered;
        let (live_schema, rebuild_schema) = (self.registered.live_schema(), self.registered.rebuild_schema());
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        let live: i64 = sqlx::query_scalar(
            "select position from projection.checkpoint where name = $1 and version = $2 for update",
        )
        .bind(name)
        .bind(version)
        .fetch_one(&mut *transaction)
        .await
        .while_(OPERATION)?;
        schema::enter(&mut transaction, &rebuild_schema).await.while_(OPERATION)?;
        let mut position = from;
        while position < Position::from_i64(live) {
            let page = self.engine.page(self.registered, position).await?;
            if page.up_to <= position {
                break; // the checkpoint was ahead of its log: the rebuild sets it right
            }
            let folded = fold(self.registered, &page.events, &mut transaction).await;
            folded.map_err(|fault| fault.into_error(self.registered, &page.events))?;
            position = page.up_to;
        }
        if schema::exists(&mut transaction, &live_schema).await.while_(OPERATION)? {
            schema::rename(&mut transaction, &live_schema, &self.registered.old_schema()).await.while_(OPERATION)?;
        }
        schema::rename(&mut transaction, &rebuild_schema, &live_schema).await.while_(OPERATION)?;
        sqlx::query(
            "update projection.checkpoint set position = $3, fingerprint = $4, state = 'running', error = null, \
             error_position = null, updated_at = clock_timestamp() where name = $1 and version = $2",
        )
        .bind(name)
        .bind(version)
        .bind(position.as_i64())
        .bind(fingerprint)
        .execute(&mut *transaction)
        .await
        .while_(OPERATION)?;
        sqlx::query("delete from projection.rebuild where name = $1 and version = $2")
            .bind(name)
            .bind(version)
            .execute(&mut *transaction)
            .await
            .while_(OPERATION)?;
        // Once we say it is done it is: this commit waits for the disk.
        sqlx::raw_sql("set local synchronous_commit = on").execute(&mut *transaction).await.while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;
        Ok(position)
    }
}
