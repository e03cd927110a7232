//! Binds the edges' ports (HTTP, GraphQL) to the floors below.

mod commands;
mod graphql;
mod health;
mod messages;
mod projections;

pub(crate) use commands::Commands;
pub(crate) use graphql::Executor;
pub(crate) use health::checks;
pub(crate) use projections::Projections;
