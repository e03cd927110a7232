//! The edges: the GraphQL schema on real read models; HTTP on a real socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod gated_log;
mod graphql_as_of;
mod graphql_erasing;
mod graphql_fields;
mod graphql_filling;
mod graphql_fixture;
mod graphql_mutations;
mod graphql_paging;
mod graphql_projections;
mod graphql_rules;
mod graphql_statements;
mod graphql_talk;
mod graphql_world;
mod http_edge;
mod http_graphql;
mod http_messages;
mod http_support;
mod http_tokens;
mod ws_endings;
mod ws_handshake;
mod ws_limits;
mod ws_live;
mod ws_operations;
mod ws_support;
