//! One database a test, on one real Postgres that all test binaries share.
//!
//! The server is the product's own private Postgres, in a folder beside the tests' build: the first test starts it, and it
//! stays for the next test binary, which adopts it. A new database is a copy of a migrated template, which takes milliseconds;
//! it goes when its test is over.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use chronogram_private_postgres::{Durability, Options, PrivatePostgres};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::OnceCell;

use crate::used_databases::drop_after_this_test;

/// Connections of one test's pool; the server allows 200 and tests of one binary run at the same time.
const POOL_CONNECTIONS: u32 = 8;
/// How long a test waits for a connection while others hold theirs.
const POOL_PATIENCE: Duration = Duration::from_mins(1);
/// Databases of tests that began longer ago than this are nobody's any more and go at the next start.
const STALE_AFTER: Duration = Duration::from_mins(15);
/// Lock that serialises making the template, any constant number.
const TEMPLATE_LOCK: i64 = 0x43_68_72_6f_6e_6f;

/// Held until the process ends. Statics are not dropped, so nobody stops the server: the next process adopts it.
static SERVER: OnceCell<PrivatePostgres> = OnceCell::const_new();

/// An empty, migrated database of its own.
pub struct TestDatabase {
    /// How to connect.
    pub options: PgConnectOptions,
    /// A small pool.
    pub pool: PgPool,
}

impl TestDatabase {
    /// Makes one.
    pub async fn create() -> anyhow::Result<Self> {
        let server = SERVER.get_or_try_init(start).await?;
        let admin = server.connect_options();
        let mut connection = admin.connect().await.context("connect to the tests' Postgres")?;
        let template = template(&mut connection, &admin).await?;
        connection.close().await?;
        Self::copy_of(&template, admin).await
    }

    /// Another one with what is in this one, which is left alone from here on: a template has no connections.
    pub async fn copy(&self) -> anyhow::Result<Self> {
        self.pool.close().await;
        let name = self.options.get_database().context("a test's database has a name")?;
        let admin = SERVER.get_or_try_init(start).await?.connect_options();
        Self::copy_of(name, admin).await
    }

    async fn copy_of(template: &str, admin: PgConnectOptions) -> anyhow::Result<Self> {
        let mut connection = admin.connect().await.context("connect to the tests' Postgres")?;
        // Two names never meet: a random one of 122 bits.
        #[allow(clippy::disallowed_methods)]
        let name = format!("t_{}_{}", seconds_now(), uuid::Uuid::new_v4().simple());
        connection.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await?;
        connection.close().await?;
        drop_after_this_test(admin.clone(), name.clone());
        let options = admin.database(&name);
        let pool = PgPoolOptions::new()
            .max_connections(POOL_CONNECTIONS)
            .acquire_timeout(POOL_PATIENCE)
            .connect_with(options.clone())
            .await?;
        Ok(Self { options, pool })
    }
}

async fn start() -> anyhow::Result<PrivatePostgres> {
    let tests = std::env::current_exe()?; // target/<profile>/deps/<test>
    let profile = tests.ancestors().nth(2).map_or_else(std::env::temp_dir, PathBuf::from);
    let data = profile.join("tests-postgres");
    std::fs::create_dir_all(&data)?;
    let server = PrivatePostgres::open(&data, Options { durability: Durability::ForTests }).await?;
    drop_stale(&server.connect_options()).await?;
    Ok(server)
}

#[allow(clippy::disallowed_methods)] // tells old databases from those of a run beside this one
fn seconds_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

async fn drop_stale(admin: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = admin.connect().await.context("connect to the tests' Postgres")?;
    let names: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname ~ '^t_[0-9]+_'")
        .fetch_all(&mut connection)
        .await?;
    let newest = seconds_now().saturating_sub(STALE_AFTER.as_secs());
    for name in names {
        let began = name.split('_').nth(1).and_then(|seconds| seconds.parse::<u64>().ok());
        if began.is_some_and(|began| began < newest) {
            connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
        }
    }
    connection.close().await?;
    Ok(())
}

/// The migrated template of this version of the migrations.
async fn template(connection: &mut PgConnection, admin: &PgConnectOptions) -> anyhow::Result<String> {
    let versions = chronogram_migrations::MIGRATOR.iter().flat_map(|migration| migration.checksum.iter());
    let digest = versions.fold(0_u64, |digest, byte| digest.wrapping_mul(1_099_511_628_211) ^ u64::from(*byte));
    let name = format!("template_{digest:016x}");
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *connection).await?;
    let made: Option<bool> = sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
        .bind(&name)
        .fetch_optional(&mut *connection)
        .await?;
    if made != Some(true) {
        // A half-made one, of a run that was killed, is not marked as a template.
        connection.execute(AssertSqlSafe(format!("drop database if exists {name}"))).await?;
        connection.execute(AssertSqlSafe(format!("create database {name}"))).await?;
        let mut inside = admin.clone().database(&name).connect().await?;
        chronogram_migrations::MIGRATOR.run(&mut inside).await?;
        inside.close().await?;
        connection.execute(AssertSqlSafe(format!("alter database {name} is_template true"))).await?;
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *connection).await?;
    Ok(name)
}
