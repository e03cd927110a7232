//! What operators see: where every projection is, who applies it, what stopped it.

use chronogram_log::Position;

use crate::{Engine, EngineError, error::While, registered::Registered};

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

/// A rebuild under way, or one that was interrupted and goes on when it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildStatus {
    /// How far the new rows are.
    pub position: Position,
    /// The log's head when it last looked.
    pub head: Position,
}

/// Where a projection is.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether it is being applied.
    pub state: ProjectionState,
    /// What stopped it.
    pub error: Option<String>,
    /// The event that stopped it.
    pub error_position: Option<Position>,
    /// The database session that applies it.
    pub owner: Option<String>,
    /// A rebuild of it.
    pub rebuild: Option<RebuildStatus>,
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Option<String>,
    position: Option<i64>,
    state: Option<String>,
    error: Option<String>,
    error_position: Option<i64>,
    rebuild_position: Option<i64>,
    rebuild_head: Option<i64>,
    owner: Option<String>,
    now: jiff_sqlx::Timestamp,
}

/// An advisory lock's 64-bit key stands in two halves in `pg_locks`, with 1 in `objsubid`.
const STATUS: &str = "\
    select c.fingerprint, c.position, c.state, c.error, c.error_position, \
           r.position as rebuild_position, r.head as rebuild_head, clock_timestamp() as now, \
           (select format('backend %s', l.pid) from pg_locks l \
             where l.locktype = 'advisory' and l.granted and l.objsubid = 1 \
               and l.database = (select oid from pg_database where datname = current_database()) \
               and ((l.classid::bigint << 32) | l.objid::bigint) = $3 limit 1) as owner \
      from (select) as one \
      left join projection.checkpoint c on c.name = $1 and c.version = $2 \
      left join projection.rebuild r on r.name = $1 and r.version = $2";

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
        let row: Row = sqlx::query_as(STATUS)
            .bind(registered.name)
            .bind(registered.version)
            .bind(registered.apply_lock())
            .fetch_one(&self.sessions.pool)
            .await
            .while_("read where a projection is")?;
        let position = row.position.map_or(Position::START, Position::from_i64);
        // After the row, so that the head is not behind it.
        let head = self.sessions.store.head().await?;
        let mut status = ProjectionStatus {
            name: registered.name,
            version: registered.projection.version(),
            position,
            head,
            lag_events: head.0.saturating_sub(position.0),
            lag_ms: 0,
            state: if row.owner.is_some() { ProjectionState::Running } else { ProjectionState::Idle },
            error: row.error,
            error_position: row.error_position.map(Position::from_i64),
            owner: row.owner,
            rebuild: row.rebuild_position.zip(row.rebuild_head).map(|(position, head)| RebuildStatus {
                position: Position::from_i64(position),
                head: Position::from_i64(head),
            }),
        };
        if row.state.as_deref() == Some("stopped") {
            status.state = ProjectionState::Stopped;
        }
        if row.fingerprint.is_some_and(|fingerprint| fingerprint != registered.fingerprint) {
            status.state = ProjectionState::Stopped;
            status.error = Some(registered.mismatch().to_string());
        }
        if status.lag_events > 0 {
            let page = self.sessions.store.read_all(position, &registered.filter, 1).await?;
            status.lag_ms = page.events.first().map_or(0, |oldest| {
                let age = row.now.to_jiff().duration_since(oldest.recorded_at);
                u64::try_from(age.as_millis()).unwrap_or(0)
            });
        }
        Ok(status)
    }
}
