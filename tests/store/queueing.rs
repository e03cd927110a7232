//! The queue before the writer: bounded, and what is in it is appended.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use chronogram_event_store::StoreSettings;
use chronogram_log::{
    AppendError, EventStore, Position, SharedEventStore, StoreError,
    conformance::{Sample, everything},
};
use chronogram_tests::TestDatabase;
use futures::FutureExt;
use sqlx::{Connection, PgConnection, PgPool};

use crate::stores::{open, open_with, until};

/// Whether the writer waits for a lock that the test holds.
pub(crate) async fn writer_waits(pool: &PgPool) -> bool {
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and application_name = 'chronogram writer' and wait_event_type = 'Lock'",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    waiting > 0
}

#[tokio::test]
async fn the_queue_is_bounded_and_what_is_in_it_outlives_its_callers() {
    const QUEUE: usize = 4;
    let database = TestDatabase::create().await.unwrap();
    let queue_appends_max = NonZeroUsize::new(QUEUE).unwrap();
    let store = open_with(&database, StoreSettings { queue_appends_max, ..StoreSettings::default() }).await;

    let mut holder = PgConnection::connect_with(&database.options).await.unwrap();
    sqlx::raw_sql("begin; select 1 from es.head for update").execute(&mut holder).await.unwrap();
    let mut first = Box::pin(store.append(Sample::new("first", "hall").build()));
    assert!((&mut first).now_or_never().is_none());
    until("the writer hangs in its statement", || writer_waits(&database.pool)).await;

    let mut callers: Vec<_> =
        (0..50).map(|n| Box::pin(store.append(Sample::new(&format!("{n}"), "hall").build()))).collect();
    for caller in &mut callers {
        assert!(caller.now_or_never().is_none());
    }
    drop(callers);
    drop(first);
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    store.close().await;

    let store: SharedEventStore = Arc::new(open(&database).await);
    assert_eq!(everything(&store).await.len(), 1 + QUEUE, "one in the statement, the queue, and nobody else");
}

#[tokio::test]
async fn a_dropped_append_is_appended_and_its_repeat_finds_it() {
    let database = TestDatabase::create().await.unwrap();
    let store = open(&database).await;
    let append = Sample::new("1", "hall").events(3).build();
    assert!(store.append(append.clone()).now_or_never().is_none(), "dropped while it was under way");
    store.wait_past(Position::START, Duration::from_mins(1)).await.unwrap();
    let found = store.find_command(append.command_id).await.unwrap().expect("appended without its caller");
    let repeat = store.append(append).await.unwrap();
    assert!(repeat.repeated);
    assert_eq!((repeat.first, repeat.last), (found.first, found.last));
}

#[tokio::test]
async fn a_closed_store_answers_what_was_queued_and_takes_no_more() {
    let database = TestDatabase::create().await.unwrap();
    let store = open(&database).await;
    let appends = (0..20).map(|n| store.append(Sample::new(&format!("{n}"), "hall").build()));
    let closing = async {
        tokio::task::yield_now().await;
        store.close().await;
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(appends), closing);
    let appended = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
    let closed = |answer: &Result<_, _>| matches!(answer, Ok(_) | Err(AppendError::Store(StoreError::Closed)));
    assert!(answers.iter().all(closed), "{answers:?}");
    assert!(appended > 0);
    assert_eq!(store.head().await.unwrap(), Position(appended));
    match store.append(Sample::new("late", "hall").build()).await {
        Err(AppendError::Store(StoreError::Closed)) => {}
        other => panic!("{other:?}"),
    }
    store.close().await;
}

#[tokio::test]
async fn a_batch_may_be_larger_than_its_limits_only_by_going_alone() {
    let database = TestDatabase::create().await.unwrap();
    let batch_events_max = NonZeroUsize::new(5).unwrap();
    let settings = StoreSettings { batch_events_max, batch_bytes_max: 10_000, ..StoreSettings::default() };
    let store: SharedEventStore = Arc::new(open_with(&database, settings).await);
    let appends =
        (0..30).map(|n| store.append(Sample::new(&format!("{n}"), &format!("hall-{n}")).events(1 + n % 9).build()));
    for answer in futures::future::join_all(appends).await {
        answer.unwrap();
    }
    let events = everything(&store).await;
    // Events that one statement appended share the transaction that made them.
    let largest: i64 = sqlx::query_scalar(
        "select max(of_one.appends) from (
             select count(distinct stream) as appends from es.event group by xmin::text having count(*) > 5
         ) of_one",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!((events.len(), largest), ((0..30).map(|n| 1 + n % 9).sum(), 1));
}
