//! What an append promises.

use std::collections::HashSet;

use chronogram_model::EventId;
use futures::future::join_all;

use super::samples::{SEAT_LEFT, Sample, everything, stream};
use crate::{AppendError, Direction, EventFilter, ExpectedRevision, Position, Revision, SharedEventStore};

const CALLERS: usize = 8;

pub(super) async fn a_fresh_log_is_empty(store: SharedEventStore) {
    assert_eq!(store.head().await.unwrap(), Position::START);
    let page = store.read_all(Position::START, &EventFilter::all(), 10).await.unwrap();
    assert_eq!((page.events.len(), page.up_to, page.head), (0, Position::START, Position::START));
    let events = store.read_stream(&stream("nobody"), Revision(0), Direction::Forward, 10).await.unwrap();
    assert!(events.is_empty());
    let sample = Sample::new("never", "nobody").build();
    assert_eq!(store.find_command(sample.command_id).await.unwrap(), None);
    assert!(store.known_events(&[sample.events[0].id]).await.unwrap().is_empty());
}

pub(super) async fn events_come_back_as_they_were_written(store: SharedEventStore) {
    // Order of keys, spaces, an escaped U+0000, numbers beyond 64 bits, letters of four bytes: kept, byte by byte.
    let data = r#"{ "b":1,  "a": "\u0000 \ud83d\ude00 😀 \\", "n": 123456789012345678901234567890.10, "e": {} }"#;
    let append = Sample::new("first", "hall-1").shape(SEAT_LEFT).data(data).build();
    let appended = store.append(append.clone()).await.unwrap();
    assert!(!appended.repeated && appended.first == appended.last && appended.first > Position::START);
    let events = everything(&store).await;
    assert_eq!(events.len(), 1);
    let (event, sent) = (&events[0], &append.events[0]);
    assert_eq!(event.position, appended.first);
    assert_eq!((&event.stream, event.revision, event.id), (&append.stream, Revision(0), sent.id));
    assert_eq!((event.event_type.as_str(), event.version), (SEAT_LEFT.name, SEAT_LEFT.version));
    assert_eq!((&event.data, &event.metadata), (&sent.data, &sent.metadata));
    assert_eq!(event.metadata().unwrap().command_id, append.command_id);
    assert_eq!(event.data.as_str(), data);
}

pub(super) async fn revisions_count_from_zero_in_each_stream(store: SharedEventStore) {
    let a = store.append(Sample::new("1", "a").events(3).build()).await.unwrap();
    let b = store.append(Sample::new("2", "b").events(1).build()).await.unwrap();
    let c = store.append(Sample::new("3", "a").events(2).build()).await.unwrap();
    assert_eq!((a.revision, b.revision, c.revision), (Revision(2), Revision(0), Revision(4)));
    assert!(a.first <= a.last && a.last < b.first && b.last < c.first);
    let events = everything(&store).await;
    let places: Vec<_> = events.iter().map(|event| (event.stream.as_str(), event.revision.0)).collect();
    assert_eq!(places, [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("a", 3), ("a", 4)]);
}

pub(super) async fn a_stale_expectation_is_refused_and_appends_nothing(store: SharedEventStore) {
    let absent = ExpectedRevision::Exact(Revision(0));
    conflict(&store, Sample::new("too early", "hall").expecting(absent), None).await;
    store.append(Sample::new("1", "hall").expecting(ExpectedRevision::NoStream).build()).await.unwrap();
    store.append(Sample::new("2", "hall").expecting(absent).build()).await.unwrap();
    let actual = Some(Revision(1));
    conflict(&store, Sample::new("stale", "hall").expecting(absent), actual).await;
    conflict(&store, Sample::new("new", "hall").expecting(ExpectedRevision::NoStream), actual).await;
    conflict(&store, Sample::new("far", "hall").expecting(ExpectedRevision::Exact(Revision(2))), actual).await;
    assert_eq!(everything(&store).await.len(), 2, "a refused append left events");
    // The refused command was not used up.
    let again = Sample::new("stale", "hall").expecting(ExpectedRevision::Exact(Revision(1))).build();
    assert_eq!(store.append(again).await.unwrap().revision, Revision(2));
}

async fn conflict(store: &SharedEventStore, sample: Sample, is_at: Option<Revision>) {
    let append = sample.build();
    match store.append(append.clone()).await {
        Err(AppendError::Conflict { stream, expected, actual }) => {
            assert_eq!((stream, expected, actual), (append.stream, append.expected, is_at));
        }
        other => panic!("a conflict was due, the answer is {other:?}"),
    }
}

