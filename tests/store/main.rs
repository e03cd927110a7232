//! The log keeps its promises: the conformance suite on every store, what only Postgres can break, what only a server
//! elsewhere can, and the protocol that we serve.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod append_only;
mod breaking_connections;
mod chain;
mod conformance;
mod kurrent;
mod protocol;
mod queueing;
mod replication;
mod sealed;
mod serving;
mod stores;
