//! The stand-in over its socket, as bots, people and tests meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bot;
mod encodings;
mod polling;
mod sending;
mod spec;
