//! Events that cannot be applied: one stops its projection and waits, seen by operators, who have it tried again or
//! left out. What is left out is left out of every replay of this version, so that all rows agree.

use chronogram_log::{Position, RecordedEvent};
use sqlx::{Connection, PgConnection};

use crate::{Engine, EngineError, checkpoint, error::While, registered::Registered};

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedKind {
    /// The fold refuses it.
    Poison,
    /// The database refuses its rows.
    Refused,
    /// The fold panics at it.
    Panicked,
    /// The log is damaged there.
    Corrupt,
}

impl ParkedKind {
    /// The name in SQL, JSON, GraphQL and at the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::Refused => "refused",
            Self::Panicked => "panicked",
            Self::Corrupt => "corrupt",
        }
    }

    fn named(name: &str) -> Self {
        [Self::Refused, Self::Panicked, Self::Corrupt]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .unwrap_or(Self::Poison)
    }
}

/// An event that could not be applied, without its data.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ParkedEvent {
    /// The projection.
    pub projection: &'static str,
    /// Where it stands.
    pub position: Position,
    /// Its stream, where it can be read.
    pub stream: Option<String>,
    /// Its type, where it can be read.
    pub event_type: Option<String>,
    /// What is wrong.
    pub kind: ParkedKind,
    /// More of that.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub parked_at: jiff::Timestamp,
    /// When it was tried last.
    pub tried_at: jiff::Timestamp,
    /// Who left it out, when, and why; absent while it waits.
    pub skipped: Option<Skipped>,
}

/// An operator's word that an event is left out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// When.
    pub at: jiff::Timestamp,
    /// Who said so.
    pub by: String,
    /// Why.
    pub why: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    stream: Option<String>,
    event_type: Option<String>,
    kind: String,
    reason: String,
    attempts: i32,
    parked_at: jiff_sqlx::Timestamp,
    tried_at: jiff_sqlx::Timestamp,
    skipped_at: Option<jiff_sqlx::Timestamp>,
    skipped_by: Option<String>,
    why: Option<String>,
}

impl Row {
    fn shown(self, projection: &'static str) -> ParkedEvent {
        let skipped = self.skipped_at.zip(self.skipped_by).zip(self.why);
        ParkedEvent {
            projection,
            position: Position::from_i64(self.position),
            stream: self.stream,
            event_type: self.event_type,
            kind: ParkedKind::named(&self.kind),
            reason: self.reason,
            attempts: u32::try_from(self.attempts).unwrap_or(0),
            parked_at: self.parked_at.to_jiff(),
            tried_at: self.tried_at.to_jiff(),
            skipped: skipped.map(|((at, by), why)| Skipped { at: at.to_jiff(), by, why }),
        }
    }
}

impl Engine {
    /// The events that could not be applied by this projection (`None`: by any), oldest first.
    pub async fn parked(&self, name: Option<&str>) -> Result<Vec<ParkedEvent>, EngineError> {
        let mut all = Vec::new();
        for registered in self.select(name.as_slice())? {
            let rows: Vec<Row> = sqlx::query_as(
                "select position, stream, event_type, kind, reason, attempts, parked_at, tried_at, skipped_at, \
                 skipped_by, why from projection.parked where name = $1 and version = $2 order by position",
            )
            .bind(registered.name)
            .bind(registered.version)
            .fetch_all(&self.sessions.pool)
            .await
            .while_("list events that cannot be applied")?;
            all.extend(rows.into_iter().map(|row| row.shown(registered.name)));
        }
        Ok(all)
    }

    /// Lets the event that stopped this projection be tried again, by whoever applies it; answers its position.
    pub async fn retry_parked(&self, name: &str) -> Result<Position, EngineError> {
        const OPERATION: &str = "have an event tried again";
        let registered = self.find(name)?;
        let mut connection = self.sessions.pool.acquire().await.while_(OPERATION)?;
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        let position = waiting(&mut transaction, registered).await?;
        set_going(&mut transaction, registered).await.while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;
        Ok(position)
    }

