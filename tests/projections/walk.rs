//! A walk through the past has the rows of each moment it passes, and leaves nothing behind.

use std::sync::Arc;

use chronogram_engine::{BatchSizes, Engine, Walk};
use chronogram_log::Position;
use sqlx::AssertSqlSafe;

use crate::{tally::Tally, world::World};

fn seats(world: &World) -> Engine {
    let sizes = BatchSizes { replay: 70, ..BatchSizes::default() };
    world.engine(vec![Arc::new(Tally::new("seats"))]).with_batch_sizes(sizes)
}

async fn walk_to(walk: &mut Walk, until: Position) {
    loop {
        let filter = walk.filter().clone();
        let page = walk.page(&filter, until).await.unwrap();
        walk.fold(&page.events).await.unwrap();
        if page.up_to >= until {
            return;
        }
    }
}

/// Every row, as one text, as [`World::rows`] has it.
async fn rows(walk: &mut Walk) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (table, key) in [("tally", "stream"), ("applied", "position")] {
        let sql = format!("select string_agg(row, E'\n') from (select t::text as row from {table} t order by {key}) a");
        let part: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(walk.rows().await.unwrap()).await.unwrap();
        parts.push(part.unwrap_or_default());
    }
    parts.join("\n--\n")
}

#[tokio::test]
async fn a_walk_stops_at_any_moment_with_the_rows_of_that_moment() {
    let world = World::new().await;
    let engine = seats(&world);
    world.append(400).await;
    let mut walk = engine.walk(&["seats"]).await.unwrap();
    for until in [Position(1), Position(130), Position(131), Position(400)] {
        walk_to(&mut walk, until).await;
        engine.build_as_of(&[], until, &|_| {}).await.unwrap();
        assert_eq!(rows(&mut walk).await, world.rows(&format!("seats_v1_at_{until}")).await, "at {until}");
    }
    let seen =
        "select count(*) from pg_class where relname = 'tally' and relnamespace::regnamespace::text like 'pg_temp%'";
    assert_eq!(world.number(seen).await, 1);
    drop(walk);
    world.until(seen, 0).await;
}
