//! The whole path with the real binary on a real Postgres: an export comes in, becomes events, becomes rows, is enriched
//! by a strategy, is asked for by GraphQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod authors;
mod backup;
mod bot;
mod channels;
mod collection;
mod commands;
mod crash;
mod crash_names;
mod crash_projections;
mod deliveries;
mod faults;
mod filling;
mod fsck;
mod import;
mod kurrent;
mod lifecycle;
mod live;
mod models;
mod monitoring;
mod outbox;
mod people;
mod plugins;
mod policies;
mod profiles;
mod projections;
mod storm;
mod webhook;
mod whole;
mod world;
mod writes;
