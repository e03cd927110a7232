//! Runs a decider against the log: load, decide, append. The only place where the rules meet I/O.

mod context;
mod handler;
mod states;

pub use context::Context;
pub use handler::{HandleError, Handled, Handler};

#[cfg(test)]
mod tests;
