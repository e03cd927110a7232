//! Folded states, kept for the streams used last; a stream's state belongs to one command at a time.

use std::{num::NonZeroUsize, sync::Arc};

use chronogram_log::Revision;
use chronogram_model::StreamName;
use lru::LruCache;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// States kept by one handler: enough for the people who write within a minute, small beside everything else.
const STATES_MAX: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// A stream folded up to its last event that was read; others may have appended since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded<S> {
    pub(crate) state: S,
    /// `None`: nothing was read yet, or the stream has no events.
    pub(crate) last: Option<Revision>,
}

pub(crate) struct States<S>(std::sync::Mutex<LruCache<StreamName, Arc<Mutex<Folded<S>>>>>);

impl<S: Default> States<S> {
    pub(crate) fn new() -> Self {
        Self(std::sync::Mutex::new(LruCache::new(STATES_MAX)))
    }

    /// Waits for this stream's turn. Commands of one process on one stream follow one another instead of meeting in
    /// conflicts; should the state be dropped from memory meanwhile, they meet, and the expected revision decides.
    pub(crate) async fn turn(&self, stream: &StreamName) -> OwnedMutexGuard<Folded<S>> {
        self.slot(stream).lock_owned().await
    }

    fn slot(&self, stream: &StreamName) -> Arc<Mutex<Folded<S>>> {
        // A panic while the lock was held leaves a cache that is still only a cache.
        let mut slots = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        slots.get_or_insert_ref(stream, Arc::default).clone()
    }
}
