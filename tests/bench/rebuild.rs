//! How fast read models are built anew, how that grows with the log, and what memory it takes.
//!
//! Long: it is measured only when it is asked for by name.

use std::{sync::Arc, time::Instant};

use chronogram_engine::Engine;
use chronogram_import::{ImportOptions, Unobserved, import};
use chronogram_log::Position;
use chronogram_tests::exports::synthetic_export;

use crate::{
    memory::{forget_peak, peak_megabytes},
    table::Table,
    world::World,
};

/// Messages in the log at each look; there are about as many events.
const MESSAGES: [u64; 3] = [100_000, 1_000_000, 5_000_000];
const PEOPLE: u64 = 5_000;

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let projections = chronogram_read_models::all(world.codec.as_ref().clone());
    let engine = Arc::new(Engine::new(world.pool.clone(), world.store.clone(), projections)?);
    let names: Vec<_> = engine.names().collect();
    let mut first: Vec<(String, f64)> = Vec::new();
    for messages in MESSAGES {
        eprintln!("{messages} messages …");
        let export = world.folder().join("growing.json");
        synthetic_export(&export, messages, PEOPLE, 0)?;
        import(world.store.clone(), &export, ImportOptions::default(), &Unobserved).await?;
        std::fs::remove_file(&export)?;
        let head = world.store.head().await?;
        engine.catch_up(head, &|_| {}).await?;
        for name in &names {
            engine.prune(None, true).await?;
            let what = format!("rebuild of {name}");
            timed(table, &mut first, &what, head, async || Ok(engine.rebuild(name, &|_| {}).await.map(|_| ())?))
                .await?;
        }
        engine.prune(None, true).await?;
        let what = "as-of of all read models";
        timed(table, &mut first, what, head, async || Ok(engine.build_as_of(&[], head, &|_| {}).await?)).await?;
    }
    Ok(())
}

/// A row of the table for some work on the whole log, against the same on the smallest one; and its memory.
async fn timed(
    table: &mut Table,
    first: &mut Vec<(String, f64)>,
    what: &str,
    head: Position,
    work: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    forget_peak();
    let started = Instant::now();
    work().await?;
    #[allow(clippy::cast_precision_loss)] // counts far below 2⁵³
    let rate = head.0 as f64 / started.elapsed().as_secs_f64();
    let smallest = first.iter().find(|(name, _)| name == what).map(|(_, rate)| *rate);
    let baseline = smallest.map(|rate| ("smallest log", rate));
    table.row(&format!("{what}, {head} events"), rate, "events/s", baseline, "Postgres' CPU: upserts by key");
    if smallest.is_none() {
        first.push((what.to_owned(), rate));
    }
    if let Some(peak) = peak_megabytes() {
        table.row(&format!("{what}, peak memory"), peak, "MB", None, "two pages of events and what folds make of one");
    }
    Ok(())
}
