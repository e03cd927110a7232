//! The hash chain: whatever is changed past the triggers is found, and where.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_event_store::{
    ChainHash, LogReport, OlderEvent, PostgresEventStore, Renew, StoreSettings, examine_log, upgrade_log,
};
use chronogram_log::{
    EventStore, Fault, Position, SharedEventStore, StoreError,
    conformance::{Sample, everything},
};
use chronogram_tests::TestDatabase;
use sqlx::AssertSqlSafe;

use crate::stores::{open, two_on};

/// Six events: one alone, a batch of four, one alone.
async fn six_events() -> TestDatabase {
    let database = TestDatabase::create().await.unwrap();
    let store = open(&database).await;
    store.append(Sample::new("1", "hall").build()).await.unwrap();
    store.append(Sample::new("2", "stage").events(4).build()).await.unwrap();
    store.append(Sample::new("3", "hall").build()).await.unwrap();
    store.close().await;
    database
}

async fn examine(database: &TestDatabase) -> LogReport {
    examine_log(&database.pool, Position::START, &|_, _| {}).await.unwrap()
}

/// Changes the log as somebody does who owns the database.
async fn tamper(database: &TestDatabase, sql: &str) {
    let sql = format!("begin; set local session_replication_role = replica; {sql}; commit");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();
}

fn places(faults: &[Fault]) -> Vec<(&str, Option<u64>)> {
    faults.iter().map(|fault| (fault.invariant, fault.position.map(|position| position.0))).collect()
}

#[tokio::test]
async fn a_log_as_it_was_written_is_clean_and_its_head_hash_covers_it() {
    let database = six_events().await;
    let report = examine(&database).await;
    assert_eq!((report.head, report.events, places(&report.faults)), (Position(6), 6, vec![]));
    assert_ne!(report.hash, ChainHash::START);
    let partly = examine_log(&database.pool, Position(3), &|_, _| {}).await.unwrap();
    assert_eq!((partly.events, partly.hash, partly.faults), (3, report.hash, vec![]));
    let store = open(&database).await;
    store.append(Sample::new("4", "hall").build()).await.unwrap();
    assert_ne!(examine(&database).await.hash, report.hash);
}

#[tokio::test]
async fn any_changed_byte_is_found_at_its_position() {
    for (column, change) in [
        ("stream", "'hell'"),
        ("revision", "9"),
        ("event_id", "gen_random_uuid()"),
        ("type", "'SeatTakem'"),
        ("version", "2"),
        ("data", "overlay(data::text placing '!' from 3 for 1)::json"),
        ("data", "(data::text || ' ')::json"),
        ("meta", "(meta::text || ' ')::json"),
        ("recorded_at", "recorded_at + interval '1 microsecond'"),
        ("hash", "set_byte(hash, 31, get_byte(hash, 31) # 1)"),
    ] {
        let database = six_events().await;
        tamper(&database, &format!("update es.event set {column} = {change} where position = 3")).await;
        let faults = examine(&database).await.faults;
        assert_eq!(places(&faults).first(), Some(&("I7", Some(3))), "{column} = {change}: {faults:?}");
    }
}

#[tokio::test]
async fn what_was_left_out_put_in_or_swapped_is_found() {
    for (sql, expected) in [
        ("delete from es.event where position = 3", ("I2", Some(3))),
        ("delete from es.event where position = 6", ("I1", Some(6))),
        (
            "update es.event set position = -position where position in (3, 4);
             update es.event set position = 7 + position where position < 0",
            ("I7", Some(3)),
        ),
        ("update es.command set last_position = 9 where first_position = 2", ("I6", Some(2))),
        (
            "insert into es.command (command_id, first_position, last_position)
          values (gen_random_uuid(), 40, 40)",
            ("I6", Some(40)),
        ),
    ] {
        let database = six_events().await;
        tamper(&database, sql).await;
        let faults = examine(&database).await.faults;
        assert_eq!(places(&faults).first(), Some(&expected), "{sql}: {faults:?}");
    }
}

