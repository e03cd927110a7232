//! What the tests share: a real Postgres, one database a test; the real binary as a process; exports to read.

mod cluster;
mod compiled;
mod database;
pub mod exports;
mod forwarder;
mod frozen;
mod model_standin;
pub mod object_store;
mod process;
mod requests;
mod used_databases;

pub use cluster::Cluster;
pub use compiled::compiled_code;
pub use database::TestDatabase;
pub use forwarder::Forwarder;
pub use frozen::Frozen;
pub use model_standin::{Manner, ModelStandin};
pub use object_store::ObjectStore;
pub use process::{Home, Up, binary, send_signal};
pub use requests::{get_json, graphql, http_client};
