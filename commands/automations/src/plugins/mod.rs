//! Which strategies there are: artifacts in a table, what is installed and active in the log.

mod artifacts;
mod registry;

pub use registry::{ActiveStrategy, PluginError, PluginRegistry, WIT_VERSION};
