//! The log, wherever it lies.

use std::sync::Arc;

use anyhow::Context as _;
use chronogram_event_store::{PostgresEventStore, StoreSettings, StreamSummary, kurrent::KurrentEventStore};
use chronogram_log::{SharedEventStore, StoreError};
use sqlx::PgPool;

/// The store of this process, for what the port does not offer.
pub(crate) enum EventLog {
    /// In a Postgres.
    Postgres(Arc<PostgresEventStore>),
    /// In an `EventStoreDB` or `KurrentDB`.
    Kurrent(Arc<KurrentEventStore>),
}

impl EventLog {
    /// In `pool`'s database.
    pub(crate) async fn in_postgres(pool: PgPool) -> anyhow::Result<Self> {
        let store = PostgresEventStore::open(pool, StoreSettings::default()).await.context("open the event store")?;
        Ok(Self::Postgres(Arc::new(store)))
    }

    /// At `url`, with its index in `pool`'s database. A server that is away is waited for when it is needed.
    pub(crate) fn in_kurrent(url: &str, pool: PgPool) -> anyhow::Result<Self> {
        let store = KurrentEventStore::open(url, pool, &StoreSettings::default()).context("EVENT_STORE_URL")?;
        Ok(Self::Kurrent(Arc::new(store)))
    }

    /// As everybody uses it.
    pub(crate) fn store(&self) -> SharedEventStore {
        match self {
            Self::Postgres(store) => store.clone(),
            Self::Kurrent(store) => store.clone(),
        }
    }

    /// Streams in the order of their names, behind `after`, of one category or of all, at most `limit`.
    pub(crate) async fn streams(
        &self,
        category: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StreamSummary>, StoreError> {
        match self {
            Self::Postgres(store) => store.streams(category, after, limit).await,
            Self::Kurrent(store) => store.streams(category, after, limit).await,
        }
    }

    /// Finishes what is queued.
    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(store) => store.close().await,
            Self::Kurrent(store) => store.close().await,
        }
    }
}
