//! An event that cannot be applied stops its projection, exactly there, and no other.

use std::sync::{Arc, atomic::Ordering};

use chronogram_engine::{EngineError, ProjectionState};
use chronogram_log::Position;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, World},
};

/// Two projections, one of which cannot take event 77; answers why it stopped.
async fn stopped_at_77(spoil: impl FnOnce(&Switches)) -> String {
    let world = World::new().await;
    let sick = Tally::new("sick");
    let switches = sick.switches.clone();
    spoil(&switches);
    let engine = world.engine(vec![Arc::new(sick), Arc::new(Tally::new("well"))]);
    let head = world.append(200).await;
    let running = World::run(&engine);
    let error = engine.wait_for(Some("sick"), head, PATIENCE).await.unwrap_err();
    let EngineError::Stopped { position: Position(77), reason, .. } = error else { panic!("{error}") };
    engine.wait_for(Some("well"), head, PATIENCE).await.unwrap();
    let head = world.append(20).await;
    engine.wait_for(Some("well"), head, PATIENCE).await.unwrap();
    assert_eq!(world.checkpoint("sick").await, 76, "everything before the event is applied");
    assert_eq!(world.number("select count(*) from sick_v1.applied").await, 76);
    let status = engine.status().await.unwrap().remove(0);
    assert_eq!((status.state, status.error_position), (ProjectionState::Stopped, Some(Position(77))));
    assert_eq!(status.error.as_ref(), Some(&reason));

    let again = engine.catch_up(head, &|_| {}).await.unwrap_err();
    assert!(again.to_string().contains("stopped at position 77"), "a command says so and does not wait: {again}");
    running.stop().await;

    // A restart tries again; the event can be applied now.
    switches.poison_at.store(0, Ordering::SeqCst);
    switches.break_at.store(0, Ordering::SeqCst);
    switches.panic_at.store(0, Ordering::SeqCst);
    let running = World::run(&engine);
    world.until("select position from projection.checkpoint where name = 'sick' and state = 'running'", 220).await;
    assert_eq!(world.number("select count(*) from sick_v1.applied").await, 220);
    running.stop().await;
    reason
}

#[tokio::test]
async fn an_event_that_the_fold_refuses_stops_its_projection_alone() {
    let reason = stopped_at_77(|switches| switches.poison_at.store(77, Ordering::SeqCst)).await;
    assert_eq!(reason, "the test says so");
}

#[tokio::test]
async fn an_event_whose_rows_the_database_refuses_is_found_in_its_batch() {
    let reason = stopped_at_77(|switches| switches.break_at.store(77, Ordering::SeqCst)).await;
    assert!(reason.contains("SQLSTATE 23514") && reason.contains("applied_parity_check"), "{reason}");
}

#[tokio::test]
async fn an_event_at_which_the_fold_panics_is_found_in_its_batch() {
    let reason = stopped_at_77(|switches| switches.panic_at.store(77, Ordering::SeqCst)).await;
    assert_eq!(reason, "the fold panicked");
}

#[tokio::test]
async fn a_projection_repaired_elsewhere_goes_on_without_a_restart() {
    let world = World::new().await;
    let sick = Tally::new("seats");
    sick.switches.poison_at.store(5, Ordering::SeqCst);
    let engine = world.engine(vec![Arc::new(sick)]);
    let head = world.append(10).await;
    let running = World::run(&engine);
    engine.wait_for(None, head, PATIENCE).await.unwrap_err();
    let repairer = world.engine(vec![Arc::new(Tally::new("seats"))]);
    repairer.rebuild("seats", &|_| {}).await.unwrap();
    repairer.switch("seats", &|_| {}).await.unwrap();
    assert_eq!(repairer.parked(None).await.unwrap(), [], "nothing waits any more");
    let head = world.append(10).await;
    world.until("select position from projection.checkpoint", head.as_i64()).await;
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 20);
    running.stop().await;
}
