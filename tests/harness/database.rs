//! One database a test, on one real Postgres that all test binaries share.

use anyhow::Context;
use sqlx::{ConnectOptions, Connection, Executor, PgPool, postgres::PgConnectOptions};

/// An empty, migrated database of its own; dropped databases cost more than they free, the cluster goes as a whole.
pub struct TestDatabase {
    /// How to connect.
    pub options: PgConnectOptions,
    /// A small pool.
    pub pool: PgPool,
}

impl TestDatabase {
    /// Makes one.
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
