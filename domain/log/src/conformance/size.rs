//! Many streams, long streams.

use futures::{StreamExt, stream as flow};

use super::samples::{PATIENCE, Sample, check_order, collect, stream};
use crate::{Direction, ExpectedRevision, Revision, SharedEventStore, limits};

/// How large.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Streams of one event each.
    pub streams: usize,
    /// Events of one stream.
    pub stream_events: usize,
}

/// Callers at a time.
const CALLERS: usize = 256;

pub(super) async fn many_streams_are_kept_apart(store: SharedEventStore, streams: usize) {
    let appends = (0..streams).map(|number| {
        let sample = Sample::new("1", &format!("hall-{number}")).expecting(ExpectedRevision::NoStream);
        store.append(sample.build())
    });
    let appending = flow::iter(appends).buffer_unordered(CALLERS).for_each(|appended| async move {
        assert_eq!(appended.unwrap().revision, Revision(0));
    });
    tokio::time::timeout(PATIENCE, appending).await.expect("all streams are written");
    let events = collect(store.clone(), streams, 1_000).await;
    assert!(events.iter().all(|event| event.revision == Revision(0)));
    for number in (0..streams).step_by(streams / 50) {
        let found = store.read_stream(&stream(&format!("hall-{number}")), Revision(0), Direction::Forward, 10).await;
        assert_eq!(found.unwrap().len(), 1);
    }
}

pub(super) async fn a_long_stream_reads_whole_from_both_ends(store: SharedEventStore, events: usize) {
    let page = limits::EVENTS_PER_APPEND_MAX;
    for number in 0..events / page {
        let last = (number * page).checked_sub(1).map(|last| Revision(last as u64));
        let expected = last.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        store.append(Sample::new(&format!("{number}"), "hall").events(page).expecting(expected).build()).await.unwrap();
    }
    let mut forward = Vec::new();
    while let Some(next) = Some(forward.len() as u64).filter(|next| *next < events as u64) {
        let read = store.read_stream(&stream("hall"), Revision(next), Direction::Forward, page * 3).await.unwrap();
        assert!(!read.is_empty(), "the stream ends at revision {next}");
        forward.extend(read);
    }
    check_order(&forward);
    assert_eq!(forward.len(), events);
    let backward = store.read_stream(&stream("hall"), Revision(u64::MAX), Direction::Backward, page).await.unwrap();
    assert!(backward.iter().eq(forward.iter().rev().take(page)), "from its end it reads differently");
}
