//! Work that is asked for in one process and done in the one that keeps the projections.

use std::sync::{Arc, atomic::Ordering};

use chronogram_engine::{BatchSizes, Engine, EngineError, Work};
use chronogram_log::Position;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, World},
};

const OPEN: &str = "select count(*) from projection.job where state in ('queued', 'running')";

async fn house(world: &World) -> (Engine, Arc<Switches>) {
    let head = world.append(300).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let sizes = BatchSizes { replay: 100, ..BatchSizes::default() };
    let engine = world.engine(vec![Arc::new(tally)]).with_batch_sizes(sizes);
    engine.catch_up(head, &|_| {}).await.unwrap();
    (engine, switches)
}

fn rebuild(switch: bool) -> Work {
    Work::Rebuild { name: "seats".to_owned(), switch }
}

#[tokio::test]
async fn what_is_asked_for_is_done_in_order_by_who_keeps_the_projections() {
    let world = World::new().await;
    let (engine, _) = house(&world).await;
    let asked = engine.ask_for(&rebuild(false), "anna", None).await.unwrap();
    assert_eq!((asked.state.as_str(), asked.kind.as_str(), asked.asked_by.as_str()), ("queued", "rebuild", "anna"));
    engine.ask_for(&Work::Switch { name: "seats".to_owned() }, "anna", None).await.unwrap();
    engine.ask_for(&Work::Rollback { name: "seats".to_owned() }, "anna", None).await.unwrap();
    engine.ask_for(&Work::AsOf { until: Position(120) }, "anna", None).await.unwrap();
    let former = world.number("select 'seats_v1.tally'::regclass::oid::bigint").await;
    let running = World::run(&engine);
    world.until(OPEN, 0).await;
    running.stop().await;
    let jobs = engine.jobs_of_each().await.unwrap();
    let ended: Vec<_> = jobs.iter().map(|job| (job.kind.as_str(), job.state.as_str(), job.error.as_deref())).collect();
    assert_eq!(ended, [("rollback", "done", None), ("switch", "done", None), ("rebuild", "done", None)]);
    assert!(jobs.iter().all(|job| job.ended_at.is_some()));
    assert_eq!(engine.jobs().await.unwrap()[0].state, "done");
    assert_eq!(engine.as_of().await.unwrap().unwrap().position, Position(120));
    assert_eq!(world.number("select 'seats_v1.tally'::regclass::oid::bigint").await, former, "switched and back");
}

#[tokio::test]
async fn a_job_that_fails_says_why_and_the_next_is_done() {
    let world = World::new().await;
    let (engine, _) = house(&world).await;
    engine.ask_for(&Work::Switch { name: "seats".to_owned() }, "anna", None).await.unwrap();
    engine.ask_for(&rebuild(true), "anna", None).await.unwrap();
    let unknown = engine.ask_for(&Work::Switch { name: "chairs".to_owned() }, "anna", None).await.unwrap_err();
    assert!(unknown.to_string().contains("no projection chairs"), "{unknown}");
    let running = World::run(&engine);
    world.until(OPEN, 0).await;
    running.stop().await;
    let jobs = engine.jobs_of_each().await.unwrap();
    assert_eq!((jobs[0].state.as_str(), jobs[1].state.as_str()), ("done", "failed"));
    assert!(jobs[1].error.as_deref().unwrap().contains("was not rebuilt"), "{jobs:?}");
    assert!(engine.status().await.unwrap()[0].previous.is_some());
}

#[tokio::test]
async fn a_repeated_request_is_one_job() {
    let world = World::new().await;
    let (engine, _) = house(&world).await;
    let first = engine.ask_for(&rebuild(false), "anna", Some("k1")).await.unwrap();
    assert_eq!(engine.ask_for(&rebuild(false), "anna", Some("k1")).await.unwrap().id, first.id);
    assert_ne!(engine.ask_for(&rebuild(false), "boris", Some("k1")).await.unwrap().id, first.id);
    let other = engine.ask_for(&rebuild(true), "anna", Some("k1")).await.unwrap_err();
    assert!(matches!(other, EngineError::KeyReused), "{other}");
    assert_eq!(engine.jobs_of_each().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_job_whose_process_is_killed_is_gone_on_with_by_the_next() {
    let world = World::new().await;
    let (engine, switches) = house(&world).await;
    engine.ask_for(&rebuild(true), "anna", None).await.unwrap();
    switches.gate.send_replace(100);
    let killed = World::run(&engine);
    let mut at_gate = switches.at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at == 200)).await.unwrap().unwrap();
    assert_eq!(engine.jobs_of_each().await.unwrap()[0].state, "running");
    killed.task.abort();
    assert!(killed.task.await.unwrap_err().is_cancelled());
    switches.gate.send_replace(u64::MAX);
    switches.passed.store(0, Ordering::SeqCst);

    let running = World::run(&engine);
    world.until(OPEN, 0).await;
    running.stop().await;
    let job = engine.jobs_of_each().await.unwrap().remove(0);
    assert_eq!((job.state.as_str(), job.error), ("done", None));
    assert_eq!(switches.passed.load(Ordering::SeqCst), 200, "only what was left");
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
}
