//! What the tests share: a real Postgres, one database a test; the real binary as a process; exports to read.

mod database;
pub mod exports;
pub mod object_store;
mod process;
mod requests;

pub use database::TestDatabase;
pub use object_store::ObjectStore;
pub use process::{Home, Up, binary};
pub use requests::{get_json, graphql, http_client};
