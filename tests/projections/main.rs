//! The read side keeps its promises on a real Postgres. The engine: once each, one leader, loud stops, safe rebuilds and
//! switches.
//! The read models: what folds write and queries answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod as_of;
mod follow;
mod forgetting;
mod jobs;
mod parked;
mod poison;
mod read_models;
mod rebuild;
mod shared_reader;
mod switch;
mod tally;
mod two_processes;
mod verify;
mod walk;
mod why;
mod world;
