//! Delete hides, Tombstone ends, and the log keeps everything.

use chronogram_log::conformance::everything;
use eventstore::{
    AppendToStreamOptions, DeleteStreamOptions, Error, ReadAllOptions, ReadStreamOptions, StreamMetadataBuilder,
    StreamMetadataResult, StreamPosition, StreamState, SubscribeToStreamOptions, TombstoneStreamOptions,
};

use super::{World, any, drained, event, expecting, numbers};

async fn read(world: &World, stream: &str) -> Result<Vec<u128>, Error> {
    let read = world.client.read_stream(stream, &ReadStreamOptions::default()).await?;
    drained(read).await.map(|events| numbers(&events))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stream_is_none_until_it_is_written_to_again() {
    let world = World::in_postgres().await;
    world.append("hall", "SeatTaken", 1..4).await;
    let position = world.client.delete_stream("hall", &DeleteStreamOptions::default()).await.unwrap();
    assert_eq!(position.unwrap().commit, 4);
    assert!(matches!(read(&world, "hall").await, Err(Error::ResourceNotFound)));
    let again = world.client.delete_stream("hall", &DeleteStreamOptions::default()).await.unwrap();
    assert_eq!(again, None, "there is nothing left to delete");
    let refused =
        world.client.append_to_stream("hall", &expecting(StreamState::StreamExists), event("SeatTaken", 5)).await;
    assert!(matches!(refused, Err(Error::WrongExpectedVersion { .. })), "{refused:?}");

    let revived = expecting(StreamState::NoStream);
    let revived = world.client.append_to_stream("hall", &revived, event("SeatTaken", 5)).await.unwrap();
    assert_eq!(revived.next_expected_version, 3, "revisions go on behind what is hidden");
    assert_eq!(read(&world, "hall").await.unwrap(), [5]);
    let backwards = ReadStreamOptions::default().position(StreamPosition::End);
    let backwards = drained(world.client.read_stream("hall", &backwards).await.unwrap()).await.unwrap();
    assert_eq!(numbers(&backwards), [5]);

    // A second time, with what is expected now.
    let stale = DeleteStreamOptions::default().stream_state(StreamState::StreamRevision(1));
    assert!(world.client.delete_stream("hall", &stale).await.is_err());
    let exact = DeleteStreamOptions::default().stream_state(StreamState::StreamRevision(3));
    world.client.delete_stream("hall", &exact).await.unwrap();
    assert!(matches!(read(&world, "hall").await, Err(Error::ResourceNotFound)));

    // Nothing is gone: not from $all, not from the log.
    let all = drained(world.client.read_all(&ReadAllOptions::default()).await.unwrap()).await.unwrap();
    let seats: Vec<_> = all.into_iter().filter(|event| event.event_type == "SeatTaken").collect();
    assert_eq!(numbers(&seats), [1, 2, 3, 5]);
    assert_eq!(everything(&world.store).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tombstoned_stream_is_gone_for_good() {
    let world = World::in_memory().await;
    world.append("hall", "SeatTaken", 1..4).await;
    let mut following = world.client.subscribe_to_stream("hall", &SubscribeToStreamOptions::default()).await;
    world.client.tombstone_stream("hall", &TombstoneStreamOptions::default()).await.unwrap();
    assert!(matches!(read(&world, "hall").await, Err(Error::ResourceDeleted)));
    for state in [StreamState::Any, StreamState::NoStream, StreamState::StreamRevision(2)] {
        let refused = world.client.append_to_stream("hall", &expecting(state), event("SeatTaken", 9)).await;
        assert!(matches!(refused, Err(Error::ResourceDeleted)), "{refused:?}");
    }
    let twice = world.client.tombstone_stream("hall", &TombstoneStreamOptions::default()).await;
    assert!(matches!(twice, Err(Error::ResourceDeleted)));
    let deleted = world.client.delete_stream("hall", &DeleteStreamOptions::default()).await;
    assert!(matches!(deleted, Err(Error::ResourceDeleted)));
    let revived = StreamMetadataBuilder::new().truncate_before(0).build();
    let revived = world.client.set_stream_metadata("hall", &AppendToStreamOptions::default(), &revived).await;
    assert!(revived.is_err(), "its metadata cannot bring it back");
    let ended = loop {
        if let Err(error) = following.next().await {
            break error;
        }
    };
    assert!(matches!(ended, Error::ResourceDeleted), "{ended:?}");
    assert_eq!(everything(&world.store).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_streams_metadata_is_kept_and_cuts_its_beginning_off() {
    let world = World::in_postgres().await;
    world.append("hall", "SeatTaken", 1..6).await;
    let metadata = StreamMetadataBuilder::new().truncate_before(3).insert_custom_property("owner", "ann").build();
    world.client.set_stream_metadata("hall", &any(), &metadata).await.unwrap();
    assert_eq!(read(&world, "hall").await.unwrap(), [4, 5]);
    let newest = ReadStreamOptions::default().position(StreamPosition::End).max_count(1);
    match world.client.get_stream_metadata("hall", &newest).await.unwrap() {
        StreamMetadataResult::Success(metadata) => {
            assert_eq!(metadata.metadata().truncate_before, Some(3));
        }
        other => panic!("{other:?}"),
    }
    // Deleting adds to it.
    world.client.delete_stream("hall", &DeleteStreamOptions::default()).await.unwrap();
    let last = everything(&world.store).await.pop().unwrap();
    let said: serde_json::Value = serde_json::from_str(last.data.as_str()).unwrap();
    assert_eq!((&said["$tb"], &said["owner"]), (&5.into(), &"ann".into()), "{said}");
}
