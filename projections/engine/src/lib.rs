//! Keeps read models true to the log: catch-up, checkpoints, rebuild and switch, verify, what cannot be applied.
//!
//! [`Engine`] promises: a projection's rows and its checkpoint commit together, so no event is applied twice or left
//! out; one process at a time applies a projection; an event that cannot be applied stops its projection alone, loudly;
//! a rebuild never takes the live rows away from their readers.

mod apply;
mod as_of;
mod catch_up;
mod causes;
mod checkpoint;
mod checksum;
mod compare;
mod copies;
mod diff;
mod engine;
mod error;
mod examine;
mod follow;
mod forget;
mod jobs;
mod leadership;
mod left_out;
mod parked;
mod progress;
mod projection;
mod prune;
mod rebuild;
mod registered;
mod replay;
mod run;
mod schema;
mod shared_reader;
mod status;
mod switch;
mod verify;
mod verify_report;
mod wait;
mod walk;
mod why;

pub use as_of::AsOf;
pub use causes::{Causes, LoggedEvent, Together};
pub use checksum::{ReadModelChecksum, Still, TableChecksum};
pub use copies::CopyRole;
pub use engine::{BatchSizes, Engine};
pub use error::EngineError;
pub use jobs::{Job, Work};
pub use leadership::{Leadership, pulse};
pub use parked::{ParkedEvent, ParkedKind, Skipped};
pub use progress::{Progress, ProgressFn};
pub use projection::{ApplyError, Projection, TableKey};
pub use status::{CopyStatus, ProjectionState, ProjectionStatus};
pub use verify_report::{Difference, DifferenceKind, TableReport, VerifyReport};
pub use walk::Walk;
pub use why::Why;
