//! Binds the edges' ports (HTTP, GraphQL) to the floors below.

mod eventstore;
mod graphql;
mod health;
mod projections;

pub(crate) use eventstore::serve_log;
pub(crate) use graphql::Executor;
pub(crate) use health::checks;
pub(crate) use projections::Projections;
