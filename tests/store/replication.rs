//! Synchronous replication: a commit whose wait for the standby was cancelled is told to nobody before it is there.

use std::{sync::Arc, time::Duration};

use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_log::{EventStore as _, conformance::Sample};
use chronogram_tests::Cluster;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(40);

/// The connection that waits for the standby and is none of `known`; panics where `answer` comes first.
async fn who_waits<T: std::fmt::Debug>(
    pool: &PgPool,
    answer: &JoinHandle<T>,
    known: &[(i32, String)],
) -> (i32, String) {
    let waiting = async {
        loop {
            assert!(!answer.is_finished(), "it is answered although the standby stands still");
            let waits: Option<(i32, String)> = sqlx::query_as(
                "select pid, query_start::text from pg_stat_activity where wait_event = 'SyncRep' \
                 and datname = current_database()",
            )
            .fetch_optional(pool)
            .await
            .unwrap();
            if let Some(waits) = waits.filter(|waits| !known.contains(waits)) {
                return waits;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("somebody waits for the standby")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_with_a_warning_is_not_acknowledged_before_the_standby_has_it() {
    let primary = Cluster::create().await.unwrap();
    let standby = primary.standby().await.unwrap();
    let pool = PgPoolOptions::new().max_connections(8).connect_with(primary.options()).await.unwrap();
    chronogram_migrations::MIGRATOR.run(&pool).await.unwrap();
    let store = Arc::new(PostgresEventStore::open(pool.clone(), StoreSettings::default()).await.unwrap());
    primary.wait_for_standby_at_commit().await.unwrap();
    store.append(Sample::new("before", "hall-1").events(1).build()).await.unwrap();

    standby.freeze().unwrap();
    let append = |store: &Arc<PostgresEventStore>| {
        let store = store.clone();
        tokio::spawn(async move { store.append(Sample::new("during", "hall-1").events(2).build()).await })
    };
    let answer = append(&store);
    let mut cancelled = Vec::new();
    // The append first, then whatever is asked about it: each wait is cancelled, as an operator might.
    for _ in 0..3 {
        let waits = who_waits(&pool, &answer, &cancelled).await;
        sqlx::query("select pg_cancel_backend($1)").bind(waits.0).execute(&pool).await.unwrap();
        cancelled.push(waits);
    }
    who_waits(&pool, &answer, &cancelled).await;
    let there: i64 = sqlx::query_scalar("select position from es.head").fetch_one(&pool).await.unwrap();
    assert_eq!(there, 3, "it stands on the primary, and only there");
    // Another process is asked for the same: it is told nothing either.
    let other = Arc::new(PostgresEventStore::open(pool.clone(), StoreSettings::default()).await.unwrap());
    let repeat = append(&other);
    let two_wait = async {
        let waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() < 2 {
            assert!(!repeat.is_finished() && !answer.is_finished(), "answered although the standby stands still");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, two_wait).await.expect("both wait for the standby");

    standby.thaw().unwrap();
    let first = tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap().unwrap();
    let second = tokio::time::timeout(PATIENCE, repeat).await.unwrap().unwrap().unwrap();
    assert_eq!((first.first.0, first.last.0, first.repeated), (2, 3, false));
    assert_eq!((second.first, second.last, second.repeated), (first.first, first.last, true));
    store.close().await;
    other.close().await;
}
