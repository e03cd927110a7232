//! The projection engine keeps its promises on a real Postgres: once each, one leader, loud stops, safe rebuilds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod follow;
mod poison;
mod rebuild;
mod tally;
mod two_processes;
mod verify;
mod world;
