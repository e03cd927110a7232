//! What operators see: where every projection is, who applies it, what stopped it, what stands beside it.

use chronogram_log::Position;

use crate::{Engine, EngineError, error::While, registered::Registered};

/// Positions a second below which nobody can say when a work ends.
const PACE_MIN: f64 = 0.1;

/// Whether a projection is being applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectionState {
    /// A process applies it.
    Running,
    /// No process applies it now.
    Idle,
    /// It cannot go on: see the error.
    Stopped,
}

impl ProjectionState {
    /// The name in JSON, GraphQL and at the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Stopped => "stopped",
        }
    }
}

/// Tables beside the live ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CopyStatus {
    /// Everything up to here is in their rows.
    pub position: Position,
    /// Where they end: the log's head when it was last looked at, or the moment of an as-of.
    pub until: Position,
    /// Positions a second of late; 0 when nobody works on them.
    pub rate: f64,
    /// Seconds to `until` at this rate; absent where nobody works on them.
    pub time_left_seconds: Option<f64>,
    /// They have their indexes: they can be compared, switched to, asked.
    pub ready: bool,
}

/// Where a projection is.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// Version of its tables and fold.
    pub version: u32,
    /// Everything up to here is in its rows.
    pub position: Position,
    /// The end of the log.
    pub head: Position,
    /// Positions between the two.
    pub lag_events: u64,
    /// Age of the oldest event that it reads and has not applied, 0 when there is none.
    pub lag_ms: u64,
    /// Positions a second of late.
    pub rate: f64,
    /// Seconds to the end of the log at this rate, 0 at the end; absent where it does not move.
    pub time_left_seconds: Option<f64>,
    /// Whether it is being applied.
    pub state: ProjectionState,
    /// What stopped it.
    pub error: Option<String>,
    /// The event that stopped it.
    pub error_position: Option<Position>,
    /// Events that wait to be tried again or skipped.
    pub parked: u32,
    /// Events that were left out.
    pub skipped: u32,
    /// The database session that applies it.
    pub owner: Option<String>,
    /// A rebuild, under way, interrupted or done.
    pub next: Option<CopyStatus>,
    /// What was live before the last switch.
    pub previous: Option<CopyStatus>,
    /// What stands as the log once was.
    pub as_of: Option<CopyStatus>,
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Option<String>,
    position: Option<i64>,
    state: Option<String>,
    error: Option<String>,
    error_position: Option<i64>,
    rate: Option<f64>,
    parked: i64,
    skipped: i64,
    owner: Option<String>,
    now: jiff_sqlx::Timestamp,
}

/// An advisory lock's 64-bit key stands in two halves in `pg_locks`, with 1 in `objsubid`.
const STATUS: &str = "\
    select c.fingerprint, c.position, c.state, c.error, c.error_position, clock_timestamp() as now, \
           projection.pace(c.pace, c.updated_at, 0) as rate, \
           (select count(*) from projection.parked p \
             where p.name = $1 and p.version = $2 and p.skipped_at is null) as parked, \
           (select count(*) from projection.parked p \
             where p.name = $1 and p.version = $2 and p.skipped_at is not null) as skipped, \
           (select format('backend %s', l.pid) from pg_locks l \
             where l.locktype = 'advisory' and l.granted and l.objsubid = 1 \
               and l.database = (select oid from pg_database where datname = current_database()) \
               and ((l.classid::bigint << 32) | l.objid::bigint) = $3 limit 1) as owner \
      from (select) as one \
      left join projection.checkpoint c on c.name = $1 and c.version = $2";

const COPIES: &str = "\
    select role, position, coalesce(until, greatest(head, position)) as until, indexed, \
           projection.pace(pace, updated_at, 0) as rate \
      from projection.copy where name = $1 and version = $2";

#[derive(sqlx::FromRow)]
struct CopyRow {
    role: String,
    position: i64,
    until: i64,
    indexed: bool,
    rate: f64,
}

