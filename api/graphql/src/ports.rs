//! What the schema asks of the rest of the house; the binary binds it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_automations::{people::Eraser, profiles::ProfileRuns};
use chronogram_engine::Engine;
use chronogram_intake::Intake;
use chronogram_log::{Clock, Codec, Position, SharedEventStore};
use sqlx::PgPool;

/// Everything the schema stands on.
#[derive(Clone)]
pub struct SchemaDeps {
    /// Connections whose `search_path` names the live read models.
    pub pool: PgPool,
    /// The log, for `events` and for what is live.
    pub store: SharedEventStore,
    /// Reads the log's events.
    pub codec: Arc<Codec>,
    /// How far the read models are.
    pub projections: Arc<dyn ProjectionsView>,
    /// What can be done with them; the work itself is done by the process that keeps them.
    pub engine: Arc<Engine>,
    /// Where mutations go.
    pub intake: Arc<Intake>,
    /// Forgets people.
    pub eraser: Arc<Eraser>,
    /// Fills profiles, where this process does that.
    pub profile_runs: Option<Arc<ProfileRuns>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// The error of a port whose cause belongs in the log only.
pub type PortError = Box<dyn std::error::Error + Send + Sync>;

/// How far the read models are behind the log.
#[async_trait]
pub trait ProjectionsView: Send + Sync + 'static {
    /// Every projection, by name.
    async fn status(&self) -> Result<Vec<ProjectionStatus>, PortError>;

    /// Returns true once every live read model has folded `position`; false after `patience`.
    async fn wait_for(&self, position: Position, patience: Duration) -> bool;

    /// How fresh answers are now, from memory: it is asked once a request. `None` while nobody knows.
    fn as_of(&self) -> Option<AsOf>;
}

/// How fresh an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Every live read model has folded at least this much of the log.
    pub position: Position,
    /// Age of the oldest event that one of them has yet to fold, in milliseconds; 0 when they are at the head.
    pub lag_ms: u64,
}

/// One projection, as operators see it.
pub use chronogram_engine::ProjectionStatus;

/// Idempotency key of a request, as data of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// The position that an answer must have seen, as data of the request: where a header carries it. The request extension
/// `minPosition` says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinPosition(pub Position);
