//! Positions without holes: progress of a replay is exact.

use tokio::task::JoinSet;

use super::samples::{Sample, everything};
use crate::{EventFilter, ExpectedRevision, Position, SharedEventStore};

pub(super) async fn positions_are_dense_whatever_was_refused(store: SharedEventStore) {
    let known = [Sample::new("known", "hall").build().events[0].id];
    store.append(Sample::new("known", "hall").build()).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let store = store.clone();
        writers.spawn(async move {
            let mut results = Vec::new();
            for number in 0..30 {
                let name = format!("{writer}.{number}");
                let sample = Sample::new(&name, "hall").events(1 + number % 4);
                let sample = match number % 5 {
                    1 => sample.expecting(ExpectedRevision::NoStream),
                    2 => sample.ids(&known),
                    3 => Sample::new(&format!("shared.{number}"), "hall"),
                    _ => sample,
                };
                if let Ok(appended) = store.append(sample.build()).await {
                    results.push(appended);
                }
            }
            results
        });
    }
    let results: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let events = everything(&store).await;
    let positions: Vec<u64> = events.iter().map(|event| event.position.0).collect();
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>());
    let appended: u64 = results.iter().filter(|r| !r.repeated).map(|r| r.last.0 - r.first.0 + 1).sum();
    assert_eq!(appended + 1, events.len() as u64, "what was acknowledged is not what is in the log");
    for result in results {
        let mine = |event: &&crate::RecordedEvent| event.position >= result.first && event.position <= result.last;
        let commands: std::collections::HashSet<_> =
            events.iter().filter(mine).map(|event| event.metadata().unwrap().command_id).collect();
        assert_eq!(commands.len(), 1, "the events of one append are neighbours");
    }
}

pub(super) async fn the_head_is_the_number_of_events(store: SharedEventStore) {
    for command in 0..5_u64 {
        store.append(Sample::new(&format!("{command}"), "hall").events(3).build()).await.unwrap();
        let head = Position(3 * (command + 1));
        assert_eq!(store.head().await.unwrap(), head);
        let page = store.read_all(Position::START, &EventFilter::types(["NeverHappened"]), 10).await.unwrap();
        assert_eq!((page.up_to, page.head), (head, head));
    }
}
