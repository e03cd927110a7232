//! What reads promise.

use super::samples::{SEAT_LEFT, Sample, check_order, everything, stream};
use crate::{Direction, EventFilter, Position, Revision, SharedEventStore, limits};

pub(super) async fn a_stream_reads_both_ways(store: SharedEventStore) {
    for command in 0..5 {
        store.append(Sample::new(&format!("{command}"), "hall").events(2).build()).await.unwrap();
        store.append(Sample::new(&format!("{command}"), "other").events(1).build()).await.unwrap();
    }
    let read = async |from, direction, limit| -> Vec<u64> {
        let events = store.read_stream(&stream("hall"), Revision(from), direction, limit).await.unwrap();
        assert!(events.iter().all(|event| event.stream.as_str() == "hall"));
        events.iter().map(|event| event.revision.0).collect()
    };
    assert_eq!(read(0, Direction::Forward, 100).await, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(read(3, Direction::Forward, 4).await, [3, 4, 5, 6]);
    assert_eq!(read(10, Direction::Forward, 4).await, [0; 0]);
    assert_eq!(read(u64::MAX, Direction::Backward, 3).await, [9, 8, 7]);
    assert_eq!(read(4, Direction::Backward, 100).await, [4, 3, 2, 1, 0]);
    assert_eq!(read(0, Direction::Backward, 100).await, [0]);
    assert_eq!(read(0, Direction::Forward, 0).await, [0; 0]);
}

pub(super) async fn many_streams_are_read_at_once(store: SharedEventStore) {
    for (name, events) in [("hall", 5), ("other", 1), ("third", 2)] {
        store.append(Sample::new(name, name).events(events).build()).await.unwrap();
    }
    let wanted = [("third", 0), ("hall", 2), ("other", 7), ("nobody", 0), ("a\0b", 0)];
    let wanted = wanted.map(|(name, from)| (stream(name), Revision(from)));
    let events = store.read_streams(&wanted, 2).await.unwrap();
    let of = |name: &str| -> Vec<u64> {
        events.iter().filter(|event| event.stream.as_str() == name).map(|event| event.revision.0).collect()
    };
    assert_eq!((of("hall"), of("third"), events.len()), (vec![2, 3], vec![0, 1], 4));
    let read = store.read_stream(&stream("hall"), Revision(2), Direction::Forward, 2).await.unwrap();
    let hall: Vec<_> = events.iter().filter(|event| event.stream == stream("hall")).cloned().collect();
    assert_eq!(hall, read, "each as it is read alone");
    assert!(store.read_streams(&[], 2).await.unwrap().is_empty());
}

pub(super) async fn pages_join_without_gap_or_repeat(store: SharedEventStore) {
    for command in 0..10 {
        let hall = format!("hall-{}", command % 3);
        store.append(Sample::new(&format!("{command}"), &hall).events(7).build()).await.unwrap();
    }
    let whole = everything(&store).await;
    assert_eq!(whole.len(), 70);
    check_order(&whole);
    for limit in [1, 3, 10, 69, 70, 71] {
        let (mut after, mut pages) = (Position::START, Vec::new());
        loop {
            let page = store.read_all(after, &EventFilter::all(), limit).await.unwrap();
            assert!(page.events.len() <= limit);
            if page.events.is_empty() {
                assert_eq!(page.up_to, page.head);
                break;
            }
            after = page.up_to;
            pages.extend(page.events);
        }
        assert_eq!(pages, whole, "pages of {limit}");
    }
    let none = store.read_all(Position(5), &EventFilter::all(), 0).await.unwrap();
    assert_eq!((none.events.len(), none.up_to), (0, Position(5)), "an empty page looked at nothing");
}

pub(super) async fn a_filter_skips_what_it_drops_and_says_how_far_it_looked(store: SharedEventStore) {
    for command in 0..20 {
        let sample = Sample::new(&format!("{command}"), "hall").events(2);
        let sample = if command % 5 == 4 { sample.shape(SEAT_LEFT) } else { sample };
        store.append(sample.build()).await.unwrap();
    }
    let head = store.head().await.unwrap();
    let whole = everything(&store).await;
    let left: Vec<_> = whole.iter().filter(|event| event.event_type == SEAT_LEFT.name).cloned().collect();
    assert_eq!(left.len(), 8);

    let filter = EventFilter::types([SEAT_LEFT.name, "NeverHappened", SEAT_LEFT.name]);
    let page = store.read_all(Position::START, &filter, 3).await.unwrap();
    assert_eq!(page.events, left[..3]);
    assert_eq!((page.up_to, page.head), (left[2].position, head), "a full page ends with its last event");
    let rest = store.read_all(page.up_to, &filter, 100).await.unwrap();
    assert_eq!(rest.events, left[3..]);
    assert_eq!(rest.up_to, head, "a page that is not full has looked at everything");

    for nobody in [EventFilter::types(["NeverHappened"]), EventFilter::types([])] {
        let page = store.read_all(Position::START, &nobody, 10).await.unwrap();
        assert_eq!((page.events.len(), page.up_to), (0, head));
    }
    let both = EventFilter::types([SEAT_LEFT.name, "SeatTaken"]);
    assert_eq!(store.read_all(Position::START, &both, 100).await.unwrap().events, whole);
}

pub(super) async fn a_page_is_bounded_whatever_is_asked(store: SharedEventStore) {
    let appends = limits::PAGE_EVENTS_MAX / limits::EVENTS_PER_APPEND_MAX + 1;
    for command in 0..appends {
        let sample = Sample::new(&format!("{command}"), "hall").events(limits::EVENTS_PER_APPEND_MAX);
        store.append(sample.build()).await.unwrap();
    }
    for filter in [EventFilter::all(), EventFilter::types(["SeatTaken"])] {
        let page = store.read_all(Position::START, &filter, usize::MAX).await.unwrap();
        assert_eq!(page.events.len(), limits::PAGE_EVENTS_MAX);
        assert_eq!(Some(page.up_to), page.events.last().map(|event| event.position));
        assert!(page.up_to < page.head);
    }
}

pub(super) async fn a_reader_past_the_head_gets_nothing_and_stays(store: SharedEventStore) {
    let head = store.append(Sample::new("1", "hall").build()).await.unwrap().last;
    let beyond = Position(head.0 + 10);
    let page = store.read_all(beyond, &EventFilter::all(), 10).await.unwrap();
    assert_eq!((page.events.len(), page.up_to, page.head), (0, beyond, head));
}

pub(super) async fn stream_names_are_any_text(store: SharedEventStore) {
    let longest = "ж".repeat(chronogram_model::StreamName::MAX_BYTES / 2);
    let names = ["канал-1", "Канал-1", "hall 1", "hall-1 ", "%_\\'\";--", "😀", "e\u{301}", "é", "\n\t\u{1}", &longest];
    for name in names {
        store.append(Sample::new("1", name).build()).await.unwrap();
    }
    for name in names {
        let events = store.read_stream(&stream(name), Revision(0), Direction::Forward, 10).await.unwrap();
        assert_eq!(events.len(), 1, "stream {name:?}");
        assert_eq!(events[0].stream.as_str(), name);
    }
    assert!(store.read_stream(&stream("hall\0"), Revision(0), Direction::Forward, 10).await.unwrap().is_empty());
}
