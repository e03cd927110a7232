//! Folded states, kept for the streams used last. A kept state is never trusted as it is: later events are read first.

use std::{num::NonZeroUsize, sync::Mutex};

use chronogram_log::Revision;
use chronogram_model::StreamName;
use lru::LruCache;

/// States kept by one handler: enough for the people who write within a minute, small beside everything else.
const STATES_MAX: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// A stream folded up to its last event that was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded<S> {
    pub(crate) state: S,
    pub(crate) last: Option<Revision>,
}

pub(crate) struct States<S>(Mutex<LruCache<StreamName, Folded<S>>>);

impl<S: Clone + Default> States<S> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(STATES_MAX)))
    }

    /// Takes the state out: two commands on one stream then read for themselves, which costs time, never truth.
    pub(crate) fn take(&self, stream: &StreamName) -> Folded<S> {
        self.lock().pop(stream).unwrap_or_default()
    }

    pub(crate) fn keep(&self, stream: StreamName, folded: Folded<S>) {
        self.lock().put(stream, folded);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<StreamName, Folded<S>>> {
        // A panic while the lock was held leaves a cache that is still only a cache.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
