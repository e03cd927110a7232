//! What sealing costs: the same appends and the same replay, with words of people in them and without.

use std::{sync::Arc, time::Instant};

use chronogram_event_store::Sealed;
use chronogram_log::{EventFilter, Position, SharedEventStore, limits};

use crate::{append, table::Table, world::World};

/// Callers at the same time, each a person of their own.
const CALLERS: usize = 32;

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let sealed: SharedEventStore = Arc::new(Sealed::new(world.store.clone(), world.keys().await?));
    let plain = append::appends_of_people(&world.store, "plain", CALLERS).await?;
    let from = world.store.head().await?;
    let kept = append::appends_of_people(&sealed, "sealed", CALLERS).await?;
    let what = format!("append sealed, {CALLERS} callers");
    table.row(&what, kept, "events/s", Some(("append in plain words", plain)), "one cipher an event, 90 bytes more");
    let stored = replayed(&world.store, from).await?;
    let opened = replayed(&sealed, from).await?;
    table.row("replay, opened", opened, "events/s", Some(("replay as stored", stored)), "one cipher an event");
    Ok(())
}

/// Events read a second from behind `from` to the end.
async fn replayed(store: &SharedEventStore, from: Position) -> anyhow::Result<f64> {
    let started = Instant::now();
    let (mut after, mut events) = (from, 0_u32);
    loop {
        let page = store.read_all(after, &EventFilter::all(), limits::PAGE_EVENTS_MAX).await?;
        if page.events.is_empty() {
            return Ok(f64::from(events) / started.elapsed().as_secs_f64());
        }
        events += u32::try_from(page.events.len())?;
        after = page.up_to;
    }
}
