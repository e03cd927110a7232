#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs, unreachable_pub)]
extern crate self as chronogram_tests;
use anyhow::Context;
use sqlx::{ConnectOptions, Connection, Executor, PgPool, postgres::PgConnectOptions};
pub struct TestDatabase { pub options: PgConnectOptions, pub pool: PgPool }
impl TestDatabase {
    pub async fn create() -> anyhow::Result<Self> {
        let admin: PgConnectOptions = "postgres:///postgres?host=/tmp/pg-dev/s&user=postgres".parse()?;
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        let mut connection = admin.connect().await.context("connect to the tests' Postgres")?;
        connection.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await?;
        connection.close().await?;
        let options = admin.database(&name);
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_with(options.clone()).await?;
        chronogram_migrations::MIGRATOR.run(&pool).await?;
        Ok(Self { options, pool })
    }
}
#[path = "../../../tests/api/graphql_fixture.rs"]
mod graphql_fixture;
#[path = "../../../tests/api/graphql_world.rs"]
mod graphql_world;
#[path = "../../../tests/api/graphql_fields.rs"]
mod graphql_fields;
#[path = "../../../tests/api/graphql_paging.rs"]
mod graphql_paging;
#[path = "../../../tests/api/graphql_rules.rs"]
mod graphql_rules;
#[path = "../../../tests/api/graphql_mutations.rs"]
mod graphql_mutations;
#[path = "../../../tests/api/graphql_statements.rs"]
mod graphql_statements;
