//! Strategies made by hand, instruction by instruction, and by chance: whatever they do, the call ends in a typed fault
//! within its budget, and the next call works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod alerts;
mod answers;
mod engine_room;
mod generated;
mod made;
mod shapes;
