//! The read side keeps its promises on a real Postgres. The engine: once each, one leader, loud stops, safe rebuilds.
//! The read models: what folds write and queries answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod follow;
mod poison;
mod read_models;
mod rebuild;
mod tally;
mod two_processes;
mod verify;
mod world;
