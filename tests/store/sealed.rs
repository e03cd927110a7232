//! Words of people are sealed in any store, and gone with their key.

use std::{collections::HashSet, sync::Arc};

use chronogram_event_store::{KeyError, KeyRing, MasterKey, SealOlder, Sealed, examine_log, upgrade_log};
use chronogram_log::{
    AppendError, Codec, EventFilter, EventStore, PersonalKeys as _, Position, SharedEventStore, StoreError,
    conformance,
    conformance::{Sample, everything},
};
use chronogram_model::PersonId;
use chronogram_tests::TestDatabase;
use sqlx::AssertSqlSafe;

use crate::{
    serving::{Serving, WRITER},
    stores::{in_memory, open, two_on},
};

const ANN: PersonId = PersonId::Telegram(7);
const NEEDLE: &str = "needle-in-plain-words";

async fn keys_with(database: &TestDatabase, master: u8) -> Result<Arc<KeyRing>, KeyError> {
    KeyRing::open(database.pool.clone(), MasterKey::new(&[master; 32]).unwrap()).await.map(Arc::new)
}

async fn keys(database: &TestDatabase) -> Arc<KeyRing> {
    keys_with(database, 1).await.unwrap()
}

async fn sealed_memory() -> SharedEventStore {
    let keys = keys(&TestDatabase::create().await.unwrap()).await;
    Arc::new(Sealed::new(in_memory().await, keys))
}

async fn sealed_on(database: &TestDatabase) -> SharedEventStore {
    Arc::new(Sealed::new(Arc::new(open(database).await), keys(database).await))
}

async fn sealed_postgres() -> SharedEventStore {
    sealed_on(&TestDatabase::create().await.unwrap()).await
}

async fn two_sealed() -> (SharedEventStore, SharedEventStore) {
    two_sealed_on(&TestDatabase::create().await.unwrap()).await
}

