//! What the tests share: a real Postgres, one database a test; the real binary as a process; exports to read.

mod database;
pub mod exports;
mod process;
mod requests;

pub use database::TestDatabase;
pub use process::{Home, Up, binary};
pub use requests::{get_json, graphql, http_client};