    /// Leaves the event that stopped this projection out of it for good, and notes who wanted that and why.
    /// `position` must be that event's: what somebody else settled meanwhile is not skipped unseen.
    pub async fn skip_parked(&self, name: &str, position: Position, by: &str, why: &str) -> Result<(), EngineError> {
        const OPERATION: &str = "leave an event out";
        let registered = self.find(name)?;
        let mut connection = self.sessions.pool.acquire().await.while_(OPERATION)?;
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        let waits = waiting(&mut transaction, registered).await?;
        if waits != position {
            return Err(EngineError::NotParked { name: name.to_owned(), position: Some(position), waits: Some(waits) });
        }
        let skipped = sqlx::query(
            "update projection.parked set skipped_at = clock_timestamp(), skipped_by = $4, why = $5 \
             where name = $1 and version = $2 and position = $3 and kind <> 'corrupt'",
        )
        .bind(registered.name)
        .bind(registered.version)
        .bind(position.as_i64())
        .bind(by)
        .bind(why)
        .execute(&mut *transaction)
        .await
        .while_(OPERATION)?;
        if skipped.rows_affected() == 0 {
            return Err(EngineError::Damaged { position });
        }
        set_going(&mut transaction, registered).await.while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;
        tracing::warn!(projection = registered.name, position = position.0, by, "an event is left out of a projection");
        Ok(())
    }
}

/// The event that waits. Locks the checkpoint, so that it is still the one when the transaction ends.
async fn waiting(connection: &mut PgConnection, registered: &Registered) -> Result<Position, EngineError> {
    checkpoint::lock(connection, registered).await?;
    let none = || EngineError::NotParked { name: registered.name.to_owned(), position: None, waits: None };
    first_waiting(connection, registered).await?.ok_or_else(none)
}

/// The event that waits for another try.
pub(crate) async fn first_waiting(
    connection: &mut PgConnection,
    registered: &Registered,
) -> Result<Option<Position>, EngineError> {
    let position: Option<i64> = sqlx::query_scalar(
        "select position from projection.parked where name = $1 and version = $2 and skipped_at is null \
         order by position limit 1",
    )
    .bind(registered.name)
    .bind(registered.version)
    .fetch_optional(connection)
    .await
    .while_("look for an event that waits")?;
    Ok(position.map(Position::from_i64))
}

async fn set_going(connection: &mut PgConnection, registered: &Registered) -> sqlx::Result<()> {
    sqlx::query(
        "update projection.checkpoint set state = 'running', error = null, error_position = null, \
         updated_at = clock_timestamp() where name = $1 and version = $2",
    )
    .bind(registered.name)
    .bind(registered.version)
    .execute(connection)
    .await?;
    Ok(())
}

/// What stopped a projection.
pub(crate) struct Stop {
    pub(crate) position: Position,
    pub(crate) kind: ParkedKind,
    pub(crate) reason: String,
}

/// Records why a projection stopped, and parks the event.
pub(crate) async fn park(
    connection: &mut PgConnection,
    registered: &Registered,
    stop: &Stop,
    event: Option<&RecordedEvent>,
) -> Result<(), EngineError> {
    const OPERATION: &str = "record why a projection stopped";
    let mut transaction = connection.begin().await.while_(OPERATION)?;
    sqlx::query(
        "update projection.checkpoint set state = 'stopped', error = $3, error_position = $4, \
         updated_at = clock_timestamp() where name = $1 and version = $2",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(&stop.reason)
    .bind(stop.position.as_i64())
    .execute(&mut *transaction)
    .await
    .while_(OPERATION)?;
    sqlx::query(
        "insert into projection.parked (name, version, position, stream, event_type, kind, reason) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (name, version, position) do update set \
         kind = excluded.kind, reason = excluded.reason, attempts = parked.attempts + 1, \
         tried_at = clock_timestamp()",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(stop.position.as_i64())
    .bind(event.map(|event| event.stream.as_str()))
    .bind(event.map(|event| event.event_type.as_str()))
    .bind(stop.kind.as_str())
    .bind(&stop.reason)
    .execute(&mut *transaction)
    .await
    .while_(OPERATION)?;
    transaction.commit().await.while_(OPERATION)
}

/// What waited up to here is applied: in the transaction that applies it.
pub(crate) async fn applied(
    connection: &mut PgConnection,
    registered: &Registered,
    up_to: Position,
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from projection.parked where name = $1 and version = $2 and position <= $3 and skipped_at is null",
    )
    .bind(registered.name)
    .bind(registered.version)
    .bind(up_to.as_i64())
    .execute(connection)
    .await?;
    Ok(())
}
