//! What those promise who follow the log.

use std::time::Duration;

use tokio::task::JoinSet;

use super::samples::{PATIENCE, Sample, collect};
use crate::{Position, SharedEventStore};

pub(super) async fn waiting_ends_with_an_append_or_with_patience(store: SharedEventStore) {
    store.wait_past(Position::START, Duration::from_millis(1)).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position::START);
    let waiting = tokio::time::timeout(PATIENCE, store.wait_past(Position::START, PATIENCE * 2));
    let (waited, appended) = tokio::join!(waiting, store.append(Sample::new("1", "hall").build()));
    waited.expect("an append ends waiting").unwrap();
    let head = appended.unwrap().last;
    // Who asks for what is there already does not wait.
    let past = tokio::time::timeout(PATIENCE, store.wait_past(Position(head.0 - 1), PATIENCE * 2)).await;
    past.expect("the head is past it already").unwrap();
}

pub(super) async fn subscriptions_see_all_of_concurrent_writers_in_order(store: SharedEventStore) {
    const WRITERS: usize = 8;
    const APPENDS: usize = 40;
    let count = WRITERS * (APPENDS + APPENDS / 2);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0..APPENDS {
                let sample = Sample::new(&format!("{writer}.{number}"), &format!("hall-{}", number % 3));
                store.append(sample.events(1 + number % 2).build()).await.unwrap();
            }
        });
    }
    let (small, large) = tokio::join!(collect(store.clone(), count, 5), collect(store, count, 1_000));
    assert_eq!(small, large, "two subscriptions saw different logs");
    writers.join_all().await;
}