#[tokio::test]
async fn retention_keeps_the_chain_and_hides_no_change() {
    let database = six_events().await;
    let retain = "set local chronogram.retention = 'on'; update es.event set data = 'null' where position = 3";
    sqlx::raw_sql(AssertSqlSafe(format!("begin; {retain}; {retain}; commit"))).execute(&database.pool).await.unwrap();
    let report = examine(&database).await;
    assert_eq!(places(&report.faults), vec![]);
    tamper(&database, "update es.event set data = '{\"seat\": 9}' where position = 3").await;
    assert_eq!(places(&examine(&database).await.faults), vec![("I7", Some(3))]);
    tamper(&database, "update es.event set data = 'null', meta = '{}' where position = 3").await;
    assert_eq!(places(&examine(&database).await.faults), vec![("I7", Some(3))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_make_one_chain() {
    const APPENDS: usize = 60;
    let database = TestDatabase::create().await.unwrap();
    let (a, b) = two_on(&database).await;
    let appends =
        (0..APPENDS).map(|n| {
            let store = if n % 2 == 0 { a.clone() } else { b.clone() };
            async move {
                store.append(Sample::new(&format!("{n}"), &format!("hall-{}", n % 7)).events(1 + n % 5).build()).await
            }
        });
    let appended = futures::future::try_join_all(appends).await.unwrap();
    let report = examine(&database).await;
    assert_eq!(places(&report.faults), vec![]);
    assert_eq!(Some(report.head), appended.iter().map(|appended| appended.last).max());
}

/// Upper-cases what older events say, in place of sealing it.
struct Louder;

#[async_trait]
impl Renew for Louder {
    async fn renew(&self, events: &mut [OlderEvent]) -> Result<(), StoreError> {
        for event in events {
            event.set_data(event.data().replace("seat", "SEAT"), event.version() + 1);
        }
        Ok(())
    }
}

/// As a release left it that knew no chain.
async fn older_log() -> TestDatabase {
    let database = six_events().await;
    tamper(
        &database,
        "alter table es.event drop constraint event_hash; update es.event set hash = null;
         alter table es.event add constraint event_hash check (hash is not null and octet_length(hash) = 32) not valid",
    )
    .await;
    database
}

#[tokio::test]
async fn an_older_log_is_brought_up_to_date_once_and_keeps_places_and_ids() {
    let database = older_log().await;
    let refused = PostgresEventStore::open(database.pool.clone(), StoreSettings::default()).await;
    let StoreError::Unavailable { source, .. } = refused.unwrap_err() else { panic!("opened without hashes") };
    assert!(source.to_string().contains("chronogram migrate"), "{source}");

    assert_eq!(upgrade_log(&database.pool, &Louder, &|_, _| {}).await.unwrap(), 6);
    assert_eq!(upgrade_log(&database.pool, &Louder, &|_, _| {}).await.unwrap(), 0);
    assert_eq!(places(&examine(&database).await.faults), vec![]);
    let store: SharedEventStore = Arc::new(open(&database).await);
    let events = everything(&store).await;
    assert!(events.iter().all(|event| event.data.as_str().contains("SEAT") && event.version == 2));
    assert_eq!(events.iter().map(|event| event.position.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(store.append(Sample::new("2", "stage").events(4).build()).await.unwrap().repeated);
    store.append(Sample::new("4", "hall").build()).await.unwrap();
    assert_eq!(places(&examine(&database).await.faults), vec![]);
}

#[tokio::test]
async fn an_upgrade_that_was_cut_goes_on_where_it_stopped() {
    let database = older_log().await;
    // The first three are done, as after a batch that was committed before the kill.
    let complete = older_log().await;
    upgrade_log(&complete.pool, &Louder, &|_, _| {}).await.unwrap();
    upgrade_log(&database.pool, &Louder, &|_, _| {}).await.unwrap();
    tamper(
        &database,
        "alter table es.event drop constraint event_hash;
         update es.event set hash = null, version = 1, data = replace(data::text, 'SEAT', 'seat')::json where position > 3;
         alter table es.event add constraint event_hash check (hash is not null and octet_length(hash) = 32) not valid",
    )
    .await;
    assert_eq!(upgrade_log(&database.pool, &Louder, &|_, _| {}).await.unwrap(), 3);
    assert_eq!(places(&examine(&database).await.faults), vec![]);
}
