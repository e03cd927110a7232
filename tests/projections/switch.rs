//! What is rebuilt becomes live when somebody says so, in one step, and can be taken back.

use std::sync::Arc;

use chronogram_engine::{BatchSizes, CopyRole, DifferenceKind, Engine, EngineError, ProjectionState};
use sqlx::Connection;

use crate::{
    tally::{Switches, Tally},
    world::{PATIENCE, World},
};

/// A caught-up projection of 300 events.
async fn three_hundred(world: &World) -> (Engine, Arc<Switches>) {
    let head = world.append(300).await;
    let tally = Tally::new("seats");
    let switches = tally.switches.clone();
    let engine =
        world.engine(vec![Arc::new(tally)]).with_batch_sizes(BatchSizes { replay: 100, ..BatchSizes::default() });
    engine.catch_up(head, &|_| {}).await.unwrap();
    (engine, switches)
}

async fn live_table(world: &World) -> i64 {
    world.number("select 'seats_v1.tally'::regclass::oid::bigint").await
}

#[tokio::test]
async fn a_diff_names_the_changed_the_missing_and_the_additional_row() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    world
        .execute(
            "update seats_v1.applied set parity = 1 - parity where position = 17; \
             delete from seats_v1.applied where position = 200; insert into seats_v1.applied values (9001, 1)",
        )
        .await;
    // The live one goes on: both are compared at one position.
    let head = world.append(40).await;
    engine.catch_up(head, &|_| {}).await.unwrap();
    let report = engine.diff("seats", CopyRole::Next, &|_| {}).await.unwrap();
    assert!(!report.is_clean());
    assert_eq!((report.position, report.tables[1].rows), (head, 340));
    let named: Vec<_> = report.tables[1].differences.iter().map(|one| (one.kind, one.key.as_str())).collect();
    assert_eq!(
        named,
        [
            (DifferenceKind::Different, "position=17"),
            (DifferenceKind::Extra, "position=9001"),
            (DifferenceKind::Missing, "position=200"),
        ]
    );
    assert_eq!(report.tables[1].differences[0].columns, ["parity"]);

    engine.switch("seats", &|_| {}).await.unwrap();
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean(), "the switch set it right");
    let previous = engine.diff("seats", CopyRole::Previous, &|_| {}).await.unwrap();
    assert_eq!(previous.tables[1].differences.len(), 3, "what was wrong can still be looked at");
}

#[tokio::test]
async fn a_live_one_that_is_behind_is_brought_up_for_a_diff_and_a_stopped_one_is_told() {
    let world = World::new().await;
    let (engine, switches) = three_hundred(&world).await;
    world.append(50).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert!(engine.diff("seats", CopyRole::Next, &|_| {}).await.unwrap().is_clean());
    assert_eq!(world.checkpoint("seats").await, 350);

    world.append(50).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    switches.poison_at.store(360, std::sync::atomic::Ordering::SeqCst);
    let apart = engine.diff("seats", CopyRole::Next, &|_| {}).await.unwrap_err();
    assert!(matches!(apart, EngineError::Apart { live, rebuilt, .. } if (live.0, rebuilt.0) == (359, 400)), "{apart}");
}

#[tokio::test]
async fn nothing_is_live_before_the_switch_and_a_rollback_brings_the_former_one_up_to_date() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    let former = live_table(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert_eq!(live_table(&world).await, former, "a rebuild does not switch");
    engine.switch("seats", &|_| {}).await.unwrap();
    let rebuilt = live_table(&world).await;
    assert_ne!(rebuilt, former);

    let running = World::run(&engine);
    let head = world.append(70).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    let previous = engine.status().await.unwrap().remove(0).previous.unwrap();
    assert_eq!(previous.position.0, 300);
    assert_eq!(engine.rollback("seats", &|_| {}).await.unwrap(), head);
    assert_eq!(live_table(&world).await, former);
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 370, "it caught up before it was live");
    let head = world.append(30).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
    engine.rollback("seats", &|_| {}).await.unwrap();
    assert_eq!(live_table(&world).await, rebuilt, "a second one undoes the first");
    running.stop().await;
}

