//! What the tests share: a real Postgres, one database a test.

mod database;

pub use database::TestDatabase;
