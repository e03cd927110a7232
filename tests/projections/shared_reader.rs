//! Projections at the end of the log read each page once, together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_engine::{Engine, Projection};
use chronogram_log::{Around, EventFilter, EventStore, InMemoryEventStore, Page, Position, StoreError};

use crate::{
    tally::Tally,
    world::{PATIENCE, World},
};

/// A log that counts how many pages with events were read.
struct Counting {
    log: Arc<InMemoryEventStore>,
    pages: AtomicUsize,
}

#[async_trait]
impl Around for Counting {
    fn inner(&self) -> &dyn EventStore {
        &*self.log
    }

    async fn read_all(&self, after: Position, filter: &EventFilter, limit: usize) -> Result<Page, StoreError> {
        let page = self.log.read_all(after, filter, limit).await?;
        // Who measures lag looks at one event.
        self.pages.fetch_add(usize::from(limit > 1 && !page.events.is_empty()), Ordering::SeqCst);
        Ok(page)
    }
}

#[tokio::test]
async fn a_page_is_read_once_for_all_projections_that_are_near_the_end() {
    const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];
    let world = World::new().await;
    let log = Arc::new(Counting { log: world.store.clone(), pages: AtomicUsize::new(0) });
    // One of them wants other events: what is read is what any of them wants.
    let projections = NAMES.map(|name| {
        let types: Option<&'static [&'static str]> = if name == "five" { None } else { Some(&["SeatTaken"]) };
        Arc::new(Tally { types, ..Tally::new(name) }) as Arc<dyn Projection>
    });
    let engine = Engine::new(world.pool().clone(), log.clone(), projections.to_vec()).unwrap();
    let running = World::run(&engine);
    let head = world.append(30).await;
    engine.wait_for(None, head, PATIENCE).await.unwrap();
    log.pages.store(0, Ordering::SeqCst);
    for round in 1..=10 {
        world.append_of_type("SeatFreed", 1).await;
        let head = world.append(2).await;
        engine.wait_for(None, head, PATIENCE).await.unwrap();
        // The two appends may come as two pages; five projections would read five.
        let pages = log.pages.load(Ordering::SeqCst);
        assert!(pages <= 2 * round, "{pages} pages for {round} rounds");
    }
    running.stop().await;
    for (name, events) in NAMES.map(|name| (name, if name == "five" { 60 } else { 50 })) {
        assert_eq!(world.number(&format!("select count(*) from {name}_v1.applied")).await, events, "{name}");
    }
}
