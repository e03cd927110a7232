//! Two engines on one database: each event once, and the second goes on where the first ends.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chronogram_engine::BatchSizes;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, Running, World},
};

const LEADERS: &str = "select count(*) from pg_locks where locktype = 'advisory' and granted \
    and database = (select oid from pg_database where datname = current_database())";

/// The first leads for sure: the second starts when the lock is taken.
async fn two(world: &World) -> ([Running; 2], [Arc<Switches>; 2]) {
    let tallies = [Tally::new("seats"), Tally::new("seats")];
    let switches = [tallies[0].switches.clone(), tallies[1].switches.clone()];
    let mut running = Vec::new();
    for tally in tallies {
        let engine =
            world.engine(vec![Arc::new(tally)]).with_batch_sizes(BatchSizes { live: 10, ..BatchSizes::default() });
        running.push(World::run(&engine));
        world.until(LEADERS, 1).await;
    }
    (running.try_into().unwrap_or_else(|_| unreachable!()), switches)
}

async fn applied(world: &World, count: i64) {
    world.until("select position from projection.checkpoint", count).await;
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, count);
    assert_eq!(world.number("select sum(events)::bigint from seats_v1.tally").await, count);
}

#[tokio::test]
async fn each_event_is_applied_once_and_by_the_leader() {
    let world = World::new().await;
    let ([first, second], switches) = two(&world).await;
    world.append(300).await;
    applied(&world, 300).await;
    let passed = switches.each_ref().map(|one| one.passed.load(Ordering::SeqCst));
    assert_eq!(passed, [300, 0]);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn the_second_takes_over_when_the_first_stops() {
    let world = World::new().await;
    let ([first, second], switches) = two(&world).await;
    world.append(100).await;
    applied(&world, 100).await;
    first.stop().await;
    world.append(100).await;
    applied(&world, 200).await;
    assert_eq!(switches[1].passed.load(Ordering::SeqCst), 100);
    second.stop().await;
}

#[tokio::test]
async fn a_leader_whose_connection_ends_in_the_middle_of_a_batch_commits_nothing_of_it() {
    let world = World::new().await;
    let ([first, second], switches) = two(&world).await;
    world.append(50).await;
    applied(&world, 50).await;
    // The first stands in the middle of a transaction when its session is ended.
    switches[0].gate.send_replace(50);
    world.append(100).await;
    let mut at_gate = switches[0].at_gate.subscribe();
    tokio::time::timeout(PATIENCE, at_gate.wait_for(|at| *at > 50)).await.unwrap().unwrap();
    world
        .execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted \
             and database = (select oid from pg_database where datname = current_database())",
        )
        .await;
    applied(&world, 150).await;
    assert_eq!(switches[1].passed.load(Ordering::SeqCst), 100, "the second did what was left");
    // The first wakes up, finds its session gone, and only stands by.
    switches[0].gate.send_replace(u64::MAX);
    world.append(20).await;
    applied(&world, 170).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_leader_that_lost_its_idle_connection_comes_back() {
    let world = World::new().await;
    let engine = world.engine(vec![Arc::new(Tally::new("seats"))]);
    let running = World::run(&engine);
    let head = world.append(10).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    world
        .execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'chronogram projection%'")
        .await;
    world.until(LEADERS, 0).await;
    let head = world.append(10).await;
    engine.wait_for(None, head, Duration::from_secs(20)).await.unwrap();
    applied(&world, 20).await;
    running.stop().await;
}
