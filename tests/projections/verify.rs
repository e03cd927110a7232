//! Verification passes on true rows and names every kind of false one.

use std::sync::Arc;

use chronogram_engine::{BatchSizes, DifferenceKind, Engine};

use crate::{
    tally::Tally,
    world::{PATIENCE, World},
};

async fn caught_up(world: &World, events: usize) -> Engine {
    let head = world.append(events).await;
    let engine = world
        .engine(vec![Arc::new(Tally::new("seats"))])
        .with_batch_sizes(BatchSizes { replay: 100, ..BatchSizes::default() });
    engine.catch_up(head, &|_| {}).await.unwrap();
    engine
}

#[tokio::test]
async fn true_rows_pass_and_nothing_is_left_behind() {
    let world = World::new().await;
    let engine = caught_up(&world, 450).await;
    let report = engine.verify("seats", &|_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.position.0, 450);
    let rows: Vec<_> = report.tables.iter().map(|table| (table.table.as_str(), table.rows)).collect();
    assert_eq!(rows, [("tally", 5), ("applied", 450)]);
    assert_eq!(world.number("select count(*) from pg_namespace where nspname like '%verify'").await, 0);
}

#[tokio::test]
async fn a_changed_a_missing_and_an_extra_row_are_named() {
    let world = World::new().await;
    let engine = caught_up(&world, 450).await;
    world
        .execute(
            "update seats_v1.applied set parity = 1 - parity where position = 17; \
             delete from seats_v1.applied where position = 333; \
             insert into seats_v1.applied values (9001, 1)",
        )
        .await;
    let report = engine.verify("seats", &|_| {}).await.unwrap();
    assert!(!report.is_clean());
    assert_eq!(report.tables[0].differences, []);
    let table = &report.tables[1];
    assert_eq!((table.missing, table.extra, table.different), (1, 1, 1));
    let mut named: Vec<_> = table.differences.iter().map(|one| (one.key.as_str(), one.kind)).collect();
    named.sort_unstable_by_key(|(key, _)| *key);
    assert_eq!(
        named,
        [
            ("position=17", DifferenceKind::Different),
            ("position=333", DifferenceKind::Missing),
            ("position=9001", DifferenceKind::Extra),
        ]
    );
}

#[tokio::test]
async fn many_differences_are_counted_and_twenty_named() {
    let world = World::new().await;
    let engine = caught_up(&world, 450).await;
    world.execute("delete from seats_v1.applied where position <= 100").await;
    let report = engine.verify("seats", &|_| {}).await.unwrap();
    assert_eq!((report.tables[1].missing, report.tables[1].differences.len()), (100, 20));
}

#[tokio::test]
async fn rows_that_move_on_meanwhile_are_no_difference() {
    let world = World::new().await;
    let engine = caught_up(&world, 1_000).await;
    let running = World::run(&engine);
    let writer = async {
        for _ in 0..60 {
            let head = world.append(10).await;
            engine.wait_for(None, head, PATIENCE).await.unwrap();
        }
    };
    let verify = async { engine.verify("seats", &|_| {}).await.unwrap() };
    let ((), report) = tokio::join!(writer, verify);
    assert!(report.is_clean(), "{report:?}");
    running.stop().await;
}
