//! Judging strategies by what is in the log: deciding again what was decided, trying a candidate on the past, setting two
//! strategies beside each other.
//!
//! Promises: nothing is recorded as a profile; nobody outside is asked for what was not paid for before, but where two
//! strategies are compared; memory does not grow with the log.

mod alerts;
mod audit;
mod backtest;
mod candidate;
mod decisions;
mod difference;
mod fuel;
mod past;
mod recorded;
mod rehearse;
mod sample;
mod training;

use std::{num::NonZeroUsize, sync::Arc};

use chronogram_engine::{Engine, EngineError};
use chronogram_log::{Codec, DecodeError, SharedEventStore, StoreError};
use chronogram_read_models::QueryError;

pub use alerts::{AlertBacktest, AlertTold, RaisedAlert};
pub use audit::{AuditOptions, AuditReport, Finding, Verdict};
pub use backtest::{Backtest, BacktestOptions, Example, FieldCounts, ProfileBacktest};
pub use candidate::{Artifact, Candidate};
pub use difference::{ChangedField, Difference};
pub use fuel::FuelFigures;
pub use sample::rank;
pub use training::Trained;

use crate::plugins::{PluginError, PluginRegistry};

/// Is told how far a work is: so much of so much.
pub type Told<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Calls made at the same time; each takes a processor.
const CALLS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// Why nothing could be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// There is no such strategy, or it does not load.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Read models of the past failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A read model failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Two strategies of different worlds.
    #[error("{name} is made for another purpose than the candidate, so they cannot be set beside each other")]
    OtherWorld {
        /// The one of the two that is not the candidate.
        name: String,
    },
}

/// Judges strategies by the log.
pub struct Judge {
    engine: Arc<Engine>,
    store: SharedEventStore,
    codec: Arc<Codec>,
    plugins: Arc<PluginRegistry>,
}

impl Judge {
    /// A judge of what is in `store`; `engine` folds the read models of its past.
    pub fn new(engine: Arc<Engine>, store: SharedEventStore, codec: Arc<Codec>, plugins: Arc<PluginRegistry>) -> Self {
        Self { engine, store, codec, plugins }
    }
}