pub(super) async fn a_repeated_command_gets_its_first_result(store: SharedEventStore) {
    let append = Sample::new("1", "hall").events(2).expecting(ExpectedRevision::NoStream).build();
    let first = store.append(append.clone()).await.unwrap();
    store.append(Sample::new("2", "hall").build()).await.unwrap();
    // The stream is not as the command expected any more: its first answer counts, not a conflict.
    let second = store.append(append.clone()).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!((second.first, second.last, second.revision), (first.first, first.last, first.revision));
    // Even where the repeat carries other events.
    let changed = Sample::new("1", "hall").events(3).build();
    assert_eq!(store.append(changed).await.unwrap(), second);
    let found = store.find_command(append.command_id).await.unwrap().unwrap();
    assert_eq!((found.first, found.last, found.fingerprint), (first.first, first.last, None));
    assert_eq!(everything(&store).await.len(), 3);
}

pub(super) async fn a_command_id_used_for_another_request_is_refused(store: SharedEventStore) {
    let append = Sample::new("1", "hall").fingerprint("one").build();
    store.append(append.clone()).await.unwrap();
    assert!(store.append(append.clone()).await.unwrap().repeated);
    match store.append(Sample::new("1", "hall").fingerprint("another").build()).await {
        Err(AppendError::FingerprintMismatch(command)) => assert_eq!(command, append.command_id),
        other => panic!("another request under the same id was answered by {other:?}"),
    }
    let found = store.find_command(append.command_id).await.unwrap().unwrap();
    assert_eq!(found.fingerprint.as_deref(), Some("one"));
    assert_eq!(everything(&store).await.len(), 1);
}

pub(super) async fn events_known_already_are_named_and_nothing_is_appended(store: SharedEventStore) {
    let old = Sample::new("old", "hall").events(2).build();
    let old_ids: Vec<_> = old.events.iter().map(|event| event.id).collect();
    store.append(old).await.unwrap();
    let fresh = Sample::new("fresh", "hall").build().events[0].id;
    match store.append(Sample::new("mixed", "hall").ids(&[old_ids[1], fresh]).build()).await {
        Err(AppendError::EventsKnown(known)) => assert_eq!(known, HashSet::from([old_ids[1]])),
        other => panic!("an event of the log was appended again: {other:?}"),
    }
    assert_eq!(everything(&store).await.len(), 2);
    let known = store.known_events(&[old_ids[0], old_ids[1], fresh]).await.unwrap();
    assert_eq!(known, old_ids.into_iter().collect());
    // The rest goes in under the same command.
    store.append(Sample::new("mixed", "hall").ids(&[fresh]).build()).await.unwrap();
    assert_eq!(everything(&store).await[2].id, fresh);
}

pub(super) async fn of_callers_with_one_expectation_one_wins(store: SharedEventStore) {
    for round in 0..10_u64 {
        let expected =
            round.checked_sub(1).map_or(ExpectedRevision::NoStream, |r| ExpectedRevision::Exact(Revision(r)));
        let attempts = (0..CALLERS)
            .map(|caller| store.append(Sample::new(&format!("{round}.{caller}"), "hall").expecting(expected).build()));
        let (mut won, mut lost) = (0, 0);
        for answer in join_all(attempts).await {
            match answer {
                Ok(appended) => {
                    assert_eq!(appended.revision, Revision(round));
                    won += 1;
                }
                Err(AppendError::Conflict { actual, .. }) => {
                    assert_eq!(actual, Some(Revision(round)));
                    lost += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((won, lost), (1, CALLERS - 1), "in round {round}");
    }
}

pub(super) async fn one_command_sent_by_many_is_appended_once(store: SharedEventStore) {
    for round in 0..10 {
        let append = Sample::new(&format!("{round}"), &format!("hall-{round}")).events(2).build();
        let answers = join_all((0..CALLERS).map(|_| store.append(append.clone()))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
        let places: HashSet<_> = answers.iter().map(|a| (a.first.0, a.last.0, a.revision.0)).collect();
        assert_eq!(places.len(), 1, "repeats of one command got different results");
    }
    assert_eq!(everything(&store).await.len(), 20);
}

pub(super) async fn commands_that_share_an_event_append_it_once(store: SharedEventStore) {
    let shared = [EventId::of(Sample::new("shared", "x").build().command_id, 0)];
    let commands = (0..CALLERS).map(|caller| {
        let name = format!("{caller}");
        store.append(Sample::new(&name, &format!("hall-{name}")).ids(&shared).build())
    });
    let (mut taken, mut known) = (0, 0);
    for answer in join_all(commands).await {
        match answer {
            Ok(_) => taken += 1,
            Err(AppendError::EventsKnown(ids)) => {
                assert_eq!(ids, HashSet::from(shared));
                known += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, known), (1, CALLERS - 1));
    assert_eq!(everything(&store).await.len(), 1);
}
