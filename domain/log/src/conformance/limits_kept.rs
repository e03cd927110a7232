//! Limits are kept, and the refusal names the limit and what was found.

use chronogram_model::EventShape;

use super::samples::{Sample, everything};
use crate::{Append, AppendError, SharedEventStore, limits};

pub(super) async fn appends_over_a_limit_are_refused_with_both_numbers(store: SharedEventStore) {
    let sample = || Sample::new("1", "hall");
    refused(&store, sample().events(0).build(), &["at least 1"]).await;
    refused(&store, sample().events(limits::EVENTS_PER_APPEND_MAX + 1).build(), &["1000", "1001"]).await;

    let mut large = sample().build();
    let size_bytes = limits::EVENT_BYTES_MAX + 1;
    let quotes_and_metadata = 2 + large.events[0].metadata.as_str().len();
    large.events[0].data =
        crate::JsonText::from_trusted(format!("\"{}\"", "x".repeat(size_bytes - quotes_and_metadata)));
    refused(&store, large, &["1048576", "1048577"]).await;

    let mut many = sample().events(65).build();
    let megabyte = format!("\"{}\"", "x".repeat(limits::EVENT_BYTES_MAX - 1_000));
    for event in &mut many.events {
        event.data = crate::JsonText::from_trusted(megabyte.clone());
    }
    refused(&store, many, &["67108864"]).await;

    let twice = sample().build().events[0].id;
    refused(&store, sample().ids(&[twice, twice]).build(), &["twice"]).await;
    refused(&store, Sample::new("1", "hall\0").build(), &["U+0000"]).await;
    refused(&store, sample().fingerprint("\0").build(), &["U+0000"]).await;
    refused(&store, sample().fingerprint(&"f".repeat(513)).build(), &["512", "513"]).await;
    refused(&store, sample().shape(EventShape { name: "", version: 1 }).build(), &["1 to 256"]).await;
    refused(&store, sample().shape(EventShape { name: "SeatTaken", version: 40_000 }).build(), &["32767", "40000"])
        .await;

    assert!(everything(&store).await.is_empty(), "a refused append left events");
}

async fn refused(store: &SharedEventStore, append: Append, says: &[&str]) {
    match store.append(append).await {
        Err(AppendError::Invalid(message)) => {
            for word in says {
                assert!(message.contains(word), "{message:?} does not say {word:?}");
            }
        }
        other => panic!("a refusal that says {says:?} was due, the answer is {other:?}"),
    }
}

pub(super) async fn appends_at_the_limit_are_taken(store: SharedEventStore) {
    store.append(Sample::new("many", "hall").events(limits::EVENTS_PER_APPEND_MAX).build()).await.unwrap();
    let mut large = Sample::new("large", "hall").build();
    let quotes_and_metadata = 2 + large.events[0].metadata.as_str().len();
    let text = "x".repeat(limits::EVENT_BYTES_MAX - quotes_and_metadata);
    large.events[0].data = crate::JsonText::from_trusted(format!("\"{text}\""));
    store.append(large.clone()).await.unwrap();
    let events = everything(&store).await;
    assert_eq!(events.len(), limits::EVENTS_PER_APPEND_MAX + 1);
    assert!(events.last().unwrap().data == large.events[0].data, "a large event came back changed");
}
