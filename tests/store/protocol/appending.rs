//! `Append` and `BatchAppend`.

use chronogram_log::{conformance::everything, limits};
use eventstore::{BatchAppendOptions, CurrentRevision, Error, EventData, ReadStreamOptions, StreamState};
use uuid::Uuid;

use super::{World, any, bytes, drained, event, expecting, numbers};

/// Data and user metadata, and whether it says that it is JSON.
const SHAPES: &[(&[u8], &[u8], bool)] = &[
    (br#"{ "b":1,  "a": "\u0000 \ud83d\ude00 \\" }"#, br#"{"$correlationId": "x"}"#, true),
    (b"123456789012345678901234567890.10", b"", true),
    (b"\x00\x01\xff\xfe", b"\xff\x00", false),
    (b"", b"", false),
    (b"no json at all", b" {\"a\": 1} ", true),
    ("\"жить\"".as_bytes(), br#"{"eventstore":{},"command_id":"x"}"#, false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_appends_comes_back_byte_by_byte() {
    for world in [World::in_memory().await, World::in_postgres().await] {
        for (number, (data, metadata, is_json)) in SHAPES.iter().enumerate() {
            let appended = if *is_json {
                // The client's own way to say so wants to write the JSON itself.
                let raw: Result<&serde_json::value::RawValue, _> = serde_json::from_slice(data);
                match raw {
                    Ok(raw) => EventData::json("SeatTaken", &raw).unwrap(),
                    Err(_) => EventData::binary("SeatTaken", (*data).into()),
                }
            } else {
                EventData::binary("SeatTaken", (*data).into())
            };
            let appended = appended.id(Uuid::from_u128(number as u128 + 1)).metadata((*metadata).into());
            world.client.append_to_stream("зал 1", &any(), appended).await.unwrap();
        }
        let read = world.client.read_stream("зал 1", &ReadStreamOptions::default()).await.unwrap();
        let events = drained(read).await.unwrap();
        assert_eq!(events.len(), SHAPES.len());
        for (number, (event, (data, metadata, is_json))) in events.iter().zip(SHAPES).enumerate() {
            assert_eq!((&event.data[..], &event.custom_metadata[..]), (*data, *metadata), "event {number}");
            let (stream, event_type) = (event.stream_id(), event.event_type.as_str());
            assert_eq!((stream, event_type, event.revision), ("зал 1", "SeatTaken", number as u64));
            assert_eq!(event.id, Uuid::from_u128(number as u128 + 1));
            assert_eq!(event.is_json, *is_json && serde_json::from_slice::<serde_json::Value>(data).is_ok());
            assert_eq!((event.position.commit, event.position.prepare), (number as u64 + 1, number as u64 + 1));
            assert!(event.metadata["created"].parse::<u64>().unwrap() >= 17_000_000_000_000_000);
        }
        // The rest of the product reads it as any other event, and knows who it was.
        let in_the_log = everything(&world.store).await;
        let actors: Vec<_> = in_the_log.iter().map(|event| event.metadata().unwrap().actor).collect();
        assert!(actors.iter().all(|actor| *actor == chronogram_log::Actor::Principal("writer".to_owned())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_expectation_is_answered_with_what_was_expected_and_what_is() {
    let world = World::in_memory().await;
    let attempt = async |state, number| {
        world.client.append_to_stream("hall", &expecting(state), event("SeatTaken", number)).await
    };
    let refused = |answer: eventstore::Result<eventstore::WriteResult>| match answer {
        Err(Error::WrongExpectedVersion { expected, current }) => (expected, current),
        other => panic!("a refusal was due, the answer is {other:?}"),
    };
    let (exists, absent) = (StreamState::StreamExists, StreamState::NoStream);
    assert_eq!(refused(attempt(exists, 1).await), (exists, CurrentRevision::NoStream));
    let behind = StreamState::StreamRevision(3);
    assert_eq!(refused(attempt(behind, 1).await), (behind, CurrentRevision::NoStream));

    assert_eq!(attempt(absent, 1).await.unwrap().next_expected_version, 0);
    let second = attempt(exists, 2).await.unwrap();
    assert_eq!((second.next_expected_version, second.position.commit), (1, 2));
    assert_eq!(attempt(StreamState::StreamRevision(1), 3).await.unwrap().next_expected_version, 2);

    assert_eq!(refused(attempt(absent, 4).await), (absent, CurrentRevision::Current(2)));
    let stale = StreamState::StreamRevision(1);
    assert_eq!(refused(attempt(stale, 4).await), (stale, CurrentRevision::Current(2)));
    assert_eq!(everything(&world.store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_append_gets_its_first_result() {
    let world = World::in_postgres().await;
    let append = async |numbers: &[u128]| {
        let events: Vec<_> = numbers.iter().map(|number| event("SeatTaken", *number)).collect();
        world.client.append_to_stream("hall", &expecting(StreamState::NoStream), events).await
    };
    let first = append(&[1, 2]).await.unwrap();
    world.client.append_to_stream("hall", &any(), event("SeatTaken", 3)).await.unwrap();
    let second = append(&[1, 2]).await.unwrap();
    assert_eq!((first.next_expected_version, first.position), (second.next_expected_version, second.position));
    // Half of it again is no repeat.
    assert!(append(&[2, 4]).await.is_err());
    let elsewhere = world.client.append_to_stream("other", &any(), event("SeatTaken", 2)).await;
    assert!(matches!(elsewhere, Err(Error::ResourceAlreadyExists)), "{elsewhere:?}");
    assert_eq!(everything(&world.store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_batches_keeps_their_order_and_answers_each() {
    let world = World::in_postgres().await;
    let session = world.client.batch_append(&BatchAppendOptions::default()).await.unwrap();
    let appends = (0..200_u64).map(|number| {
        let state = number.checked_sub(1).map_or(StreamState::NoStream, StreamState::StreamRevision);
        session.append_to_stream("hall", state, vec![event("SeatTaken", u128::from(number) + 1)])
    });
    for (number, answer) in futures::future::join_all(appends).await.into_iter().enumerate() {
        let written = answer.unwrap();
        assert_eq!((written.stream_name(), written.current_revision()), ("hall", Some(number as u64)));
        assert_eq!(written.current_position().unwrap().commit, number as u64 + 1);
    }
    let known: Vec<_> = everything(&world.store).await.iter().map(|event| event.id.0.as_u128()).collect();
    assert_eq!(known, (1..=200).collect::<Vec<_>>());

    match session.append_to_stream("hall", StreamState::NoStream, vec![event("SeatTaken", 500)]).await {
        Err(Error::Grpc { code, message }) => {
            assert_eq!((i32::from(code), message.as_str()), (6, "WrongExpectedVersion"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_over_a_limit_are_refused_and_the_connection_goes_on() {
    let world = World::in_memory().await;
    let large = |bytes: usize| EventData::binary("SeatTaken", vec![7; bytes].into()).id(Uuid::from_u128(1));
    let refused = world.client.append_to_stream("hall", &any(), large(limits::EVENT_BYTES_MAX)).await;
    assert!(format!("{refused:?}").contains("1048576"), "{refused:?}");
    let beyond = world.client.append_to_stream("hall", &any(), large(2 * limits::EVENT_BYTES_MAX)).await;
    assert!(beyond.is_err());
    let many: Vec<_> = (1..=1_001).map(|number| event("SeatTaken", number)).collect();
    let refused = world.client.append_to_stream("hall", &any(), many).await;
    assert!(format!("{refused:?}").contains("1000 events"), "{refused:?}");
    let without_type = world.client.append_to_stream("hall", &any(), EventData::binary("", bytes("x"))).await;
    assert!(format!("{without_type:?}").contains("event type"), "{without_type:?}");
    for name in ["$all", "$system", ""] {
        assert!(world.client.append_to_stream(name, &any(), event("SeatTaken", 1)).await.is_err(), "{name:?}");
    }
    let ours = EventData::binary("SeatTaken", bytes("{}")).metadata(bytes(r#"{"chronogram":{"version":1}}"#));
    let refused = world.client.append_to_stream("hall", &any(), ours).await;
    assert!(format!("{refused:?}").contains("chronogram"), "{refused:?}");
    assert_eq!(world.store.head().await.unwrap().0, 0);
    // Three quarters: base64 makes a third more of it.
    world.client.append_to_stream("hall", &any(), large(limits::EVENT_BYTES_MAX / 4 * 3 - 1_000)).await.unwrap();
    let read = world.client.read_stream("hall", &ReadStreamOptions::default()).await.unwrap();
    assert_eq!(numbers(&drained(read).await.unwrap()), [1]);
}
