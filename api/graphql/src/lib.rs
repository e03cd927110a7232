//! The GraphQL schema: what analysts ask and watch, what operators do.
//!
//! [`schema`] promises: no request without a [`Principal`] is executed; every error has `extensions.code` and
//! `extensions.retryable`; no list is unbounded; what many rows refer to is read with one statement a kind of row.
//! Transport is the business of `api/http`; a request's data carries the [`Principal`] and, where given, the
//! [`IdempotencyKey`] and the [`MinPosition`].

mod as_of;
mod connection;
mod document;
mod errors;
mod gate;
mod loaders;
mod log_pages;
mod mutation;
mod new_messages;
mod ports;
mod principal;
mod projection_mutation;
mod query;
mod scalars;
mod subscription;
mod types;

/// The engine: its requests and answers are part of this interface.
pub use async_graphql;
use async_graphql::{Json, Schema, SchemaBuilder};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

pub use errors::Code;
pub use mutation::Mutation;
pub use ports::{AsOf, IdempotencyKey, MinPosition, PortError, ProjectionStatus, ProjectionsView, SchemaDeps};
pub use principal::{Principal, Role, UnknownRole};
pub use query::Query;
pub use subscription::Subscription;

/// Depth of the deepest query: the standard introspection query needs 15.
pub const DEPTH_MAX: usize = 15;

/// Complexity of the largest query: a page of 100 rows with 19 fields each. The standard introspection query needs
/// less than 500.
pub const COMPLEXITY_MAX: usize = 2_000;

/// Aliases of one document: more than any view of a console has, few enough that nobody multiplies work by them.
pub const ALIASES_MAX: usize = 30;

/// Directives on one field: there are two that make sense.
pub const DIRECTIVES_MAX: usize = 10;

/// The executable schema.
pub type ChronogramSchema = Schema<Query, Mutation, Subscription>;

/// The schema on top of `deps`. Execute its requests on a tokio runtime.
pub fn schema(deps: SchemaDeps) -> ChronogramSchema {
    builder()
        .limit_depth(DEPTH_MAX)
        .limit_complexity(COMPLEXITY_MAX)
        .limit_aliases(ALIASES_MAX)
        .limit_directives(DIRECTIVES_MAX)
        .extension(gate::Gates::new(deps.clone()))
        .data(as_of::Pools::new(&deps))
        .data(deps)
        .finish()
}

/// The schema in GraphQL's own language. The same text is committed as `schema.graphql`.
pub fn sdl() -> String {
    builder().finish().sdl()
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .override_output_type_description::<Timestamp>("A moment, as RFC 3339 in UTC: `2026-11-21T02:50:00Z`.")
        .override_output_type_description::<Date>("A day, as RFC 3339: `2026-11-21`.")
        .override_output_type_description::<Decimal>("An exact decimal number, as a string: `0.0042`.")
        .override_output_type_description::<Json<serde_json::Value>>("Any JSON value.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{env, fs};

    /// A change of the schema shows in review; `UPDATE_SCHEMA=1` writes it down.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "not a setting of the product")]
    fn the_committed_schema_is_the_schema() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
        let schema = super::sdl();
        if env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(path, &schema).unwrap();
        }
        let committed = fs::read_to_string(path).unwrap_or_default();
        assert!(committed == schema, "schema.graphql is out of date: run this test with UPDATE_SCHEMA=1");
    }
}
