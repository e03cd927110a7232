//! A projection and what the engine derives from it: names of schemas and locks, fingerprint.

use std::sync::Arc;

use chronogram_log::{EventFilter, Position};
use tokio::sync::watch;

use crate::{EngineError, Projection};

/// Postgres cuts names after this many bytes.
const NAME_BYTES_MAX: usize = 63;

/// A projection as the engine knows it.
pub(crate) struct Registered {
    pub(crate) projection: Arc<dyn Projection>,
    pub(crate) name: &'static str,
    /// As SQL stores it.
    pub(crate) version: i32,
    pub(crate) fingerprint: String,
    pub(crate) filter: EventFilter,
    /// What this process knows it has reached; only ever grows.
    pub(crate) reached: watch::Sender<Position>,
}

impl Registered {
    pub(crate) fn new(projection: Arc<dyn Projection>) -> Result<Self, EngineError> {
        let name = projection.name();
        let invalid = |reason: &str| EngineError::Invalid { name: name.to_owned(), reason: reason.to_owned() };
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain {
            return Err(invalid("its name names a schema: small letters, digits and _ only"));
        }
        let version = i32::try_from(projection.version())
            .ok()
            .filter(|version| *version > 0)
            .ok_or_else(|| invalid("versions count from 1"))?;
        let filter = match projection.event_types() {
            Some(types) => EventFilter::types(types.iter().copied()),
            None => EventFilter::all(),
        };
        let registered = Self {
            name,
            version,
            fingerprint: fingerprint(&*projection),
            filter,
            reached: watch::Sender::new(Position::START),
            projection,
        };
        if registered.as_of_schema(Position(u64::MAX)).len() > NAME_BYTES_MAX {
            return Err(invalid("its name is too long for a schema's"));
        }
        Ok(registered)
    }

    /// Where its readers find its tables.
    pub(crate) fn live_schema(&self) -> String {
        format!("{}_v{}", self.name, self.version)
    }

    /// Where a rebuild builds them anew.
    pub(crate) fn next_schema(&self) -> String {
        format!("{}_next", self.live_schema())
    }

    /// Where those lie that were live before the last switch.
    pub(crate) fn previous_schema(&self) -> String {
        format!("{}_previous", self.live_schema())
    }

    /// Where they stand as the log was at this position.
    pub(crate) fn as_of_schema(&self, position: Position) -> String {
        format!("{}_at_{position}", self.live_schema())
    }

    pub(crate) fn verify_schema(&self) -> String {
        format!("{}_verify", self.live_schema())
    }

    /// Held by the process that applies events.
    pub(crate) fn apply_lock(&self) -> i64 {
        lock_key(&format!("chronogram.projection.{}", self.live_schema()))
    }

    /// Held by who rebuilds, switches or verifies.
    pub(crate) fn upkeep_lock(&self) -> i64 {
        lock_key(&format!("chronogram.upkeep.{}", self.live_schema()))
    }

    /// Tells who waits in this process.
    pub(crate) fn publish(&self, position: Position) {
        self.reached.send_if_modified(|reached| {
            let further = position > *reached;
            if further {
                *reached = position;
            }
            further
        });
    }

    pub(crate) fn mismatch(&self) -> EngineError {
        EngineError::Mismatch { name: self.name.to_owned() }
    }
}

/// Each part with its length before it, so that no two descriptions run into the same bytes.
fn fingerprint(projection: &dyn Projection) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(&(text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    part(projection.tables_sql());
    part(projection.indexes_sql());
    match projection.event_types() {
        None => part("all"),
        Some(types) => {
            let mut types = types.to_vec();
            types.sort_unstable();
            part("some");
            types.into_iter().for_each(part);
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// The number of an advisory lock, by its name.
pub(crate) fn lock_key(name: &str) -> i64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}
