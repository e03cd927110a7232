//! The log keeps its promises: the conformance suite on every store, and what only Postgres can break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod append_only;
mod breaking_connections;
mod chain;
mod conformance;
mod queueing;
mod sealed;
mod stores;
