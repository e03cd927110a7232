//! The log in `EventStoreDB` or `KurrentDB`: no such server can be installed here, so the adapter speaks with our own.

mod away;
mod impolite;
mod promises;

use chronogram_event_store::{StoreSettings, kurrent::KurrentEventStore};
use chronogram_tests::TestDatabase;

use crate::serving::install_tls;

/// A database for indexes, one after the other: making a database takes longer than most checks.
struct Indexes(TestDatabase);

impl Indexes {
    async fn create() -> Self {
        Self(TestDatabase::create().await.unwrap())
    }

    /// As docs/operators tells to drop an index.
    async fn emptied(&self) -> &TestDatabase {
        let empty =
            "truncate kurrent.event, kurrent.command, kurrent.stream; update kurrent.checkpoint set position = 0";
        sqlx::raw_sql(empty).execute(&self.0.pool).await.unwrap();
        &self.0
    }
}

/// The adapter on an index of its own.
async fn open(url: &str) -> KurrentEventStore {
    open_on(&TestDatabase::create().await.unwrap(), url)
}

pub(crate) fn open_on(database: &TestDatabase, url: &str) -> KurrentEventStore {
    install_tls();
    KurrentEventStore::open(url, database.pool.clone(), &StoreSettings::default()).unwrap()
}