#[tokio::test]
async fn a_rollback_is_no_further_than_an_event_that_cannot_be_applied() {
    let world = World::new().await;
    let (engine, switches) = three_hundred(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    switches.poison_at.store(311, std::sync::atomic::Ordering::SeqCst);
    let head = world.append(50).await;
    engine.catch_up(head, &|_| {}).await.unwrap_err();
    assert_eq!(engine.rollback("seats", &|_| {}).await.unwrap().0, 310);
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 310);
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_with_the_way_to_get_it() {
    let world = World::new().await;
    let (engine, switches) = three_hundred(&world).await;
    let refused = engine.switch("seats", &|_| {}).await.unwrap_err().to_string();
    assert_eq!(refused, "projection seats was not rebuilt: run `chronogram projections rebuild seats`");
    let refused = engine.rollback("seats", &|_| {}).await.unwrap_err().to_string();
    assert!(refused.contains("no previous tables"), "{refused}");
    switches.poison_at.store(150, std::sync::atomic::Ordering::SeqCst);
    engine.rebuild("seats", &|_| {}).await.unwrap_err();
    let refused = engine.switch("seats", &|_| {}).await.unwrap_err();
    assert!(matches!(refused, EngineError::Unfinished { position, .. } if position.0 == 100), "{refused}");
}

#[tokio::test]
async fn a_switch_that_is_killed_between_renaming_and_commit_changed_nothing() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    let former = live_table(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    // The row of the copy is the last thing that a switch writes: held here, everything else of it is done.
    let mut holder = sqlx::PgConnection::connect_with(&world.database.options).await.unwrap();
    let mut hold = holder.begin().await.unwrap();
    sqlx::query("insert into projection.copy (name, version, role, fingerprint) values ('seats', 1, 'previous', '')")
        .execute(&mut *hold)
        .await
        .unwrap();
    let killed = tokio::spawn({
        let engine = engine.clone();
        async move { engine.switch("seats", &|_| {}).await }
    });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() \
        and application_name = 'chronogram switch seats' and wait_event_type = 'Lock'";
    world.until(waits, 1).await;
    assert_eq!(live_table(&world).await, former, "readers find the tables all the while");
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    hold.rollback().await.unwrap();
    let gone = "select count(*) from pg_stat_activity where datname = current_database() \
        and application_name = 'chronogram switch seats'";
    world.until(gone, 0).await;

    assert_eq!(live_table(&world).await, former);
    let status = engine.status().await.unwrap().remove(0);
    assert_eq!((status.next.unwrap().ready, status.previous), (true, None));
    let head = world.append(20).await;
    engine.catch_up(head, &|_| {}).await.unwrap();
    assert_eq!(engine.switch("seats", &|_| {}).await.unwrap(), head);
    assert_ne!(live_table(&world).await, former);
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
}

#[tokio::test]
async fn what_is_pruned_is_gone_and_the_live_one_is_not() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert_eq!(engine.prune(None, false).await.unwrap(), [""; 0], "a rebuild is not dropped unasked");
    engine.switch("seats", &|_| {}).await.unwrap();
    assert_eq!(engine.prune(Some("seats"), false).await.unwrap(), ["seats_v1_previous"]);
    engine.rebuild("seats", &|_| {}).await.unwrap();
    assert_eq!(engine.prune(None, true).await.unwrap(), ["seats_v1_next"]);
    assert_eq!(world.number("select count(*) from seats_v1.applied").await, 300);
    assert_eq!(world.number("select count(*) from pg_namespace where nspname like 'seats%'").await, 1);
    let status = engine.status().await.unwrap().remove(0);
    assert_eq!((status.state, status.next, status.previous), (ProjectionState::Idle, None, None));
}

#[tokio::test]
async fn a_new_rebuild_drops_the_previous_tables() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    engine.rebuild("seats", &|_| {}).await.unwrap();
    let status = engine.status().await.unwrap().remove(0);
    assert!(status.next.unwrap().ready);
    assert_eq!(status.previous, None);
}

#[tokio::test]
async fn a_switch_repairs_tables_of_another_shape() {
    let world = World::new().await;
    let (engine, _) = three_hundred(&world).await;
    world.execute("update projection.checkpoint set fingerprint = 'of another release'").await;
    let refused = engine.catch_up(world.append(10).await, &|_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("projections rebuild seats --switch"), "{refused}");
    engine.rebuild("seats", &|_| {}).await.unwrap();
    engine.switch("seats", &|_| {}).await.unwrap();
    assert!(engine.verify("seats", &|_| {}).await.unwrap().is_clean());
    let refused = engine.rollback("seats", &|_| {}).await.unwrap_err();
    assert!(matches!(refused, EngineError::NoCopy { role: CopyRole::Previous, .. }), "{refused}");
}
