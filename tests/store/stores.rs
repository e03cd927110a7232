//! Stores to test, and patience.

use std::{future::Future, sync::Arc, time::Duration};

use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_log::{Clock, InMemoryEventStore, SharedEventStore};
use chronogram_tests::TestDatabase;
use jiff::Timestamp;

#[derive(Debug)]
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
}

pub(crate) async fn in_memory() -> SharedEventStore {
    Arc::new(InMemoryEventStore::new(Arc::new(StoppedClock)))
}

pub(crate) async fn open(database: &TestDatabase) -> PostgresEventStore {
    open_with(database, StoreSettings::default()).await
}

pub(crate) async fn open_with(database: &TestDatabase, settings: StoreSettings) -> PostgresEventStore {
    PostgresEventStore::open(database.pool.clone(), settings).await.unwrap()
}

/// On an empty database of its own.
pub(crate) async fn in_postgres() -> SharedEventStore {
    Arc::new(open(&TestDatabase::create().await.unwrap()).await)
}

/// Two on one empty database, with nothing in common but that.
pub(crate) async fn two_in_postgres() -> (SharedEventStore, SharedEventStore) {
    two_on(&TestDatabase::create().await.unwrap()).await
}

/// Two on this database.
pub(crate) async fn two_on(database: &TestDatabase) -> (SharedEventStore, SharedEventStore) {
    let elsewhere = sqlx::postgres::PgPoolOptions::new().connect_with(database.options.clone()).await.unwrap();
    let other = PostgresEventStore::open(elsewhere, StoreSettings::default()).await.unwrap();
    (Arc::new(open(database).await), Arc::new(other))
}

/// Asks again and again until the answer is yes.
pub(crate) async fn until<F, Fut>(what: &str, mut holds: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let asking = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(1), asking).await.is_ok(), "waited in vain until {what}");
}
