//! Which strategies there are: artifacts in a table, what is installed and active in the log.

mod artifacts;
mod installing;
mod journal;
pub mod keys;
mod registry;
mod standing;
mod veil;

pub use installing::{Installation, Installed};
pub(crate) use journal::{CallJournal, Calls, exchanges};
pub(crate) use registry::NO_CONFIG;
pub use registry::{ActiveStrategy, PluginError, PluginRegistry};
pub use standing::Standing;
pub(crate) use veil::veiled;
