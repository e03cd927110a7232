//! The server goes away and comes back: nothing acknowledged is lost, nothing is appended twice, nobody starts anew.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chronogram_log::{
    AppendError, Appended, Position, SharedEventStore, StoreError,
    conformance::{Sample, collect, everything},
};
use tokio::{net::TcpListener, task::JoinSet};

use super::open;
use crate::{
    serving::{Serving, WRITER},
    stores::{in_memory, until},
};

/// An address that nobody listens at.
async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn append_until_answered(store: &SharedEventStore, sample: &Sample) -> Appended {
    loop {
        match store.append(sample.clone().build()).await {
            Ok(appended) => return appended,
            Err(AppendError::Store(StoreError::Unavailable { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_at_the_start_is_found_when_it_comes() {
    let address = free_address().await;
    let store: SharedEventStore = Arc::new(open(&format!("esdb://x:{WRITER}@{address}?tls=false")).await);
    match store.head().await {
        Err(StoreError::Unavailable { operation, .. }) => assert_eq!(operation, "read the head of the log"),
        other => panic!("{other:?}"),
    }
    let waiting = store.wait_past(Position::START, Duration::from_mins(1));
    let coming = async {
        let serving = Serving::start_at(address, in_memory().await).await;
        let appended = append_until_answered(&store, &Sample::new("1", "hall")).await;
        assert!(!appended.repeated);
        serving
    };
    let (waited, _serving) = tokio::join!(waiting, coming);
    waited.unwrap();
    assert_eq!(everything(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_outlive_a_server_that_restarts_again_and_again() {
    const CALLERS: usize = 6;
    const APPENDS: usize = 60;
    const RESTARTS: usize = 4;
    let behind = in_memory().await;
    let mut serving = Serving::start(behind.clone()).await;
    let (address, url) = (serving.address, serving.url(WRITER));
    let store: SharedEventStore = Arc::new(open(&url).await);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        callers.spawn(async move {
            for number in 0..APPENDS {
                let sample = Sample::new(&format!("{caller}.{number}"), &format!("hall-{}", number % 3)).events(2);
                append_until_answered(&store, &sample).await;
            }
        });
    }
    let count = CALLERS * APPENDS * 2;
    let restarting = async {
        for restart in 1..=RESTARTS {
            let share = (count / (RESTARTS + 1) * restart) as u64;
            until("the log has grown", || async { behind.head().await.unwrap().0 >= share }).await;
            serving.stop().await;
            serving = Serving::start_at(address, behind.clone()).await;
        }
        serving
    };
    let (_serving, seen, ()) = tokio::join!(restarting, collect(store.clone(), count, 50), async {
        while callers.join_next().await.is_some() {}
    });
    assert_eq!(seen, everything(&behind).await, "what a follower saw is not what is in the log");
}
