//! Other tables become live, in one transaction: readers never miss the tables, and nobody's SQL changes.
//!
//! The transaction locks the checkpoint row first, as every live batch does: a live batch commits before it and is
//! caught up, or waits for it and finds the new tables. The live tables become the previous ones, which a rollback makes
//! live again, by the same way.

use chronogram_log::{Position, crash_point};
use sqlx::{Connection, PgConnection};

use crate::{
    Engine, EngineError, ProgressFn, checkpoint,
    copies::{self, CopyRole},
    error::While,
    jobs, parked,
    registered::Registered,
    replay::{Target, replay},
    schema,
};

const OPERATION: &str = "put other tables in the place of the live ones";

impl Engine {
    /// Makes the rebuilt tables live; answers the position they are at. Repairs a mismatch of fingerprints.
    pub async fn switch(&self, name: &str, progress: ProgressFn<'_>) -> Result<Position, EngineError> {
        self.make_live(name, CopyRole::Next, None, progress).await
    }

    /// Makes the tables live again that were so before the last switch, once they are as far as those of now.
    pub async fn rollback(&self, name: &str, progress: ProgressFn<'_>) -> Result<Position, EngineError> {
        self.make_live(name, CopyRole::Previous, None, progress).await
    }

    /// `job` is done in the same transaction: a switch is never repeated after a crash.
    pub(crate) async fn make_live(
        &self,
        name: &str,
        role: CopyRole,
        job: Option<i64>,
        progress: ProgressFn<'_>,
    ) -> Result<Position, EngineError> {
        let registered = self.find(name)?;
        let mut leadership = self.upkeep(registered, "switch").await?;
        let connection = leadership.connection();
        checkpoint::ensure(connection, registered).await?;
        let Some(copy) = copies::find(connection, registered, role).await? else {
            return Err(EngineError::NoCopy { name: name.to_owned(), role });
        };
        if !copy.indexed {
            return Err(EngineError::Unfinished { name: name.to_owned(), position: copy.position() });
        }
        // Most of what is missing before the lock: to the head, or for what was live only as far as what is, which an
        // event that cannot be applied may have stopped.
        let until = match role {
            CopyRole::Previous => Some(checkpoint::position(connection, registered).await?.max(copy.position())),
            CopyRole::Next | CopyRole::AsOf => None,
        };
        let mut target = Target::open(registered, role, None, copy.position(), leadership).await?;
        replay(self, std::slice::from_mut(&mut target), until, progress).await?;
        crash_point("switch.caught_up");
        let last = self.swap(&mut target, job).await?;
        target.leadership.give_up().await;
        registered.publish(last);
        Ok(last)
    }

    async fn swap(&self, target: &mut Target<'_>, job: Option<i64>) -> Result<Position, EngineError> {
        let (registered, role, from) = (target.registered, target.role, target.position);
        let mut transaction = target.connection().begin().await.while_(OPERATION)?;
        let (live, fingerprint) = checkpoint::lock(&mut transaction, registered).await?;
        let incoming = copies::schema_of(registered, role, None);
        schema::enter(&mut transaction, &incoming).await.while_(OPERATION)?;
        let position = Target::fold_rest(self, registered, &mut transaction, from, live).await?;
        // The log ends before the live rows do: a rebuild sets that right.
        rename_all(&mut transaction, registered, &incoming).await.while_(OPERATION)?;
        note_previous(&mut transaction, registered, live, &fingerprint).await.while_(OPERATION)?;
        checkpoint::replace(&mut transaction, registered, position).await.while_(OPERATION)?;
        parked::applied(&mut transaction, registered, position).await.while_(OPERATION)?;
        if let Some(job) = job {
            jobs::finish(&mut transaction, job, None).await?;
        }
        // Once we say it is done it is: this commit waits for the disk.
        sqlx::raw_sql("set local synchronous_commit = on").execute(&mut *transaction).await.while_(OPERATION)?;
        crash_point("switch.before_commit");
        transaction.commit().await.while_(OPERATION)?;
        crash_point("switch.after_commit");
        Ok(position)
    }
}

/// `incoming` becomes live, what was live becomes previous; what was previous before, if it is not `incoming`, goes.
async fn rename_all(connection: &mut PgConnection, registered: &Registered, incoming: &str) -> sqlx::Result<()> {
    let (live, previous) = (registered.live_schema(), registered.previous_schema());
    let aside = format!("{live}_aside");
    schema::rename(connection, incoming, &aside).await?;
    schema::drop(connection, &previous).await?;
    if schema::exists(connection, &live).await? {
        schema::rename(connection, &live, &previous).await?;
    }
    schema::rename(connection, &aside, &live).await
}

/// The rows of the copies after the renaming: what was live is the only one left beside an as-of.
async fn note_previous(
    connection: &mut PgConnection,
    registered: &Registered,
    position: Position,
    fingerprint: &str,
) -> sqlx::Result<()> {
    sqlx::query("delete from projection.copy where name = $1 and version = $2 and role in ('next', 'previous')")
        .bind(registered.name)
        .bind(registered.version)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into projection.copy (name, version, role, fingerprint, position, head, indexed) \
         values ($1, $2, 'previous', $3, $4, $4, true)",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(fingerprint)
    .bind(position.as_i64())
    .execute(connection)
    .await?;
    Ok(())
}