async fn two_sealed_on(database: &TestDatabase) -> (SharedEventStore, SharedEventStore) {
    let (a, b) = two_on(database).await;
    (Arc::new(Sealed::new(a, keys(database).await)), Arc::new(Sealed::new(b, keys(database).await)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_memory_keeps_all_promises() {
    conformance::common(sealed_memory).await;
    conformance::dense(sealed_memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_at_a_server_keeps_all_promises() {
    conformance::common(|| async {
        let database = TestDatabase::create().await.unwrap();
        let serving = Serving::start(in_memory().await).await;
        let kept: SharedEventStore = Arc::new(crate::kurrent::open_on(&database, &serving.url(WRITER)));
        let sealed: SharedEventStore = Arc::new(Sealed::new(kept, keys(&database).await));
        serving.until_unused(vec![Arc::downgrade(&sealed)]);
        sealed
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_postgres_keeps_all_promises() {
    conformance::common(sealed_postgres).await;
    conformance::dense(sealed_postgres).await;
    conformance::two_processes(two_sealed).await;
}

fn words_of(person: &PersonId) -> String {
    format!(
        r#"{{"a": {{"person":"{person}","plain":{{"text":"{NEEDLE}"}}}}, "b": [{{"person":"{person}","plain":"{NEEDLE}"}}]}}"#
    )
}

fn erased(person: &PersonId) -> String {
    format!(r#"{{"a": {{"person":"{person}","erased":true}}, "b": [{{"person":"{person}","erased":true}}]}}"#)
}

async fn data(store: &SharedEventStore) -> Vec<String> {
    everything(store).await.into_iter().map(|event| event.data.as_str().to_owned()).collect()
}

async fn stored(database: &TestDatabase) -> String {
    let all: Vec<String> = sqlx::query_scalar("select data::text from es.event order by position")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    all.join("\n")
}

#[tokio::test]
async fn words_come_back_as_they_were_and_are_not_to_be_seen_in_the_table() {
    let database = TestDatabase::create().await.unwrap();
    let store = sealed_on(&database).await;
    store.append(Sample::new("1", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    assert_eq!(data(&store).await, [words_of(&ANN)]);
    let stored = stored(&database).await;
    assert!(stored.contains(r#"{"person":"7","sealed":""#) && !stored.contains(NEEDLE), "{stored}");
}

#[tokio::test]
async fn a_repeat_that_would_be_sealed_otherwise_is_recognised() {
    let store = sealed_postgres().await;
    let sample = || Sample::new("1", "hall").data(&words_of(&ANN)).fingerprint("digest").build();
    let first = store.append(sample()).await.unwrap();
    let again = store.append(sample()).await.unwrap();
    assert!(again.repeated && again.first == first.first);
    let known = store.known_events(&[sample().events[0].id]).await.unwrap();
    assert_eq!(known, HashSet::from([sample().events[0].id]));
    let other = Sample::new("1", "hall").data(&words_of(&ANN)).fingerprint("another").build();
    assert!(matches!(store.append(other).await, Err(AppendError::FingerprintMismatch(_))));
}

#[tokio::test]
async fn a_destroyed_key_erases_everywhere_at_once_and_another_begins_for_what_comes() {
    let database = TestDatabase::create().await.unwrap();
    let (here, there) = two_sealed_on(&database).await;
    let (ann, bob) = (words_of(&ANN), words_of(&PersonId::Telegram(8)));
    here.append(Sample::new("1", "hall").data(&ann).build()).await.unwrap();
    there.append(Sample::new("2", "hall").data(&bob).build()).await.unwrap();
    assert_eq!(data(&here).await, [ann.clone(), bob.clone()]);
    assert_eq!(data(&there).await, [ann.clone(), bob.clone()]);
    let before = examine_log(&database.pool, Position::START, &|_, _| {}).await.unwrap();

    let ring = keys(&database).await;
    assert_eq!(ring.readable(&[ANN]).await.unwrap(), 1);
    assert_eq!(ring.destroy(&[ANN]).await.unwrap(), 1);
    assert_eq!((ring.readable(&[ANN]).await.unwrap(), ring.destroy(&[ANN]).await.unwrap()), (0, 0));
    for store in [&here, &there] {
        assert_eq!(data(store).await, [erased(&ANN), bob.clone()]);
    }
    let after = examine_log(&database.pool, Position::START, &|_, _| {}).await.unwrap();
    assert_eq!((after.hash, after.faults), (before.hash, vec![]), "the chain covers what is sealed");

    there.append(Sample::new("3", "hall").data(&ann).build()).await.unwrap();
    assert_eq!(data(&here).await, [erased(&ANN), bob, ann]);
}

#[tokio::test]
async fn sealed_words_open_in_their_event_only() {
    let database = TestDatabase::create().await.unwrap();
    let store = sealed_on(&database).await;
    for name in ["1", "2"] {
        store.append(Sample::new(name, "hall").data(&words_of(&ANN)).build()).await.unwrap();
    }
    let moved = "update es.event set data = (select data from es.event where position = 1) where position = 2";
    let sql = format!("begin; set local session_replication_role = replica; {moved}; commit");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();
    match store.read_all(Position::START, &EventFilter::all(), 10).await {
        Err(StoreError::Corrupt { position, .. }) => assert_eq!(position, Position(2)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_key_is_damage_and_not_taken_for_an_erasure() {
    let database = TestDatabase::create().await.unwrap();
    let store = sealed_on(&database).await;
    store.append(Sample::new("1", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    sqlx::raw_sql("delete from person.key").execute(&database.pool).await.unwrap();
    match sealed_on(&database).await.read_all(Position::START, &EventFilter::all(), 10).await {
        Err(StoreError::Corrupt { position, detail }) => {
            assert!(position == Position(1) && detail.contains("not among the keys"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_appends_what_only_the_store_writes() {
    let store = sealed_memory().await;
    for sealed in [r#""AAAA""#, r#"".""#, r#"".AQ\"""#, r#"".\u0041""#, "1", "{}", "null"] {
        let data = format!(r#"{{"a":{{"person":"7","sealed":{sealed}}}}}"#);
        let refused = store.append(Sample::new("1", "hall").data(&data).build()).await;
        assert!(matches!(refused, Err(AppendError::Invalid(_))), "{data}");
    }
}

#[tokio::test]
async fn a_log_kept_for_another_house_gives_back_what_that_house_sealed() {
    let ours = TestDatabase::create().await.unwrap();
    let here = sealed_on(&ours).await;
    // Two houses in a row: each seals what is its own, and keeps what it cannot read.
    let (near, far) = (TestDatabase::create().await.unwrap(), TestDatabase::create().await.unwrap());
    let near: SharedEventStore = Arc::new(Sealed::new(here.clone(), keys_with(&near, 2).await.unwrap()));
    let far: SharedEventStore = Arc::new(Sealed::new(near.clone(), keys_with(&far, 3).await.unwrap()));
    far.append(Sample::new("1", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    near.append(Sample::new("2", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    here.append(Sample::new("3", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    assert_eq!(data(&far).await[0], words_of(&ANN));
    assert_eq!(data(&near).await[1], words_of(&ANN));
    let seen = data(&here).await;
    assert_eq!(seen[2], words_of(&ANN));
    assert!(seen[..2].iter().all(|data| data.contains(r#"{"person":"7","sealed":"#) && !data.contains(NEEDLE)));
    // Here they are somebody's words that nobody here can read, or erase.
    let read: chronogram_model::Personal<String> = serde_json::from_str(r#"{"person":"7","sealed":"AQ"}"#).unwrap();
    assert_eq!((read.person(), read.plain()), (&ANN, None));
    keys(&ours).await.destroy(&[ANN]).await.unwrap();
    assert_eq!(data(&far).await[0], words_of(&ANN));
    assert_eq!(data(&here).await[2], erased(&ANN));
}

#[tokio::test]
async fn what_another_process_of_the_house_sealed_is_not_sealed_again() {
    let database = TestDatabase::create().await.unwrap();
    let outer: SharedEventStore = Arc::new(Sealed::new(sealed_on(&database).await, keys(&database).await));
    outer.append(Sample::new("1", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    assert_eq!(data(&sealed_on(&database).await).await, [words_of(&ANN)]);
    let stored = stored(&database).await;
    assert!(!stored.contains(NEEDLE), "{stored}");
    // In another event it would open for nobody.
    let moved = Sample::new("2", "hall").data(&stored).build();
    assert!(matches!(outer.append(moved).await, Err(AppendError::Invalid(_))));
}

#[tokio::test]
async fn another_master_key_is_refused_at_the_start() {
    let database = TestDatabase::create().await.unwrap();
    let _first = keys(&database).await;
    assert!(matches!(keys_with(&database, 2).await, Err(KeyError::WrongMaster)));
    assert!(keys_with(&database, 1).await.is_ok());
}

#[tokio::test]
async fn digests_are_veiled_the_same_way_by_every_process() {
    let database = TestDatabase::create().await.unwrap();
    let (here, there) = two_sealed_on(&database).await;
    let veiled = |store: &SharedEventStore| {
        let mut digest = [5_u8; 32];
        store.veil(&mut digest);
        digest
    };
    assert_eq!(veiled(&here), veiled(&there));
    assert_ne!(veiled(&here), veiled(&sealed_memory().await), "another house has another secret");
}

#[tokio::test]
async fn an_older_log_is_sealed_when_it_is_brought_up_to_date() {
    let database = TestDatabase::create().await.unwrap();
    let plain = open(&database).await;
    plain.append(Sample::new("1", "hall").data(&words_of(&ANN)).build()).await.unwrap();
    let press = r#"{"press":"1","person":"7","data":"needle-in-plain-words","pressed_at":"2026-11-21T08:30:00Z"}"#;
    let pressed = chronogram_model::EventShape { name: "ButtonPressed", version: 1 };
    plain.append(Sample::new("2", "hall").shape(pressed).data(press).build()).await.unwrap();
    plain.close().await;
    let older = "alter table es.event drop constraint event_hash; update es.event set hash = null;
         alter table es.event add constraint event_hash check (hash is not null) not valid";
    let sql = format!("begin; set local session_replication_role = replica; {older}; commit");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();

    let renew = SealOlder::new(Codec::new().unwrap(), keys(&database).await);
    assert_eq!(upgrade_log(&database.pool, &renew, &|_, _| {}).await.unwrap(), 2);
    assert!(!stored(&database).await.contains(NEEDLE));
    assert_eq!(examine_log(&database.pool, Position::START, &|_, _| {}).await.unwrap().faults, vec![]);
    let events = everything(&sealed_on(&database).await).await;
    assert_eq!(events[0].data.as_str(), words_of(&ANN));
    assert_eq!(events[1].version, 2);
    assert!(events[1].data.as_str().contains(r#""data":{"person":"7","plain":"needle-in-plain-words"}"#));
}
