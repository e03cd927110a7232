//! Writers of every kind at once, and readers who follow them: no skip, no repeat, no other order.

use std::{collections::HashMap, task::Poll};

use futures::future::poll_fn;
use tokio::{sync::watch, task::JoinSet};

use super::samples::{PATIENCE, Sample, check_order, everything, stream};
use crate::{
    AppendError, Appended, Direction, EventFilter, ExpectedRevision, Position, RecordedEvent, Revision,
    SharedEventStore, Subscription,
};

const WRITERS: usize = 8;
const APPENDS: usize = 40;
/// Of these appends one is given up by its caller while it is under way.
const GIVEN_UP_ONE_OF: usize = 20;

pub(super) async fn writers_who_give_up_and_lose_and_repeat_leave_a_whole_log(store: SharedEventStore) {
    let done = watch::Sender::new(false);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(store.clone(), writer));
    }
    let working = async {
        let acknowledged: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        done.send_replace(true);
        acknowledged
    };
    let followers = async { tokio::join!(follow(&store, done.subscribe(), 5), follow(&store, done.subscribe(), 300)) };
    let all = async { tokio::join!(working, followers) };
    let (acknowledged, (small, large)) = tokio::time::timeout(PATIENCE, all).await.expect("writers and readers end");

    let events = everything(&store).await;
    check_order(&events);
    for followed in [small, large] {
        assert_eq!(followed, events[..followed.len()], "a reader who followed saw another log");
    }
    let at: HashMap<_, _> = events.iter().map(|event| (event.position, event)).collect();
    assert!(acknowledged.len() > WRITERS * APPENDS / 2, "hardly anything was appended");
    for (command, appended) in acknowledged {
        let (first, last) = (at[&appended.first], at[&appended.last]);
        assert_eq!((first.metadata().unwrap().command_id, last.metadata().unwrap().command_id), (command, command));
        assert_eq!(last.revision, appended.revision);
    }
}

/// Appends as callers do who expect the right thing or a wrong one, ask twice, and lose their patience.
async fn write(store: SharedEventStore, writer: usize) -> Vec<(chronogram_model::CommandId, Appended)> {
    let mut acknowledged = Vec::new();
    for number in 0..APPENDS {
        let hall = format!("hall-{}", (writer + number) % 3);
        let name = format!("{writer}.{number}");
        let sample = Sample::new(&name, &hall).events(1 + number % 3);
        let sample = match number % 4 {
            0 => {
                let last = store.read_stream(&stream(&hall), Revision(u64::MAX), Direction::Backward, 1).await.unwrap();
                let exact = |last: &RecordedEvent| ExpectedRevision::Exact(last.revision);
                sample.expecting(last.first().map_or(ExpectedRevision::NoStream, exact))
            }
            1 => sample.expecting(ExpectedRevision::Exact(Revision(number as u64))),
            _ => sample,
        };
        let append = sample.build();
        if (writer + number) % GIVEN_UP_ONE_OF == 2 {
            begin_and_give_up(&store, append.clone()).await;
        }
        match store.append(append.clone()).await {
            Ok(appended) => {
                acknowledged.push((append.command_id, appended));
                if number % 5 == 0 {
                    let again = store.append(append.clone()).await.unwrap();
                    assert!(again.repeated);
                    assert_eq!((again.first, again.last), (appended.first, appended.last));
                }
            }
            Err(AppendError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    acknowledged
}

/// Polls an append once or twice, then drops it: what becomes of it is not known.
async fn begin_and_give_up(store: &SharedEventStore, append: crate::Append) {
    let mut appending = store.append(append);
    for _ in 0..2 {
        let ended = poll_fn(|context| Poll::Ready(appending.as_mut().poll(context).is_ready())).await;
        if ended {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Follows until it has seen everything that was there when all was done.
async fn follow(store: &SharedEventStore, mut done: watch::Receiver<bool>, page_events: usize) -> Vec<RecordedEvent> {
    let mut subscription = Subscription::new(store.clone(), Position::START, EventFilter::all(), page_events);
    let mut events = Vec::new();
    let mut seen = Position::START;
    loop {
        let ended = *done.borrow_and_update();
        if ended && store.head().await.unwrap() <= seen {
            return events;
        }
        tokio::select! {
            batch = subscription.next() => {
                let batch = batch.unwrap();
                seen = batch.up_to;
                events.extend(batch.events);
            }
            Ok(()) = done.changed(), if !ended => {}
        }
    }
}

pub(super) async fn a_slow_reader_sees_everything_once(store: SharedEventStore) {
    const APPENDS: usize = 60;
    let count = APPENDS * 10;
    let reading = async {
        let mut subscription = Subscription::new(store.clone(), Position::START, EventFilter::all(), 25);
        let mut events = Vec::new();
        while events.len() < count {
            events.extend(subscription.next().await.unwrap().events);
            // Others go on meanwhile: the log is far ahead, and nobody waits for this one.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
        events
    };
    let writing = async {
        for number in 0..APPENDS {
            store.append(Sample::new(&format!("{number}"), "hall").events(10).build()).await.unwrap();
        }
    };
    let both = async { tokio::join!(reading, writing) };
    let (events, ()) = tokio::time::timeout(PATIENCE, both).await.expect("a slow reader ends too");
    check_order(&events);
    assert_eq!(events, everything(&store).await);
}
