//! A row tells which events wrote it, and what led to them.

use std::sync::Arc;

use chronogram_engine::{Engine, EngineError, Why};
use chronogram_log::{Actor, Append, EventStore, ExpectedRevision, JsonText, Metadata, NewEvent};
use chronogram_model::{CommandId, EventId, Origin, PersonId, StreamName};

use crate::{tally::Tally, world::World};

/// An event of one command in `hall`, caused by another or by nothing but a person.
async fn take_seat(world: &World, hall: &str, cause: &str, causation: Option<EventId>) -> EventId {
    let stream = StreamName::try_from(hall.to_owned()).unwrap();
    let origin = Origin::of(&["update", cause]);
    let command_id = CommandId::of(origin, "take", &stream);
    let metadata = Metadata {
        command_id,
        correlation: origin.event().0,
        causation,
        actor: Actor::Person(PersonId::Telegram(7)),
        fingerprint: None,
        traceparent: None,
    };
    let id = EventId::of(command_id, 0);
    let event = NewEvent {
        id,
        event_type: "SeatTaken".into(),
        version: 1,
        data: JsonText::from_trusted("{}".to_owned()),
        metadata: JsonText::of(&metadata).unwrap(),
    };
    let events = vec![event];
    let append = Append { command_id, fingerprint: None, stream, expected: ExpectedRevision::Any, events };
    world.store.append(append).await.unwrap();
    id
}

async fn why(engine: &Engine, row: &str, key: &[&str]) -> Result<Why, EngineError> {
    let key: Vec<_> = key.iter().map(|part| (*part).to_owned()).collect();
    engine.why(row, &key, 100, &|_| {}).await
}

fn positions(why: &Why) -> Vec<u64> {
    why.events.iter().map(|event| event.position.0).collect()
}

#[tokio::test]
async fn exactly_the_events_that_wrote_a_row_are_found() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    world.append(1_500).await;
    take_seat(&world, "the-gallery", "one", None).await;
    world.append(700).await;
    world.append_of_type("SeatFreed", 20).await;
    take_seat(&world, "the-gallery", "two", None).await;
    world.append(300).await;
    let gallery = why(&engine, "seats", &["the-gallery"]).await.unwrap();
    assert_eq!((positions(&gallery), gallery.exists, gallery.more), (vec![1_501, 2_222], true, false));
    assert_eq!((gallery.table.as_str(), gallery.key.as_str()), ("tally", "stream=the-gallery"));
    let one = why(&engine, "seats.applied", &["position=2222"]).await.unwrap();
    assert_eq!(positions(&one), [2_222]);
    let none = why(&engine, "seats", &["the-cellar"]).await.unwrap();
    assert_eq!((positions(&none), none.exists), (vec![], false));
    let some = engine.why("seats", &["hall-3".to_owned()], 5, &|_| {}).await.unwrap();
    assert_eq!((some.events.len(), some.more), (5, true));
    assert_eq!(world.number("select count(*) from pg_namespace where nspname like 'seats%'").await, 0);
}

#[tokio::test]
async fn causes_lead_back_to_where_it_began() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let first = take_seat(&world, "entrance", "update 1", None).await;
    take_seat(&world, "cloakroom", "update 1", None).await;
    let second = take_seat(&world, "stairs", "usher", Some(first)).await;
    take_seat(&world, "box", "usher again", Some(second)).await;
    let found = why(&engine, "seats", &["box"]).await.unwrap();
    assert_eq!(positions(&found), [4]);
    let cause = &found.causes.events[found.events[0].causation.as_ref().unwrap()];
    assert_eq!((cause.position.0, cause.stream.as_str()), (3, "stairs"));
    let root = &found.causes.events[cause.causation.as_ref().unwrap()];
    assert_eq!((root.position.0, root.causation.as_ref()), (1, None));
    assert_eq!(root.actor, Some(Actor::Person(PersonId::Telegram(7))));
    let together = &found.causes.together[root.correlation.as_ref().unwrap()];
    assert_eq!(
        (together.count, together.events.iter().map(|event| event.position.0).collect::<Vec<_>>()),
        (2, vec![1, 2])
    );
}

#[tokio::test]
async fn a_row_that_is_named_wrongly_is_answered_with_how_it_is_named() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    world.append(3).await;
    let wrong = why(&engine, "seats.chairs", &["1"]).await.unwrap_err().to_string();
    assert_eq!(wrong, "there is no table of that name; there are: seats.tally, seats.applied");
    let wrong = why(&engine, "seats.applied", &["1", "2"]).await.unwrap_err().to_string();
    assert_eq!(wrong, "a row of applied is named by position=…");
    let wrong = why(&engine, "seats.applied", &["first"]).await.unwrap_err().to_string();
    assert!(wrong.starts_with("a part of the key is not of its column's kind"), "{wrong}");
}
