//! Backups: made while everything runs, checked byte by byte, restored beside the living database and put in its place in
//! one step. Needs no other program on the machine.
//!
//! An archive holds the log and what cannot be derived from it, and no word of anybody that is not sealed; the keys that
//! open these words lie in a file of their own, which expires. [`TABLES`] says of every table where it goes.

mod carry;
mod create;
mod error;
mod file;
mod keys;
mod load;
mod manifest;
mod prepare;
mod prune;
mod rotation;
mod runs;
mod scratch;
mod tables;
mod target;

pub use create::{Create, LogPlace, Made, MadeBoth};
pub use error::BackupError;
pub use file::{Checked, Opened};
pub use keys::{KeysRestored, bring_into_living};
pub use manifest::{FORMAT, Kind, LogKept, Manifest, Part};
pub use prepare::{Prepare, Prepared, Step};
pub use prune::{Judged, carry_out, plan};
pub use rotation::{Candidate, Keep, Verdict, judge};
pub use runs::{Action, Run, Verifications, Verified, note, verified, watch};
pub use scratch::{Purpose, Replaced, discard};
pub use tables::{Place, TABLES, Table};
pub use target::{Listed, S3, S3Settings, Source, Target};
