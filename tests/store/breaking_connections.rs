//! Connections break at any moment: nothing acknowledged is lost, nothing is appended twice.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chronogram_log::{
    AppendError, EventStore, Position, SharedEventStore, StoreError,
    conformance::{Sample, collect, everything},
};
use chronogram_tests::TestDatabase;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::task::JoinSet;

use crate::{
    queueing::writer_waits,
    stores::{open, until},
};

/// Ends the connections of this database that name themselves `application`; gives how many.
async fn terminate(pool: &PgPool, application: &str) -> i64 {
    sqlx::query_scalar(
        "select count(*) from (
             select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = $1
         ) ended",
    )
    .bind(application)
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Sends the same command until it is answered, as every caller may.
async fn append_until_answered(store: &SharedEventStore, name: &str, stream: &str) -> chronogram_log::Appended {
    loop {
        match store.append(Sample::new(name, stream).events(2).build()).await {
            Ok(appended) => return appended,
            Err(AppendError::Store(StoreError::Unavailable { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_connections_lose_nothing_and_repeat_nothing() {
    const BREAKS: i64 = 5;
    const ROUNDS_MAX: usize = 20;
    let mut broken = 0;
    for _ in 0..ROUNDS_MAX {
        broken += one_log_under_breaking_connections().await;
        if broken >= BREAKS {
            return; // a fast machine finishes a round before many of its connections were broken
        }
    }
    panic!("only {broken} connections were broken: nothing was tried");
}

/// Appends from all sides while the writer's connection is ended again and again; how often it was.
async fn one_log_under_breaking_connections() -> i64 {
    const CALLERS: usize = 8;
    const APPENDS: usize = 150;
    const EVENTS_BETWEEN_BREAKS: u64 = 40;
    let database = TestDatabase::create().await.unwrap();
    let store: SharedEventStore = Arc::new(open(&database).await);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        callers.spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..APPENDS {
                let name = format!("{caller}.{number}");
                let appended = append_until_answered(&store, &name, &format!("hall-{}", number % 4)).await;
                acknowledged.push((name, appended));
            }
            acknowledged
        });
    }
    let done = Arc::new(AtomicBool::new(false));
    let breaking = {
        let (store, pool, done) = (store.clone(), database.pool.clone(), done.clone());
        async move {
            let (mut broken, mut broke_at) = (0, Position::START);
            while !done.load(Ordering::SeqCst) {
                // Some batches get through between two breaks, however slow the machine; the next one is under way.
                let head = store.head().await.unwrap();
                if head.0 >= broke_at.0 + EVENTS_BETWEEN_BREAKS {
                    broken += terminate(&pool, "chronogram writer").await;
                    broke_at = head;
                }
                tokio::task::yield_now().await;
            }
            broken
        }
    };
    let working = async {
        let acknowledged: Vec<_> = callers.join_all().await.into_iter().flatten().collect();
        done.store(true, Ordering::SeqCst);
        acknowledged
    };
    let count = CALLERS * APPENDS * 2;
    let (broken, acknowledged, seen) = tokio::join!(breaking, working, collect(store.clone(), count, 50));
    let events = everything(&store).await;
    assert_eq!(events, seen, "a reader that followed saw another log");
    assert!(events.iter().map(|event| event.position).eq((1..=count as u64).map(Position)), "positions have holes");
    let at: HashMap<_, _> = events.iter().map(|event| (event.position, event)).collect();
    for (name, appended) in acknowledged {
        for position in [appended.first, appended.last] {
            let event = at[&position];
            assert_eq!(
                event.metadata().unwrap().command_id,
                Sample::new(&name, event.stream.as_str()).build().command_id
            );
        }
        assert_eq!(at[&appended.last].revision, appended.revision);
    }
    broken
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_statement_is_replaced_and_the_append_made_once() {
    let database = TestDatabase::create().await.unwrap();
    let store: SharedEventStore = Arc::new(open(&database).await);
    let mut holder = PgConnection::connect_with(&database.options).await.unwrap();
    sqlx::raw_sql("begin; select 1 from es.head for update").execute(&mut holder).await.unwrap();
    let appending = store.append(Sample::new("1", "hall").build());
    let breaking = async {
        until("the writer hangs in its statement", || writer_waits(&database.pool)).await;
        assert_eq!(terminate(&database.pool, "chronogram writer").await, 1);
        sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    };
    let (appended, ()) = tokio::join!(appending, breaking);
    let appended = appended.unwrap();
    assert_eq!((appended.first, appended.repeated), (Position(1), false));
    assert_eq!(everything(&store).await.len(), 1);
}

#[tokio::test]
async fn a_broken_listener_comes_back() {
    let database = TestDatabase::create().await.unwrap();
    let (a, b) = (open(&database).await, open(&database).await);
    let pool = &database.pool;
    until("both listen", || async {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from pg_stat_activity
             where datname = current_database() and application_name = 'chronogram listener' and query ilike 'listen%'",
        )
        .fetch_one(pool)
        .await
        .unwrap()
            == 2
    })
    .await;
    assert_eq!(terminate(pool, "chronogram listener").await, 2);
    let appended = a.append(Sample::new("1", "hall").build()).await.unwrap();
    let waiting = b.wait_past(Position::START, Duration::from_mins(2));
    tokio::time::timeout(Duration::from_mins(1), waiting).await.expect("polling bridges the gap").unwrap();
    assert_eq!(b.head().await.unwrap(), appended.last);
}

#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let database = TestDatabase::create().await.unwrap();
    let store: SharedEventStore = Arc::new(open(&database).await);
    // Postgres answers as it does when no block can be added.
    sqlx::raw_sql(
        "create function es.full_disk() returns trigger language plpgsql as
         $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
         create trigger full_disk before insert on es.event for each statement execute function es.full_disk()",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    let append = Sample::new("1", "hall").build();
    match store.append(append.clone()).await {
        Err(AppendError::Store(StoreError::Unavailable { operation: "append events", source })) => {
            assert!(source.to_string().contains("could not extend file"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    assert!(everything(&store).await.is_empty(), "reading goes on");
    sqlx::raw_sql("drop trigger full_disk on es.event").execute(&database.pool).await.unwrap();
    let appended = store.append(append).await.unwrap();
    assert_eq!((appended.first, appended.repeated), (Position(1), false));
}
