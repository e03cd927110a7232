//! Several projections near the end of the log share one reader: a page is read once, for all of them.
//!
//! A projection that is further behind than a page reads by itself, only what it wants, until it is near: the pages of a
//! long way back would be gone before the slowest came by.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chronogram_log::{EventFilter, Page, Position, SharedEventStore, StoreError};
use tokio::sync::Mutex;

use crate::replay::bytes_of;

/// Bytes of events kept for those who come by a little later.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;
/// Pages of them: even empty ones end some time.
const WINDOW_PAGES: usize = 16;
/// How long a reader sleeps when nothing wakes it: the safety net under the store's own wake-ups.
const PATIENCE: Duration = Duration::from_secs(1);

/// A log whose newest pages are read once.
pub(crate) struct SharedReader {
    store: SharedEventStore,
    /// Everything that anybody here wants.
    wanted: EventFilter,
    /// Events of a page; who is further than this from the head reads by itself.
    near: usize,
    head_seen: AtomicU64,
    /// Neighbouring pages, oldest first.
    window: Mutex<VecDeque<Kept>>,
}

struct Kept {
    after: Position,
    page: Page,
    bytes: usize,
}

impl SharedReader {
    /// Reads `store` for readers that together want `wanted`, in pages of `near` events.
    pub(crate) fn new(store: SharedEventStore, wanted: EventFilter, near: usize) -> Arc<Self> {
        let (head_seen, window) = (AtomicU64::new(0), Mutex::default());
        Arc::new(Self { store, wanted, near, head_seen, window })
    }

    /// The end of the log.
    pub(crate) async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    /// The page of what `filter` wants behind `after`.
    async fn page(&self, after: Position, filter: &EventFilter) -> Result<Page, StoreError> {
        let far = after.0.saturating_add(self.near as u64) < self.head_seen.load(Ordering::Relaxed);
        if !far {
            // Who waits here for the same page gets it without a read of its own.
            let mut window = self.window.lock().await;
            if let Some(kept) = window.iter().find(|kept| kept.after <= after && after < kept.page.up_to) {
                return Ok(part(&kept.page, after, filter));
            }
            if window.back().is_none_or(|last| last.page.up_to <= after) {
                let page = self.read(after, &self.wanted).await?;
                let asked = part(&page, after, filter);
                keep(&mut window, after, page);
                return Ok(asked);
            }
        }
        self.read(after, filter).await
    }

    async fn read(&self, after: Position, filter: &EventFilter) -> Result<Page, StoreError> {
        let page = self.store.read_all(after, filter, self.near).await?;
        self.head_seen.fetch_max(page.head.0, Ordering::Relaxed);
        Ok(page)
    }
}

/// One projection's place in a log that is read for several.
pub(crate) struct Tail {
    reader: Arc<SharedReader>,
    filter: EventFilter,
    after: Position,
}

impl Tail {
    /// Follows the log from behind `after`.
    pub(crate) fn new(reader: Arc<SharedReader>, filter: EventFilter, after: Position) -> Self {
        Self { reader, filter, after }
    }

    /// The next page; waits until there is something past the last one.
    ///
    /// Cancel-safe: a dropped call loses nothing. After an error the same call may be made again.
    pub(crate) async fn next(&mut self) -> Result<Page, StoreError> {
        loop {
            let page = self.reader.page(self.after, &self.filter).await?;
            if page.up_to > self.after {
                self.after = page.up_to;
                return Ok(page);
            }
            self.reader.store.wait_past(self.after, PATIENCE).await?;
        }
    }
}

/// What `filter` wants of a page behind `after`.
fn part(page: &Page, after: Position, filter: &EventFilter) -> Page {
    let first = page.events.partition_point(|event| event.position <= after);
    let rest = page.events.get(first..).unwrap_or_default().iter();
    let events = rest.filter(|event| filter.accepts(&event.event_type)).cloned().collect();
    Page { events, up_to: page.up_to, head: page.head }
}

/// Keeps a page, and of those before it what there is room for.
fn keep(window: &mut VecDeque<Kept>, after: Position, page: Page) {
    if page.up_to <= after {
        return;
    }
    if window.back().is_some_and(|last| last.page.up_to != after) {
        window.clear();
    }
    let bytes = page.events.iter().map(bytes_of).sum();
    window.push_back(Kept { after, page, bytes });
    while window.len() > 1
        && (window.len() > WINDOW_PAGES || window.iter().map(|kept| kept.bytes).sum::<usize>() > WINDOW_BYTES)
    {
        window.pop_front();
    }
}
