//! The protocol's messages, as far as they are served: names of fields shortened, numbers and types as the protocol has
//! them. `tests/store` holds them against the official client.

pub(crate) mod append;
pub(crate) mod batch;
pub(crate) mod common;
pub(crate) mod delete;
pub(crate) mod node;
pub(crate) mod read;
