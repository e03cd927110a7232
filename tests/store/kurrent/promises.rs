//! The suite of domain/log, through the client, over every store that we serve.

use std::sync::Arc;

use chronogram_log::{
    EventStore, Position, SharedEventStore, conformance,
    conformance::{Sample, Scale},
};
use chronogram_tests::TestDatabase;

use super::{Indexes, open, open_on};
use crate::{
    serving::{Serving, WRITER},
    stores::{in_memory, in_postgres},
};

async fn over(store: SharedEventStore, indexes: &Indexes) -> SharedEventStore {
    let serving = Serving::start(store).await;
    let store: SharedEventStore = Arc::new(open_on(indexes.emptied().await, &serving.url(WRITER)));
    serving.until_unused(vec![Arc::downgrade(&store)]);
    store
}

/// Two on one served log. They share their index as two processes of one installation do.
async fn two_over(store: SharedEventStore, indexes: &Indexes) -> (SharedEventStore, SharedEventStore) {
    let serving = Serving::start(store).await;
    let (database, url) = (indexes.emptied().await, serving.url(WRITER));
    let both: (SharedEventStore, SharedEventStore) =
        (Arc::new(open_on(database, &url)), Arc::new(open_on(database, &url)));
    serving.until_unused(vec![Arc::downgrade(&both.0), Arc::downgrade(&both.1)]);
    both
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_memory_the_common_promises_are_kept() {
    let indexes = &Indexes::create().await;
    conformance::common(|| async { over(in_memory().await, indexes).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_postgres_the_common_promises_are_kept() {
    let indexes = &Indexes::create().await;
    conformance::common(|| async { over(in_postgres().await, indexes).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_memory_there_may_be_many_streams_and_long_ones() {
    // A tenth: what takes long here is the way to the server, and that is no longer for a longer stream.
    let scale = Scale { streams: 1_000, stream_events: 10_000 };
    let indexes = &Indexes::create().await;
    conformance::large(scale, || async { over(in_memory().await, indexes).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_over_postgres_make_one_log() {
    let indexes = &Indexes::create().await;
    conformance::two_processes(|| async { two_over(in_postgres().await, indexes).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_installations_with_an_index_each_make_one_log() {
    let (first, second) = (&Indexes::create().await, &Indexes::create().await);
    conformance::two_processes(|| async {
        let serving = Serving::start(in_memory().await).await;
        let url = serving.url(WRITER);
        let both: (SharedEventStore, SharedEventStore) =
            (Arc::new(open_on(first.emptied().await, &url)), Arc::new(open_on(second.emptied().await, &url)));
        serving.until_unused(vec![Arc::downgrade(&both.0), Arc::downgrade(&both.1)]);
        both
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_stand_behind_the_server_as_if_nobody_stood_between() {
    let behind = in_postgres().await;
    let store = over(behind.clone(), &Indexes::create().await).await;
    for command in 0..3 {
        store.append(Sample::new(&format!("{command}"), "hall").events(3).fingerprint("f").build()).await.unwrap();
    }
    assert_eq!(conformance::everything(&behind).await, conformance::everything(&store).await);
    let command = Sample::new("1", "hall").build().command_id;
    let found = behind.find_command(command).await.unwrap().unwrap();
    assert_eq!((found.first, found.fingerprint.as_deref()), (Position(4), Some("f")));
    // And the other way round: what is appended behind the server is known before it.
    let direct = Sample::new("direct", "hall").build();
    let appended = behind.append(direct.clone()).await.unwrap();
    assert_eq!(store.append(direct.clone()).await.unwrap().last, appended.last);
    assert_eq!(store.find_command(direct.command_id).await.unwrap().unwrap().first, appended.first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_index_is_read_from_the_log() {
    let serving = Serving::start(in_memory().await).await;
    let url = serving.url(WRITER);
    let first = open(&url).await;
    let append = Sample::new("1", "hall").events(700).build();
    let appended = first.append(append.clone()).await.unwrap();
    first.append(Sample::new("2", "door").build()).await.unwrap();
    first.close().await;

    let second = open(&url).await;
    let found = second.find_command(append.command_id).await.unwrap().unwrap();
    assert_eq!((found.first, found.last), (appended.first, appended.last), "it came in two pages");
    assert_eq!(second.known_events(&[append.events[699].id]).await.unwrap().len(), 1);
    let streams = second.streams(None, None, 10).await.unwrap();
    let streams: Vec<_> = streams.iter().map(|s| (s.name.as_str(), s.events, s.last_position.0)).collect();
    assert_eq!(streams, [("door", 1, 701), ("hall", 700, 700)]);
    assert!(second.append(append).await.unwrap().repeated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_another_log_is_told_apart() {
    let database = TestDatabase::create().await.unwrap();
    let one = Serving::start(in_memory().await).await;
    let store = open_on(&database, &one.url(WRITER));
    store.append(Sample::new("1", "hall").events(3).build()).await.unwrap();
    assert!(store.find_command(Sample::new("1", "hall").build().command_id).await.unwrap().is_some());
    let other = Serving::start(in_memory().await).await;
    let store = open_on(&database, &other.url(WRITER));
    let refused = store.append(Sample::new("2", "hall").build()).await.unwrap_err().to_string();
    assert!(refused.contains("another log"), "{refused}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_being_repeated() {
    let database = TestDatabase::create().await.unwrap();
    for url in ["postgres://secret@host", "esdb://", "esdb://secret@host:port", "esdb://secret@host?tls=secret"] {
        let refused = chronogram_event_store::kurrent::KurrentEventStore::open(
            url,
            database.pool.clone(),
            &chronogram_event_store::StoreSettings::default(),
        );
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("esdb://") && !refused.contains("secret"), "{refused}");
    }
}
