//! Read models as they were: as if the log ended there.

use std::sync::{Arc, atomic::Ordering};

use chronogram_engine::{BatchSizes, Engine, EngineError};
use chronogram_log::Position;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, World, noon_and},
};

fn two(world: &World) -> (Engine, Arc<Switches>) {
    let (seats, rows) = (Tally::new("seats"), Tally { types: None, ..Tally::new("rows") });
    let switches = seats.switches.clone();
    let sizes = BatchSizes { replay: 100, ..BatchSizes::default() };
    (world.engine(vec![Arc::new(seats), Arc::new(rows)]).with_batch_sizes(sizes), switches)
}

#[tokio::test]
async fn a_read_model_of_the_past_is_what_a_log_that_ends_there_gives() {
    let (world, short) = (World::new().await, World::new().await);
    let (engine, _) = two(&world);
    world.append(437).await;
    world.append(500).await;
    engine.build_as_of(&[], Position(437), &|_| {}).await.unwrap();
    let built = engine.as_of().await.unwrap().unwrap();
    assert_eq!(
        (built.position, built.schemas.as_slice()),
        (Position(437), ["seats_v1_at_437", "rows_v1_at_437"].map(str::to_owned).as_slice())
    );

    let head = short.append(437).await;
    let (cut, _) = two(&short);
    cut.catch_up(head, &|_| {}).await.unwrap();
    for (then, now) in [("seats_v1_at_437", "seats_v1"), ("rows_v1_at_437", "rows_v1")] {
        let rows = world.rows(then).await;
        assert!(rows.lines().count() > 437, "the comparison has something to compare");
        assert_eq!(rows, short.rows(now).await);
    }
    assert_eq!(world.number("select count(*) from pg_indexes where schemaname = 'seats_v1_at_437'").await, 3);
}

#[tokio::test]
async fn there_is_one_moment_at_a_time() {
    let world = World::new().await;
    let (engine, _) = two(&world);
    let head = world.append(300).await;
    assert_eq!(engine.as_of().await.unwrap(), None);
    engine.build_as_of(&["seats"], Position(100), &|_| {}).await.unwrap();
    assert_eq!(engine.as_of().await.unwrap(), None, "not all of them stand there");
    engine.build_as_of(&["rows"], Position(100), &|_| {}).await.unwrap();
    assert_eq!(engine.as_of().await.unwrap().unwrap().position, Position(100));
    engine.build_as_of(&["seats"], Position(200), &|_| {}).await.unwrap();
    assert_eq!(world.number("select count(*) from pg_namespace where nspname like '%\\_at\\_100'").await, 0);
    let early = engine.build_as_of(&[], Position(301), &|_| {}).await.unwrap_err();
    assert!(matches!(early, EngineError::NotYet { until: Position(301), head: end } if end == head), "{early}");
}

#[tokio::test]
async fn one_that_was_killed_goes_on_where_it_was() {
    let world = World::new().await;
    let (engine, switches) = two(&world);
    world.append(500).await;
    switches.gate.send_replace(200);
    let killed = tokio::spawn({
        let engine = engine.clone();
        async move { engine.build_as_of(&["seats"], Position(450), &|_| {}).await }
    });
    let mut at_gate = switches.at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at == 300)).await.unwrap().unwrap();
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    switches.gate.send_replace(u64::MAX);
    switches.passed.store(0, Ordering::SeqCst);
    engine.build_as_of(&["seats"], Position(450), &|_| {}).await.unwrap();
    assert_eq!(switches.passed.load(Ordering::SeqCst), 250, "only what was left");
    assert_eq!(world.number("select count(*) from seats_v1_at_450.applied").await, 450);
}

#[tokio::test]
async fn its_time_is_over_after_a_day() {
    let world = World::new().await;
    let (engine, _) = two(&world);
    world.append(50).await;
    engine.build_as_of(&[], Position(50), &|_| {}).await.unwrap();
    world.execute("update projection.copy set expires_at = clock_timestamp() where name = 'seats'").await;
    assert_eq!(engine.as_of().await.unwrap(), None);
    let running = World::run(&engine);
    world.until("select count(*) from pg_namespace where nspname like '%\\_at\\_50'", 1).await;
    running.stop().await;
    assert_eq!(engine.prune(None, false).await.unwrap(), ["rows_v1_at_50"]);
}

#[tokio::test]
async fn a_time_is_the_position_of_the_last_event_until_then() {
    let world = World::new().await;
    let (engine, _) = two(&world);
    assert_eq!(engine.position_at(noon_and(0)).await.unwrap(), Position::START);
    // An event a second.
    world.append(1_000).await;
    for (seconds, position) in [(-1, 0), (0, 1), (1, 2), (499, 500), (998, 999), (5_000, 1_000)] {
        assert_eq!(engine.position_at(noon_and(seconds)).await.unwrap(), Position(position), "{seconds} s");
    }
}
