//! Who reads the log by the protocol sees words of people while they can be read; who appends them has them sealed.

use std::{sync::Arc, time::Duration};

use chronogram_event_store::{KeyRing, MasterKey, Sealed};
use chronogram_log::PersonalKeys as _;
use chronogram_model::PersonId;
use chronogram_tests::TestDatabase;
use eventstore::{BatchAppendOptions, EventData, ReadStreamOptions, StreamState};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::{World, any, drained};
use crate::stores::open;

const NEEDLE: &str = "needle in words";

async fn read(world: &World) -> Vec<Value> {
    let read = world.client.read_stream("hall", &ReadStreamOptions::default()).await.unwrap();
    let events = drained(read).await.unwrap();
    events.iter().map(|event| serde_json::from_slice(&event.data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_sealed_behind_the_protocol_and_plain_before_it_until_they_are_erased() {
    let database = TestDatabase::create().await.unwrap();
    let keys = KeyRing::open(database.pool.clone(), MasterKey::new(&[1; 32]).unwrap()).await.unwrap();
    let keys = Arc::new(keys);
    let world = World::on(Arc::new(Sealed::new(Arc::new(open(&database).await), keys.clone()))).await;
    // As any client writes it: in another order, in a batch, as data that says it is JSON or says nothing.
    let ann = json!({ "note": { "plain": NEEDLE, "person": "7" }, "seat": 5 });
    let bob = json!({ "note": { "person": "8", "plain": { "text": "tea" } } });
    let appended = EventData::json("ReminderScheduled", &ann).unwrap().id(Uuid::from_u128(1));
    world.client.append_to_stream("hall", &any(), appended).await.unwrap();
    let binary = EventData::binary("ReminderScheduled", bob.to_string().into()).id(Uuid::from_u128(2));
    world.client.append_to_stream("hall", &any(), binary).await.unwrap();
    assert_eq!(read(&world).await, [ann, bob.clone()]);

    let stored: Vec<String> = sqlx::query_scalar("select data::text from es.event order by position")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    assert!(stored.iter().all(|data| data.contains("\"sealed\"")), "{stored:?}");
    assert!(!stored.iter().any(|data| data.contains("needle") || data.contains("tea")), "{stored:?}");

    keys.destroy(&[PersonId::Telegram(7)]).await.unwrap();
    let erased = json!({ "note": { "person": "7", "erased": true }, "seat": 5 });
    assert_eq!(read(&world).await, [erased, bob]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_on_where_what_is_under_way_holds_every_connection() {
    let database = TestDatabase::create().await.unwrap();
    let few = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(20));
    let database = TestDatabase { pool: few.connect_with(database.options.clone()).await.unwrap(), ..database };
    let keys = KeyRing::open(database.pool.clone(), MasterKey::new(&[1; 32]).unwrap()).await.unwrap();
    let world = World::on(Arc::new(Sealed::new(Arc::new(open(&database).await), Arc::new(keys)))).await;
    let session = world.client.batch_append(&BatchAppendOptions::default()).await.unwrap();
    // Each asks for a key of its own while the next is looked up.
    let appends = (1..=100_u128).map(|number| {
        let note = json!({ "note": { "person": number.to_string(), "plain": NEEDLE } });
        let event = EventData::json("ReminderScheduled", &note).unwrap().id(Uuid::from_u128(number));
        session.append_to_stream(format!("hall-{number}"), StreamState::NoStream, vec![event])
    });
    for answer in futures::future::join_all(appends).await {
        assert_eq!(answer.unwrap().current_revision(), Some(0));
    }
}
