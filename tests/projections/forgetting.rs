//! What the log lets go of stays in no copy: neither in those that the engine keeps nor in those that were left behind.

use std::sync::Arc;

use chronogram_engine::{Engine, EngineError};
use chronogram_log::Position;

use crate::{
    tally::Tally,
    world::{PATIENCE, World},
};

/// Of this projection, in this order.
async fn schemas(world: &World) -> String {
    world.word("select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname like 'seats%'").await
}

/// Live tables, those of before, and those of a moment of the past.
async fn with_copies(world: &World) -> Engine {
    let engine = world.engine(vec![Arc::new(Tally::new("seats")), Arc::new(Tally::new("seats_two"))]);
    let head = world.append(300).await;
    engine.catch_up(head, &|_| {}).await.unwrap();
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    engine.rebuild("seats_two", &|_| {}).await.unwrap();
    engine.build_as_of(&[], Position(100), &|_| {}).await.unwrap();
    engine
}

#[tokio::test]
async fn every_copy_goes_and_the_live_tables_have_folded_what_makes_them_forget() {
    let world = World::new().await;
    let engine = with_copies(&world).await;
    // A former version, and a verification that was killed.
    world
        .execute(
            "create schema seats_v0; create schema seats_v1_verify; create schema seats_v1_why_5; \
             insert into projection.checkpoint (name, version, fingerprint) values ('seats', 7, '')",
        )
        .await;
    let head = world.append(40).await;
    let dropped = engine.forget_before(head).await.unwrap();
    assert_eq!(
        dropped,
        [
            "seats_v0",
            "seats_v1_at_100",
            "seats_v1_previous",
            "seats_v1_verify",
            "seats_v1_why_5",
            "seats_two_v1_at_100",
            "seats_two_v1_next",
        ]
    );
    assert_eq!(schemas(&world).await, "seats_two_v1 seats_v1");
    assert_eq!(world.number("select count(*) from projection.copy").await, 0);
    assert_eq!(world.number("select count(*) from projection.checkpoint").await, 2);
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 340, "it waits for the live tables");
    assert_eq!(engine.forget_before(head).await.unwrap(), Vec::<String>::new());

    // What comes after is built from the log as it is now.
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
}

#[tokio::test]
async fn who_works_on_tables_is_not_disturbed_and_the_next_try_does_the_rest() {
    let world = World::new().await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]);
    let head = world.append(300).await;
    engine.catch_up(head, &|_| {}).await.unwrap();
    switches.gate.send_replace(200);
    let rebuilding = tokio::spawn({
        let engine = engine.clone();
        async move { engine.rebuild("seats", &|_| {}).await }
    });
    let mut at_gate = switches.at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at > 200)).await.unwrap().unwrap();
    let refused = engine.forget_before(head).await.unwrap_err();
    assert!(matches!(refused, EngineError::Busy { .. }), "{refused}");
    switches.gate.send_replace(u64::MAX);
    assert_eq!(rebuilding.await.unwrap().unwrap(), head);
    assert_eq!(engine.forget_before(head).await.unwrap(), ["seats_v1_next"]);
}
