//! A rebuild stands beside the live tables, survives its own death, and is never seen half done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chronogram_engine::{BatchSizes, CopyRole, EngineError};

use crate::{
    tally::Tally,
    world::{PATIENCE, World},
};

const SMALL: BatchSizes = BatchSizes { live: 50, replay: 100 };

#[tokio::test]
async fn a_rebuild_and_a_switch_give_the_live_rows_and_readers_keep_answering() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]).with_batch_sizes(SMALL);
    let running = World::run(&engine);
    let head = world.append(2_000).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    let table_before = world.number("select 'seats_v1.tally'::regclass::oid::bigint").await;

    let over = AtomicBool::new(false);
    let readers = async {
        let (mut answers, mut least) = (0, i64::MAX);
        while !over.load(Ordering::SeqCst) {
            least = least.min(world.number("select count(*) from seats_v1.applied").await);
            answers += 1;
        }
        (answers, least)
    };
    let writer = async {
        for _ in 0..40 {
            world.append(25).await;
            tokio::task::yield_now().await;
        }
    };
    let rebuild = async {
        engine.rebuild("seats", &|_| {}).await.unwrap();
        let position = engine.switch("seats", &|_| {}).await.unwrap();
        over.store(true, Ordering::SeqCst);
        position
    };
    let (position, (), (answers, least)) = tokio::join!(rebuild, writer, readers);
    assert!(position >= head);
    assert!(answers > 0);
    assert!(least >= 2_000, "a reader saw only {least} rows");
    let table_after = world.number("select 'seats_v1.tally'::regclass::oid::bigint").await;
    assert_ne!(table_before, table_after, "the tables are new");

    // The live one goes on in the new tables.
    let head = world.append(30).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    world.until("select position from projection.checkpoint", 3_030).await;
    let after = world.rows("seats_v1").await;
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 3_030);
    assert_eq!(world.number("select count(*) from pg_indexes where schemaname = 'seats_v1'").await, 3);
    let beside = "select string_agg(nspname, ' ') from pg_namespace where nspname like 'seats\\_v1\\_%'";
    assert_eq!(world.word(beside).await, "seats_v1_previous");
    running.stop().await;

    world.engine(vec![Arc::new(Tally::new("fresh"))]).catch_up(head, &|_| {}).await.unwrap();
    assert_eq!(world.rows("fresh_v1").await, after);
}

#[tokio::test]
async fn a_rebuild_that_was_killed_goes_on_where_it_was() {
    let world = World::new().await;
    let head = world.append(1_000).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]).with_batch_sizes(SMALL);
    engine.catch_up(head, &|_| {}).await.unwrap();

    switches.gate.send_replace(600);
    let killed = tokio::spawn({
        let engine = engine.clone();
        async move { engine.rebuild("seats", &|_| {}).await }
    });
    let mut at_gate = switches.at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at == 700)).await.unwrap().unwrap();
    let seen = engine.status().await.unwrap().remove(0).next.unwrap();
    assert_eq!((seen.position.0, seen.until.0, seen.ready), (600, 1_000, false));
    assert!(seen.rate > 0.0 && seen.time_left_seconds.unwrap() > 0.0, "{seen:?}");
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 1_000, "the live rows stand");

    switches.gate.send_replace(u64::MAX);
    switches.passed.store(0, Ordering::SeqCst);
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert_eq!(switches.passed.load(Ordering::SeqCst), 400, "only what was left");
    assert!(engine.diff("seats", CopyRole::Next, &|_| {}).await.unwrap().is_clean());
    engine.switch("seats", &|_| {}).await.unwrap();
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
    assert_eq!(engine.status().await.unwrap().remove(0).next, None);
}

#[tokio::test]
async fn a_rebuild_that_was_done_is_brought_up_to_date() {
    let world = World::new().await;
    let head = world.append(300).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]).with_batch_sizes(SMALL);
    engine.catch_up(head, &|_| {}).await.unwrap();
    assert_eq!(engine.rebuild("seats", &|_| {}).await.unwrap(), head);
    let head = world.append(50).await;
    switches.passed.store(0, Ordering::SeqCst);
    assert_eq!(engine.rebuild("seats", &|_| {}).await.unwrap(), head);
    assert_eq!(switches.passed.load(Ordering::SeqCst), 50, "only what came since");
    assert_eq!(world.checkpoint("seats").await, 300, "the live one is somebody else's work");
}

#[tokio::test]
async fn two_rebuilds_at_once_are_refused() {
    let world = World::new().await;
    let head = world.append(300).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]).with_batch_sizes(SMALL);
    engine.catch_up(head, &|_| {}).await.unwrap();
    switches.gate.send_replace(100);
    let first = tokio::spawn({
        let engine = engine.clone();
        async move { engine.rebuild("seats", &|_| {}).await }
    });
    let mut at_gate = switches.at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at > 0)).await.unwrap().unwrap();
    let refused = engine.rebuild("seats", &|_| {}).await.unwrap_err();
    assert!(matches!(refused, EngineError::Busy { .. }), "{refused}");
    switches.gate.send_replace(u64::MAX);
    assert_eq!(first.await.unwrap().unwrap(), head);
}

#[tokio::test]
async fn a_rebuild_that_meets_a_poison_event_leaves_the_live_rows_alone() {
    let world = World::new().await;
    let head = world.append(300).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]).with_batch_sizes(SMALL);
    engine.catch_up(head, &|_| {}).await.unwrap();
    let before = world.rows("seats_v1").await;
    switches.poison_at.store(222, Ordering::SeqCst);
    let stopped = engine.rebuild("seats", &|_| {}).await.unwrap_err();
    assert!(stopped.to_string().contains("position 222"), "{stopped}");
    assert_eq!(world.rows("seats_v1").await, before);
    assert_eq!(world.checkpoint("seats").await, 300);
}

#[tokio::test]
async fn an_unknown_name_is_answered_with_the_known_ones() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats")), Arc::new(Tally::new("rows"))]);
    let refused = engine.rebuild("chairs", &|_| {}).await.unwrap_err().to_string();
    assert_eq!(refused, "there is no projection chairs; there are: seats, rows");
}
