//! The stand-in over its socket, as bots, people and tests meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bot;
mod changing;
mod chats;
mod encodings;
mod faults;
mod files;
mod limits;
mod over_http;
mod payments;
mod people;
mod polling;
mod restarts;
mod sending;
mod spec;
mod webhooks;
