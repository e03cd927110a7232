//! The engine: which projections there are and what they work on.

use std::sync::Arc;

use chronogram_log::{SharedEventStore, limits};
use sqlx::PgPool;

use crate::{EngineError, Projection, registered::Registered};

/// Events of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSizes {
    /// While it follows the log: small enough that a commit is never late.
    pub live: usize,
    /// While it replays for a rebuild or to verify: as many as a page holds, the fewest round trips.
    pub replay: usize,
}

impl Default for BatchSizes {
    fn default() -> Self {
        Self { live: 2_000, replay: limits::PAGE_EVENTS_MAX }
    }
}

/// Where rows go and events come from.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) pool: PgPool,
    pub(crate) store: SharedEventStore,
}

/// Keeps projections up to date. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) sessions: Sessions,
    pub(crate) projections: Arc<[Arc<Registered>]>,
    pub(crate) batches: BatchSizes,
}

impl Engine {
    /// An engine of these projections. Touches nothing yet; refuses names that are no schema's, or taken twice.
    pub fn new(
        pool: PgPool,
        store: SharedEventStore,
        projections: Vec<Arc<dyn Projection>>,
    ) -> Result<Self, EngineError> {
        let mut registered: Vec<Arc<Registered>> = Vec::with_capacity(projections.len());
        for projection in projections {
            let one = Registered::new(projection)?;
            if registered.iter().any(|other| other.name == one.name) {
                let reason = "another one has this name".to_owned();
                return Err(EngineError::Invalid { name: one.name.to_owned(), reason });
            }
            registered.push(Arc::new(one));
        }
        let sessions = Sessions { pool, store };
        Ok(Self { sessions, projections: registered.into(), batches: BatchSizes::default() })
    }

    /// The same engine with other batches. Sizes below 1 count as 1.
    #[must_use]
    pub fn with_batch_sizes(mut self, sizes: BatchSizes) -> Self {
        self.batches = BatchSizes { live: sizes.live.max(1), replay: sizes.replay.clamp(1, limits::PAGE_EVENTS_MAX) };
        self
    }

    /// The names of the projections.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.projections.iter().map(|registered| registered.name)
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Registered>, EngineError> {
        self.projections.iter().find(|registered| registered.name == name).ok_or_else(|| EngineError::Unknown {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    /// Those of these names; none given: all.
    pub(crate) fn select(&self, names: &[&str]) -> Result<Vec<Arc<Registered>>, EngineError> {
        if names.is_empty() {
            return Ok(self.projections.to_vec());
        }
        names.iter().map(|name| self.find(name).cloned()).collect()
    }
}
