//! Following the log: live, after a restart, in batches of any size.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use chronogram_engine::{BatchSizes, EngineError, ProjectionState};
use chronogram_log::Position;

use crate::{
    tally::Tally,
    world::{PATIENCE, World},
};

#[tokio::test]
async fn events_are_applied_while_they_come() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let running = World::run(&engine);
    for _ in 0..5 {
        let head = world.append(30).await;
        engine.wait_for(Some("seats"), head, PATIENCE).await.unwrap();
        let counted = world.number("select sum(events)::bigint from seats_v1.tally").await;
        assert_eq!(counted, head.as_i64());
    }
    running.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_from_the_checkpoint_and_applies_nothing_twice() {
    let world = World::new().await;
    let (first, second) = (Tally::new("seats"), Tally::new("seats"));
    let passed = second.switches.clone();
    let engine = world.engine(vec![Arc::new(first)]);
    let running = World::run(&engine);
    let head = world.append(250).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    running.stop().await;

    let head = world.append(50).await;
    let engine = world.engine(vec![Arc::new(second)]);
    let running = World::run(&engine);
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    running.stop().await;
    assert_eq!(passed.passed.load(Ordering::SeqCst), 50);
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 300);
}

#[tokio::test]
async fn batches_of_any_size_give_the_same_rows() {
    let world = World::new().await;
    let head = world.append(1_500).await;
    let mut rows = Vec::new();
    for (name, live) in [("ones", 1), ("sevens", 7), ("thousands", 1_000)] {
        let engine = world
            .engine(vec![Arc::new(Tally::new(name))])
            .with_batch_sizes(BatchSizes { live, ..BatchSizes::default() });
        engine.catch_up(head, &|_| {}).await.unwrap();
        rows.push(world.rows(&format!("{name}_v1")).await);
    }
    assert!(rows[0].lines().count() > 1_500, "the comparison has something to compare");
    assert_eq!(rows[0], rows[1]);
    assert_eq!(rows[1], rows[2]);
}

#[tokio::test]
async fn events_of_other_types_move_the_checkpoint_only() {
    let world = World::new().await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine = world.engine(vec![Arc::new(tally)]);
    let running = World::run(&engine);
    let head = world.append_of_type("CurtainFell", 40).await;
    // From a second process, so that only the stored checkpoint can answer.
    let elsewhere = world.engine(vec![Arc::new(Tally::new("seats"))]);
    elsewhere.wait_for(Some("seats"), head, PATIENCE).await.unwrap();
    assert_eq!(world.checkpoint("seats").await, 40);
    assert_eq!(switches.passed.load(Ordering::SeqCst), 0);
    running.stop().await;
}

#[tokio::test]
async fn catch_up_does_the_work_where_nobody_else_does() {
    let world = World::new().await;
    let head = world.append(120).await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats")), Arc::new(Tally::new("rows"))]);
    let steps = std::sync::Mutex::new(Vec::new());
    engine.catch_up_named(&["rows"], head, &|step| steps.lock().unwrap().push(step)).await.unwrap();
    assert_eq!(steps.lock().unwrap().last().map(|step| (step.done, step.total)), Some((120, 120)));
    assert_eq!(world.number("select count(*) from rows_v1.applied").await, 120);
    assert_eq!(world.number("select count(*) from pg_namespace where nspname = 'seats_v1'").await, 0);
    engine.catch_up(head, &|_| {}).await.unwrap();
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 120);
}

#[tokio::test]
async fn catch_up_waits_for_the_process_that_leads() {
    let world = World::new().await;
    let leader = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let running = World::run(&leader);
    let first = world.append(10).await;
    leader.wait_for(None, first, PATIENCE).await.unwrap();
    let other = Tally::new("seats");
    let switches = other.switches.clone();
    let head = world.append(500).await;
    world.engine(vec![Arc::new(other)]).catch_up(head, &|_| {}).await.unwrap();
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 510);
    assert_eq!(switches.passed.load(Ordering::SeqCst), 0, "the leader did it");
    running.stop().await;
}

#[tokio::test]
async fn waiting_has_an_end() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let behind = engine.wait_for(None, Position(1), Duration::from_millis(80)).await.unwrap_err();
    assert!(matches!(behind, EngineError::Behind { wanted: Position(1), .. }), "{behind}");
    let unknown = engine.wait_for(Some("chairs"), Position(1), PATIENCE).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no projection chairs; there are: seats");
}

#[tokio::test]
async fn status_tells_lag_and_leader() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let head = world.append(25).await;
    let before = engine.status().await.unwrap().remove(0);
    assert_eq!((before.position, before.head, before.lag_events), (Position::START, head, 25));
    assert_eq!((before.state, before.owner), (ProjectionState::Idle, None));
    assert!(before.lag_ms > 0, "the log's events are of an earlier day");
    let running = World::run(&engine);
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    let after = engine.status().await.unwrap().remove(0);
    assert_eq!((after.position, after.lag_events, after.lag_ms), (head, 0, 0));
    assert_eq!(after.state, ProjectionState::Running);
    assert!(after.owner.is_some());
    running.stop().await;
}

#[tokio::test]
async fn tables_of_another_shape_are_refused_with_the_way_out() {
    let world = World::new().await;
    let head = world.append(20).await;
    world.engine(vec![Arc::new(Tally::new("seats"))]).catch_up(head, &|_| {}).await.unwrap();
    let mut changed = Tally::new("seats");
    changed.types = None;
    let engine = world.engine(vec![Arc::new(changed)]);
    let refused = engine.catch_up(head, &|_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("chronogram projections rebuild seats"), "{refused}");
    assert_eq!(engine.status().await.unwrap()[0].state, ProjectionState::Stopped);
    let running = World::run(&engine);
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    let head = world.append_of_type("CurtainFell", 5).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 25);
    running.stop().await;
}

#[tokio::test]
async fn a_checkpoint_ahead_of_its_log_is_refused() {
    let world = World::new().await;
    let head = world.append(20).await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    engine.catch_up(head, &|_| {}).await.unwrap();
    world.execute("update projection.checkpoint set position = 900").await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let refused = engine.catch_up(Position(901), &|_| {}).await.unwrap_err();
    assert!(matches!(refused, EngineError::AheadOfLog { position: Position(900), .. }), "{refused}");
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    assert_eq!(world.checkpoint("seats").await, 20);
}
