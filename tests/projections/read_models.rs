//! The read models on a real Postgres: what folds write, what queries answer, which indexes they use.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    // `Default::default()` stands for "whatever page" and "no filter" in dozens of calls.
    clippy::default_trait_access
)]

mod answers;
mod erasing;
mod folding;
mod history;
mod paging;
mod plans;
mod talk;
mod world;
