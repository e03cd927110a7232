//! What the tests share: a real Postgres, one database a test; the real binary as a process; exports to read.

mod database;
pub mod exports;
mod model_standin;
mod process;
mod requests;

pub use database::TestDatabase;
pub use model_standin::{Manner, ModelStandin};
pub use process::{Home, Up, binary};
pub use requests::{get_json, graphql, http_client};
