//! How many events a page holds: many small ones, few large ones, so that a page takes some megabytes at most.

use chronogram_log::RecordedEvent;

/// Events of the first page, of which nothing is known yet.
const FIRST: usize = 64;
/// Events of any page: more are no faster.
const MOST: usize = 1_000;
/// Bytes a page should have.
const PAGE_BYTES: usize = 4 * 1_048_576;

pub(super) struct Pace(usize);

impl Pace {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The size of the next page, where `left` events are wanted.
    pub(super) fn next(&self, left: u64) -> usize {
        usize::try_from(left).map_or(self.0, |left| left.min(self.0))
    }

    /// Learns from a page; grows gently, since large events may follow small ones.
    pub(super) fn learn(&mut self, page: &[RecordedEvent]) {
        if page.is_empty() {
            return;
        }
        let bytes: usize = page.iter().map(|event| event.data.as_str().len() + event.metadata.as_str().len()).sum();
        let fitting = PAGE_BYTES / (bytes / page.len()).max(1);
        self.0 = fitting.clamp(1, MOST).min(self.0 * 2);
    }
}