impl CopyRow {
    fn status(&self) -> CopyStatus {
        let (position, until) = (Position::from_i64(self.position), Position::from_i64(self.until));
        let left = until.0.saturating_sub(position.0);
        CopyStatus {
            position,
            until,
            rate: shown_rate(self.rate),
            time_left_seconds: time_left(left, self.rate),
            ready: self.indexed,
        }
    }
}

/// What remains of a pace that is over is none.
fn shown_rate(rate: f64) -> f64 {
    if rate < PACE_MIN { 0.0 } else { rate }
}

fn time_left(positions: u64, rate: f64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)] // seconds, to be looked at
    match positions {
        0 => Some(0.0),
        left => (rate >= PACE_MIN).then(|| left as f64 / rate),
    }
}

impl Engine {
    /// Where every projection is, in the order they were given.
    pub async fn status(&self) -> Result<Vec<ProjectionStatus>, EngineError> {
        let mut all = Vec::with_capacity(self.projections.len());
        for registered in self.projections.iter() {
            all.push(self.status_of(registered).await?);
        }
        Ok(all)
    }

    async fn status_of(&self, registered: &Registered) -> Result<ProjectionStatus, EngineError> {
        const OPERATION: &str = "read where a projection is";
        let pool = &self.sessions.pool;
        let row: Row = sqlx::query_as(STATUS)
            .bind(registered.name)
            .bind(registered.version)
            .bind(registered.apply_lock())
            .fetch_one(pool)
            .await
            .while_(OPERATION)?;
        let copies: Vec<CopyRow> = sqlx::query_as(COPIES)
            .bind(registered.name)
            .bind(registered.version)
            .fetch_all(pool)
            .await
            .while_(OPERATION)?;
        let copy = |role: &str| copies.iter().find(|copy| copy.role == role).map(CopyRow::status);
        let position = row.position.map_or(Position::START, Position::from_i64);
        // After the row, so that the head is not behind it.
        let head = self.sessions.store.head().await?;
        let (lag_events, rate) = (head.0.saturating_sub(position.0), row.rate.unwrap_or(0.0));
        let mut status = ProjectionStatus {
            name: registered.name,
            version: registered.projection.version(),
            position,
            head,
            lag_events,
            lag_ms: 0,
            rate: shown_rate(rate),
            time_left_seconds: time_left(lag_events, rate),
            state: if row.owner.is_some() { ProjectionState::Running } else { ProjectionState::Idle },
            error: row.error,
            error_position: row.error_position.map(Position::from_i64),
            parked: u32::try_from(row.parked).unwrap_or(u32::MAX),
            skipped: u32::try_from(row.skipped).unwrap_or(u32::MAX),
            owner: row.owner,
            next: copy("next"),
            previous: copy("previous"),
            as_of: copy("as_of"),
        };
        if row.state.as_deref() == Some("stopped") {
            status.state = ProjectionState::Stopped;
        }
        if row.fingerprint.is_some_and(|fingerprint| fingerprint != registered.fingerprint) {
            status.state = ProjectionState::Stopped;
            status.error = Some(registered.mismatch().to_string());
        }
        if status.state == ProjectionState::Stopped {
            (status.rate, status.time_left_seconds) = (0.0, None);
        }
        if lag_events > 0 {
            status.lag_ms = self.age_of_next(registered, position, row.now.to_jiff()).await?;
        }
        Ok(status)
    }

    /// Age of the oldest event behind `position` that the projection reads; a damaged log has none.
    async fn age_of_next(
        &self,
        registered: &Registered,
        position: Position,
        now: jiff::Timestamp,
    ) -> Result<u64, EngineError> {
        let page = match self.sessions.store.read_all(position, &registered.filter, 1).await {
            Err(chronogram_log::StoreError::Corrupt { .. }) => return Ok(0),
            page => page?,
        };
        let age = page.events.first().map(|oldest| now.duration_since(oldest.recorded_at).as_millis());
        Ok(age.and_then(|age| u64::try_from(age).ok()).unwrap_or(0))
    }
}
