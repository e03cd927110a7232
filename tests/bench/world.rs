//! A durable Postgres of its own for one run, and a log on it.

use std::{sync::Arc, time::Duration};

use chronogram_event_store::{KeyRing, MasterKey, PostgresEventStore, StoreSettings};
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_private_postgres::{Options, PrivatePostgres};
use jiff::Timestamp;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Connections for what is measured; the server allows 100.
const CONNECTIONS: u32 = 40;

/// Everything a measurement needs.
pub(crate) struct World {
    folder: tempfile::TempDir,
    postgres: PrivatePostgres,
    pub(crate) pool: PgPool,
    pub(crate) queries: PgPool,
    log: Arc<PostgresEventStore>,
    pub(crate) store: SharedEventStore,
    pub(crate) codec: Arc<Codec>,
}

/// The clock of a benchmark.
#[derive(Debug)]
pub(crate) struct WallClock;

impl Clock for WallClock {
    #[allow(clippy::disallowed_methods)] // here the parameter comes from
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Connections to its database; the second ones read the read models.
pub(crate) async fn connect(options: PgConnectOptions) -> anyhow::Result<(PgPool, PgPool)> {
    let pool = || PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_mins(1));
    let search_path = [("search_path", chronogram_read_models::search_path())];
    let queries = pool().connect_lazy_with(options.clone().options(search_path));
    Ok((pool().connect_with(options).await?, queries))
}

/// The keys of people in its database.
pub(crate) async fn keys(pool: &PgPool) -> anyhow::Result<Arc<KeyRing>> {
    Ok(Arc::new(KeyRing::open(pool.clone(), MasterKey::new(&[1; 32])?).await?))
}

impl World {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let postgres = PrivatePostgres::open(folder.path(), Options::default()).await?;
        let (pool, queries) = connect(postgres.connect_options()).await?;
        chronogram_migrations::MIGRATOR.run(&pool).await?;
        // What the baseline inserts into.
        sqlx::query("create table bench_row (id bigint generated always as identity primary key, data json not null)")
            .execute(&pool)
            .await?;
        let log = Arc::new(PostgresEventStore::open(pool.clone(), StoreSettings::default()).await?);
        let (store, codec) = (log.clone(), Arc::new(Codec::new()?));
        Ok(Self { folder, postgres, pool, queries, log, store, codec })
    }

    /// The keys of people.
    pub(crate) async fn keys(&self) -> anyhow::Result<Arc<KeyRing>> {
        keys(&self.pool).await
    }

    /// For programs of Postgres itself.
    pub(crate) fn url(&self) -> String {
        self.postgres.url()
    }

    /// A folder that goes with the run.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.log.close().await;
        self.queries.close().await;
        self.pool.close().await;
        self.postgres.close_and_delete().await?;
        Ok(())
    }
}
