//! Reading streams and `$all`, both ways, with filters.

use eventstore::{Error, Position, ReadAllOptions, ReadEvent, ReadStreamOptions, StreamPosition, SubscriptionFilter};

use super::{World, drained, numbers};

/// Events 1 to 10 of `a`, 11 to 15 of `b` (another type), 16 to 20 of `a`.
async fn world() -> World {
    let world = World::in_postgres().await;
    world.append("a", "SeatTaken", 1..11).await;
    world.append("b", "DoorOpened", 11..16).await;
    world.append("a", "SeatTaken", 16..21).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_reads_both_ways() {
    let world = world().await;
    let read = async |options: ReadStreamOptions| {
        numbers(&drained(world.client.read_stream("a", &options).await.unwrap()).await.unwrap())
    };
    let whole: Vec<_> = (1..11).chain(16..21).collect();
    let from = |revision| ReadStreamOptions::default().position(StreamPosition::Position(revision));
    assert_eq!(read(ReadStreamOptions::default()).await, whole);
    assert_eq!(read(from(8).max_count(4)).await, [9, 10, 16, 17]);
    assert_eq!(read(from(15)).await, [0; 0], "behind its end there is nothing, and it exists all the same");
    let backwards: Vec<_> = whole.iter().rev().copied().collect();
    assert_eq!(read(ReadStreamOptions::default().position(StreamPosition::End)).await, backwards);
    assert_eq!(read(from(2).backwards()).await, [3, 2, 1]);
    assert_eq!(read(from(0).backwards()).await, [1]);
    assert_eq!(read(from(1_000).backwards().max_count(2)).await, [20, 19]);
    assert_eq!(read(ReadStreamOptions::default().max_count(0)).await, [0; 0]);

    let missing = world.client.read_stream("nobody", &ReadStreamOptions::default()).await.unwrap();
    assert!(matches!(drained(missing).await, Err(Error::ResourceNotFound)));
    let mut tells_its_end = world.client.read_stream("b", &ReadStreamOptions::default()).await.unwrap();
    let mut last = None;
    while let Some(read) = tells_its_end.next_read_event().await.unwrap() {
        if let ReadEvent::LastStreamPosition(revision) = read {
            last = Some(revision);
        }
    }
    assert_eq!(last, Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_log_reads_both_ways() {
    let world = world().await;
    let read = async |options: ReadAllOptions| {
        numbers(&drained(world.client.read_all(&options).await.unwrap()).await.unwrap())
    };
    let at = |commit| StreamPosition::Position(Position { commit, prepare: commit });
    let from = |commit| ReadAllOptions::default().position(at(commit));
    assert_eq!(read(ReadAllOptions::default()).await, (1..21).collect::<Vec<_>>());
    assert_eq!(read(from(9).max_count(4)).await, [9, 10, 11, 12], "from a position on, that one included");
    assert_eq!(read(from(21)).await, [0; 0]);
    let backwards = ReadAllOptions::default().position(StreamPosition::End);
    assert_eq!(read(backwards.clone()).await, (1..21).rev().collect::<Vec<_>>());
    assert_eq!(read(backwards.max_count(1)).await, [20]);
    assert_eq!(read(from(4).backwards()).await, [3, 2, 1], "backwards before a position");
    assert_eq!(read(from(1_000).backwards().max_count(2)).await, [20, 19]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_choose_by_type_and_by_stream() {
    let world = world().await;
    let by_type = SubscriptionFilter::on_event_type;
    let by_stream = SubscriptionFilter::on_stream_name;
    let (doors, seats): (Vec<_>, Vec<_>) = ((11..16).collect(), (1..11).chain(16..21).collect());
    for (filter, expected) in [
        (by_type().add_prefix("Door"), &doors),
        (by_type().add_prefix("Nobody").add_prefix("Seat"), &seats),
        (by_type().regex("^(DoorOpened|NeverHappened)$"), &doors),
        (by_type().regex("Opened$"), &doors),
        (by_stream().add_prefix("a"), &seats),
        (by_stream().regex("^[^a]"), &doors),
        (by_type().exclude_system_events().max(3), &(1..21).collect()),
        (by_type().regex("^(NeverHappened)$"), &vec![]),
        (by_type().regex("^(?!(\\$.+$|DoorOpened$))"), &seats),
        (by_stream().regex("^(?!a).*$"), &doors),
    ] {
        let said = format!("{filter:?}");
        let options = ReadAllOptions::default().filter(filter);
        let read = world.client.read_all(&options).await.unwrap();
        assert_eq!(&numbers(&drained(read).await.unwrap()), expected, "{said}");
        let read = world.client.read_all(&options.clone().position(StreamPosition::End)).await.unwrap();
        let backwards: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(numbers(&drained(read).await.unwrap()), backwards, "backwards {said}");
        let read = world.client.read_all(&options.max_count(2)).await.unwrap();
        let first: Vec<_> = expected.iter().copied().take(2).collect();
        assert_eq!(numbers(&drained(read).await.unwrap()), first, "two of {said}");
    }
    let refused = world.client.read_all(&ReadAllOptions::default().filter(by_type().regex("^a(?!b)"))).await.unwrap();
    assert!(drained(refused).await.unwrap_err().to_string().contains("look-around"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_comes_whole_in_pages() {
    let world = World::in_memory().await;
    for thousand in 0..5_u128 {
        world.append("a", "SeatTaken", thousand * 1_000 + 1..(thousand + 1) * 1_000 + 1).await;
    }
    let read = world.client.read_all(&ReadAllOptions::default()).await.unwrap();
    assert_eq!(numbers(&drained(read).await.unwrap()), (1..=5_000).collect::<Vec<_>>());
    let read = world.client.read_all(&ReadAllOptions::default().position(StreamPosition::End)).await.unwrap();
    assert_eq!(numbers(&drained(read).await.unwrap()), (1..=5_000).rev().collect::<Vec<_>>());
    let read =
        world.client.read_stream("a", &ReadStreamOptions::default().position(StreamPosition::End)).await.unwrap();
    assert_eq!(numbers(&drained(read).await.unwrap()), (1..=5_000).rev().collect::<Vec<_>>());
}
