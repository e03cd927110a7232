//! Copies: tables of a projection beside the live ones, each with a checkpoint of its own.

use chronogram_log::{Position, crash_point};
use jiff::Timestamp;
use sqlx::{Connection, PgConnection};

use crate::{EngineError, error::While, registered::Registered, schema};

/// Hours that read models of the past are kept: a day's work on one question.
const AS_OF_HOURS: i32 = 24;

/// What a copy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyRole {
    /// A rebuild builds it; a switch makes it live.
    Next,
    /// It was live before the last switch; a rollback makes it live again.
    Previous,
    /// It stands as the log once was.
    AsOf,
}

impl CopyRole {
    /// The name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Previous => "previous",
            Self::AsOf => "as_of",
        }
    }
}

/// What to say and do where there is none.
pub(crate) fn absent(name: &str, role: CopyRole) -> String {
    match role {
        CopyRole::Next => {
            format!("projection {name} was not rebuilt: run `chronogram projections rebuild {name}`")
        }
        CopyRole::Previous => format!(
            "projection {name} has no previous tables that this release can go on with: they are there from a switch \
             until the next rebuild or `chronogram projections prune`"
        ),
        CopyRole::AsOf => format!(
            "projection {name} was not built as of that position: run `chronogram projections rebuild --as-of POSITION`"
        ),
    }
}

/// A row of `projection.copy`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Copy {
    pub(crate) position: i64,
    until: Option<i64>,
    pub(crate) indexed: bool,
    expires_at: Option<jiff_sqlx::Timestamp>,
    /// Its time is over; it goes soon.
    pub(crate) expired: bool,
}

impl Copy {
    pub(crate) fn position(&self) -> Position {
        Position::from_i64(self.position)
    }

    pub(crate) fn until(&self) -> Option<Position> {
        self.until.map(Position::from_i64)
    }

    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at.map(jiff_sqlx::Timestamp::to_jiff)
    }
}

/// Where its tables are; `until` is that of an as-of.
pub(crate) fn schema_of(registered: &Registered, role: CopyRole, until: Option<Position>) -> String {
    match role {
        CopyRole::Next => registered.next_schema(),
        CopyRole::Previous => registered.previous_schema(),
        CopyRole::AsOf => registered.as_of_schema(until.unwrap_or_default()),
    }
}

/// The copy, where this release can go on with it: its tables are there and of the shape that it writes.
pub(crate) async fn find(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
) -> Result<Option<Copy>, EngineError> {
    const OPERATION: &str = "look for tables beside the live ones";
    let copy: Option<Copy> = sqlx::query_as(
        "select position, until, indexed, expires_at, coalesce(expires_at <= clock_timestamp(), false) as expired \
         from projection.copy \
         where name = $1 and version = $2 and role = $3 and fingerprint = $4",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(role.as_str())
    .bind(&registered.fingerprint)
    .fetch_optional(&mut *connection)
    .await
    .while_(OPERATION)?;
    let Some(copy) = copy else { return Ok(None) };
    let schema = schema_of(registered, role, copy.until());
    Ok(schema::exists(connection, &schema).await.while_(OPERATION)?.then_some(copy))
}

/// Empty tables without indexes but for keys; what had the role before is dropped. `until` is that of an as-of.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
    until: Option<Position>,
) -> Result<(), EngineError> {
    const OPERATION: &str = "make tables beside the live ones";
    let mut transaction = connection.begin().await.while_(OPERATION)?;
    remove(&mut transaction, registered, role).await.while_(OPERATION)?;
    let schema = schema_of(registered, role, until);
    schema::create_tables(&mut transaction, &schema, &*registered.projection).await.while_(OPERATION)?;
    sqlx::query("insert into projection.copy (name, version, role, fingerprint, until) values ($1, $2, $3, $4, $5)")
        .bind(registered.name)
        .bind(registered.version)
        .bind(role.as_str())
        .bind(&registered.fingerprint)
        .bind(until.map(Position::as_i64))
        .execute(&mut *transaction)
        .await
        .while_(OPERATION)?;
    crash_point("copy.before_begin");
    transaction.commit().await.while_(OPERATION)?;
    crash_point("copy.begun");
    Ok(())
}

/// It goes on after a pause, which says nothing of its pace; an as-of is asked for again, and kept as long again.
pub(crate) async fn resume(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
) -> Result<(), EngineError> {
    sqlx::query(
        "update projection.copy set pace = 0, updated_at = clock_timestamp(), \
         expires_at = case when until is not null then clock_timestamp() + make_interval(hours => $4) end \
         where name = $1 and version = $2 and role = $3",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(role.as_str())
    .bind(AS_OF_HOURS)
    .execute(connection)
    .await
    .while_("go on with tables beside the live ones")?;
    Ok(())
}

/// Compare-and-set, in the transaction that writes the rows. `false`: somebody else moved it.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
    (from, to, head): (Position, Position, Position),
) -> sqlx::Result<bool> {
    let moved = sqlx::query(
        "update projection.copy set position = $5, head = $6, pace = projection.pace(pace, updated_at, $5 - position), \
         updated_at = clock_timestamp() where name = $1 and version = $2 and role = $3 and position = $4",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(role.as_str())
    .bind(from.as_i64())
    .bind(to.as_i64())
    .bind(head.as_i64())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Makes the other indexes and statistics, once.
pub(crate) async fn index(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
    until: Option<Position>,
) -> Result<(), EngineError> {
    const OPERATION: &str = "make the indexes of tables beside the live ones";
    let schema = schema_of(registered, role, until);
    let mut transaction = connection.begin().await.while_(OPERATION)?;
    schema::enter(&mut transaction, &schema).await.while_(OPERATION)?;
    schema::create_indexes(&mut transaction, &*registered.projection).await.while_(OPERATION)?;
    schema::analyze(&mut transaction, &schema, registered).await.while_(OPERATION)?;
    sqlx::query("update projection.copy set indexed = true where name = $1 and version = $2 and role = $3")
        .bind(registered.name)
        .bind(registered.version)
        .bind(role.as_str())
        .execute(&mut *transaction)
        .await
        .while_(OPERATION)?;
    crash_point("copy.before_index");
    transaction.commit().await.while_(OPERATION)?;
    crash_point("copy.indexed");
    Ok(())
}

/// Drops the copy, of whatever shape it is, in the caller's transaction; whether there was one.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    registered: &Registered,
    role: CopyRole,
) -> sqlx::Result<bool> {
    let until: Option<Option<i64>> = sqlx::query_scalar(
        "delete from projection.copy where name = $1 and version = $2 and role = $3 returning until",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(role.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(until) = until else { return Ok(false) };
    schema::drop(connection, &schema_of(registered, role, until.map(Position::from_i64))).await?;
    Ok(true)
}

/// Where an as-of ends, of whatever shape it is.
pub(crate) async fn any_as_of(
    connection: &mut PgConnection,
    registered: &Registered,
) -> Result<Option<Position>, EngineError> {
    let until: Option<Option<i64>> =
        sqlx::query_scalar("select until from projection.copy where name = $1 and version = $2 and role = 'as_of'")
            .bind(registered.name)
            .bind(registered.version)
            .fetch_optional(connection)
            .await
            .while_("look for read models of the past")?;
    Ok(until.flatten().map(Position::from_i64))
}
