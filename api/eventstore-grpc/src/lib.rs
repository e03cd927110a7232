//! The log served by EventStoreDB's protocol: any client of `EventStoreDB` or `KurrentDB`, in any language, appends to it,
//! reads it and follows it, with the tokens of the rest of the product.
//!
//! Stands on the port of `domain/log` alone: whatever store is behind it is served. A position of the log is commit and
//! prepare position in one. Events that such a client appends are events like all others; what it sent comes back to it
//! byte by byte, but for the layout of people's words where the store seals them. Nothing is ever taken out of the log:
//! that a stream was deleted is a fact in it.

#![allow(clippy::result_large_err, reason = "tonic's Status is the error of every call, and no call fails often")]

mod access;
mod append;
mod batch;
mod delete;
mod dispatch;
mod event;
mod failure;
mod filter;
mod lifetimes;
mod node;
mod read;
mod serve;
mod served;
mod wire;
mod write;

pub use access::{Access, Denied, Gatekeeper};
pub use serve::serve;
pub use served::{Parts, Served};
