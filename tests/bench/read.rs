//! Import, replay, projections.

use std::{sync::Arc, time::Instant};

use chronogram_engine::Engine;
use chronogram_import::{ImportOptions, Unobserved, import};
use chronogram_log::{EventFilter, Position, limits};
use chronogram_tests::exports::synthetic_export;

use crate::{table::Table, world::World};

const MESSAGES: u64 = 50_000;
const PEOPLE: u64 = 500;
const EXPORT_BYTES: u64 = 25_000_000;

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let export = world.folder().join("result.json");
    synthetic_export(&export, MESSAGES, PEOPLE, EXPORT_BYTES)?;
    let started = Instant::now();
    let report = import(world.store.clone(), &export, ImportOptions::default(), &Unobserved).await?;
    let imported = per_second(report.messages_read, started);
    table.row("import", imported, "messages/s", None, "Postgres' CPU: one insert of 500 rows a batch");

    let started = Instant::now();
    let again = import(world.store.clone(), &export, ImportOptions::default(), &Unobserved).await?;
    let known = per_second(again.messages_read, started);
    table.row("import again", known, "messages/s", Some(("import", imported)), "parsing, hashing, one look-up a batch");

    let started = Instant::now();
    let (mut after, mut events) = (Position::START, 0_u64);
    loop {
        let page = world.store.read_all(after, &EventFilter::all(), limits::PAGE_EVENTS_MAX).await?;
        if page.events.is_empty() {
            break;
        }
        events += page.events.len() as u64;
        after = page.up_to;
    }
    let replayed = per_second(events, started);
    table.row("replay (read and decode)", replayed, "events/s", None, "CPU: decoding rows");

    let projections = chronogram_read_models::all(world.codec.as_ref().clone());
    let engine = Arc::new(Engine::new(world.pool.clone(), world.store.clone(), projections)?);
    let started = Instant::now();
    engine.catch_up(after, &|_| {}).await?;
    let folded = per_second(events, started);
    table.row("catch-up of all read models", folded, "events/s", Some(("replay", replayed)), "Postgres' CPU: upserts");

    let started = Instant::now();
    engine.rebuild("conversations", &|_| {}).await?;
    let rebuilt = per_second(events, started);
    table.row("rebuild of conversations", rebuilt, "events/s", Some(("catch-up", folded)), "Postgres' CPU: inserts");
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // counts far below 2⁵³
fn per_second(count: u64, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}
