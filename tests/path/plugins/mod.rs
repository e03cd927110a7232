//! Strategies of others: taken in, tried, activated, put aside, asked, paid for once.

mod frozen;
mod jail;
mod judging;
mod judging_commands;
mod lifecycle;
mod operators;
mod paying;
pub(crate) mod world;
