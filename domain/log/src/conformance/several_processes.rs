//! Two stores on one log, as two processes would open it.

use std::collections::HashSet;

use tokio::task::JoinSet;

use super::samples::{PATIENCE, Sample, check_order, collect, everything, stream};
use crate::{
    AppendError, Direction, EventFilter, ExpectedRevision, Position, Revision, SharedEventStore, Subscription,
};

type Both = (SharedEventStore, SharedEventStore);

pub(super) async fn what_one_appended_the_other_knows((a, b): Both) {
    let exact = |revision| ExpectedRevision::Exact(Revision(revision));
    let first = Sample::new("1", "hall").expecting(ExpectedRevision::NoStream).build();
    let appended = a.append(first.clone()).await.unwrap();
    b.append(Sample::new("2", "hall").expecting(exact(0)).build()).await.unwrap();
    // Each remembers the stream; the other went on since.
    a.append(Sample::new("3", "hall").expecting(exact(1)).build()).await.unwrap();
    match b.append(Sample::new("4", "hall").expecting(exact(1)).build()).await {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Some(Revision(2))),
        other => panic!("a stale revision was accepted: {other:?}"),
    }
    b.append(Sample::new("4", "hall").expecting(exact(2)).build()).await.unwrap();
    let repeat = b.append(first.clone()).await.unwrap();
    assert!(repeat.repeated);
    assert_eq!((repeat.first, repeat.last), (appended.first, appended.last));
    match b.append(Sample::new("5", "elsewhere").ids(&[first.events[0].id]).build()).await {
        Err(AppendError::EventsKnown(known)) => assert_eq!(known, HashSet::from([first.events[0].id])),
        other => panic!("an event of the log was appended again: {other:?}"),
    }
    assert_eq!(everything(&a).await, everything(&b).await);
}

pub(super) async fn readers_of_both_see_one_order_without_skip_or_repeat((a, b): Both) {
    const WRITERS: usize = 8;
    const APPENDS: usize = 60;
    let mut writers = JoinSet::new();
    for (process, store) in [("a", &a), ("b", &b)] {
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                for number in 0..APPENDS {
                    let name = format!("{process}.{writer}.{number}");
                    if number % 4 == 0 {
                        append_exactly(&store, &name).await;
                    } else {
                        let sample = Sample::new(&name, &format!("hall-{}", number % 5));
                        store.append(sample.build()).await.unwrap();
                    }
                }
            });
        }
    }
    let count = 2 * WRITERS * APPENDS;
    let (seen_by_a, seen_by_b) = tokio::join!(collect(a.clone(), count, 7), collect(b.clone(), count, 500));
    assert_eq!(seen_by_a, seen_by_b, "two processes saw different logs");
    writers.join_all().await;
    let events = everything(&b).await;
    check_order(&events);
    assert_eq!(events, seen_by_a, "what a follower saw is not what is in the log");
    let positions = (1..=count as u64).map(Position);
    assert!(events.iter().map(|event| event.position).eq(positions), "positions have holes");
}

/// As a handler does: read, decide, append, and from the start on a conflict.
async fn append_exactly(store: &SharedEventStore, name: &str) {
    let contested = stream("contested");
    let trying = async {
        loop {
            let last = store.read_stream(&contested, Revision(u64::MAX), Direction::Backward, 1).await.unwrap();
            let expected = last.first().map_or(ExpectedRevision::NoStream, |e| ExpectedRevision::Exact(e.revision));
            match store.append(Sample::new(name, "contested").expecting(expected).build()).await {
                Ok(_) => return,
                Err(AppendError::Conflict { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    assert!(tokio::time::timeout(PATIENCE, trying).await.is_ok(), "a caller starves on a contested stream");
}

pub(super) async fn a_command_sent_to_both_at_once_is_appended_once((a, b): Both) {
    for round in 0..50_usize {
        let append = Sample::new(&format!("{round}"), &format!("hall-{}", round % 7)).events(2).build();
        let (of_a, of_b) = tokio::join!(a.append(append.clone()), b.append(append));
        let (of_a, of_b) = (of_a.unwrap(), of_b.unwrap());
        assert!(!(of_a.repeated && of_b.repeated), "nobody appends: {of_a:?}, {of_b:?}");
        assert_eq!((of_a.first, of_a.last, of_a.revision), (of_b.first, of_b.last, of_b.revision));
        assert_eq!(of_a.last, Position(2 * (round as u64 + 1)));
    }
    assert_eq!(everything(&a).await.len(), 100);
}

pub(super) async fn of_one_command_sent_to_both_one_is_told_that_it_repeats((a, b): Both) {
    for round in 0..50_usize {
        let append = Sample::new(&format!("{round}"), &format!("hall-{}", round % 7)).events(2).build();
        let (of_a, of_b) = tokio::join!(a.append(append.clone()), b.append(append));
        let (of_a, of_b) = (of_a.unwrap(), of_b.unwrap());
        assert!(of_a.repeated != of_b.repeated, "one appends, one repeats: {of_a:?}, {of_b:?}");
    }
}

pub(super) async fn of_two_expectations_at_once_one_wins((a, b): Both) {
    for round in 0..50_u64 {
        let expected =
            round.checked_sub(1).map_or(ExpectedRevision::NoStream, |r| ExpectedRevision::Exact(Revision(r)));
        let append = |process: &str| Sample::new(&format!("{round}.{process}"), "hall").expecting(expected).build();
        let (of_a, of_b) = tokio::join!(a.append(append("a")), b.append(append("b")));
        let (won, lost) = if of_a.is_ok() { (of_a, of_b) } else { (of_b, of_a) };
        assert_eq!(won.unwrap().revision, Revision(round));
        match lost {
            Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Some(Revision(round))),
            other => panic!("both won revision {round}: {other:?}"),
        }
    }
}

pub(super) async fn an_append_elsewhere_ends_waiting((a, b): Both) {
    for round in 0..5 {
        let head = b.head().await.unwrap();
        let waiting = tokio::time::timeout(PATIENCE, b.wait_past(head, PATIENCE * 2));
        let (waited, appended) = tokio::join!(waiting, a.append(Sample::new(&format!("{round}"), "hall").build()));
        waited.expect("an append of another process ends waiting").unwrap();
        assert!(appended.unwrap().last > head && b.head().await.unwrap() > head);
    }
}

pub(super) async fn a_subscription_goes_on_in_another_process((a, b): Both) {
    const APPENDS: usize = 40;
    let count = APPENDS * 3;
    let writing = async {
        for number in 0..APPENDS {
            let writer = if number % 2 == 0 { &a } else { &b };
            let sample = Sample::new(&format!("{number}"), &format!("hall-{}", number % 3)).events(3);
            writer.append(sample.build()).await.unwrap();
        }
    };
    // What a process keeps when it ends is how far it looked; the next one goes on there.
    let reading = async {
        let (mut kept, mut events) = (Position::START, Vec::new());
        for life in 0.. {
            if events.len() >= count {
                break;
            }
            let store = if life % 2 == 0 { &a } else { &b };
            let mut subscription = Subscription::new(store.clone(), kept, EventFilter::all(), 7);
            for _ in 0..3 {
                if events.len() >= count {
                    break;
                }
                let batch = subscription.next().await.unwrap();
                kept = batch.up_to;
                events.extend(batch.events);
            }
        }
        events
    };
    let both = async { tokio::join!(writing, reading) };
    let ((), events) = tokio::time::timeout(PATIENCE, both).await.expect("a subscription went on");
    check_order(&events);
    assert_eq!(events, everything(&a).await);
}
