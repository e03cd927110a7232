//! An event that cannot be applied waits for an operator, who has it tried again or left out.

use std::sync::{Arc, atomic::Ordering};

use chronogram_engine::{CopyRole, Engine, EngineError, ParkedKind};
use chronogram_log::Position;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, Running, World},
};

/// A projection that runs and stands before event 77 of 200.
async fn stopped(world: &World, spoil: impl FnOnce(&Switches)) -> (Engine, Arc<Switches>, Running) {
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    spoil(&switches);
    let engine = world.engine(vec![Arc::new(tally)]);
    let head = world.append(200).await;
    let running = World::run(&engine);
    let error = engine.wait_for(None, head, PATIENCE).await.unwrap_err();
    assert!(matches!(error, EngineError::Stopped { position: Position(77), .. }), "{error}");
    (engine, switches, running)
}

#[tokio::test]
async fn what_stopped_a_projection_is_seen_without_its_data() {
    for kind in [ParkedKind::Poison, ParkedKind::Refused, ParkedKind::Panicked] {
        let spoil = |switches: &Switches| match kind {
            ParkedKind::Refused => switches.break_at.store(77, Ordering::SeqCst),
            ParkedKind::Panicked => switches.panic_at.store(77, Ordering::SeqCst),
            _ => switches.poison_at.store(77, Ordering::SeqCst),
        };
        let world = World::new().await;
        let (engine, _, running) = stopped(&world, spoil).await;
        let [event] = engine.parked(Some("seats")).await.unwrap().try_into().unwrap();
        assert_eq!((event.projection, event.position, event.kind), ("seats", Position(77), kind));
        assert_eq!(event.event_type.as_deref(), Some("SeatTaken"));
        assert!(event.stream.unwrap().starts_with("hall-"));
        assert_eq!((event.attempts, event.skipped), (1, None));
        assert_eq!(engine.status().await.unwrap()[0].parked, 1);
        running.stop().await;
    }
}

#[tokio::test]
async fn what_is_tried_again_goes_on_once_it_can_be_applied() {
    let world = World::new().await;
    let (engine, switches, running) = stopped(&world, |switches| switches.poison_at.store(77, Ordering::SeqCst)).await;
    assert_eq!(engine.retry_parked("seats").await.unwrap(), Position(77));
    world.until("select attempts::bigint from projection.parked", 2).await;

    switches.poison_at.store(0, Ordering::SeqCst);
    world.until("select count(*) from projection.checkpoint where state = 'stopped'", 1).await;
    engine.retry_parked("seats").await.unwrap();
    world.until("select position from projection.checkpoint", 200).await;
    assert_eq!(engine.parked(None).await.unwrap(), [], "it waits no more");
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 200);
    let nothing = engine.retry_parked("seats").await.unwrap_err().to_string();
    assert_eq!(nothing, "no event of projection seats waits to be tried again or skipped");
    running.stop().await;
}

#[tokio::test]
async fn what_is_skipped_is_left_out_everywhere_and_noted() {
    let world = World::new().await;
    let (engine, _, running) = stopped(&world, |switches| switches.break_at.store(77, Ordering::SeqCst)).await;
    let other = engine.skip_parked("seats", Position(78), "anna", "it is broken").await.unwrap_err().to_string();
    assert_eq!(other, "projection seats is not stopped at position 78, but at 77");
    engine.skip_parked("seats", Position(77), "anna", "it is broken").await.unwrap();
    world.until("select position from projection.checkpoint", 200).await;
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 199);
    assert_eq!(world.number("select count(*) from seats_v1.applied where position = 77").await, 0);
    let [event] = engine.parked(None).await.unwrap().try_into().unwrap();
    let skipped = event.skipped.unwrap();
    assert_eq!((skipped.by.as_str(), skipped.why.as_str()), ("anna", "it is broken"));
    let status = engine.status().await.unwrap().remove(0);
    assert_eq!((status.parked, status.skipped), (0, 1));

    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert!(engine.diff("seats", CopyRole::Next, &|_| {}).await.unwrap().is_clean());
    engine.switch("seats", &|_| {}).await.unwrap();
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 199);
    running.stop().await;
}

#[tokio::test]
async fn a_damaged_log_is_not_skipped() {
    let world = World::new().await;
    let (engine, _, running) = stopped(&world, |switches| switches.poison_at.store(77, Ordering::SeqCst)).await;
    running.stop().await;
    world.execute("update projection.parked set kind = 'corrupt'").await;
    let refused = engine.skip_parked("seats", Position(77), "anna", "let it be").await.unwrap_err();
    assert!(matches!(refused, EngineError::Damaged { position: Position(77) }), "{refused}");
    assert_eq!(engine.parked(None).await.unwrap()[0].kind, ParkedKind::Corrupt);
}
