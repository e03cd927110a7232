//! Keeps read models true to the log: catch-up, checkpoints, rebuild, verify.
//!
//! [`Engine`] promises: a projection's rows and its checkpoint commit together, so no event is applied twice or left
//! out; one process at a time applies a projection; an event that cannot be applied stops its projection alone, loudly;
//! a rebuild never takes the live rows away from their readers.

mod apply;
mod catch_up;
mod checkpoint;
mod copies;
mod engine;
mod error;
mod examine;
mod follow;
mod leadership;
mod progress;
mod projection;
mod rebuild;
mod registered;
mod run;
mod schema;
mod status;
mod verify;
mod verify_report;
mod wait;

pub use engine::{BatchSizes, Engine};
pub use error::EngineError;
pub use progress::{Progress, ProgressFn};
pub use projection::{ApplyError, Projection, TableKey};
pub use status::{ProjectionState, ProjectionStatus, RebuildStatus};
pub use verify_report::{Difference, DifferenceKind, TableReport, VerifyReport};
