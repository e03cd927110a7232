//! A store that fails in chosen ways around one that works.

use super::*;

/// A store with faults.
pub(super) struct Faulty {
    pub(super) inner: SharedEventStore,
    /// Appends it answers before it fails as when the process is killed.
    pub(super) appends_left: AtomicUsize,
    /// Knows no events when asked, as when another run appends them between the question and the append.
    pub(super) is_blind: bool,
    /// Appends whose answer gets lost on the way.
    pub(super) answers_to_lose: AtomicUsize,
}

impl Faulty {
    pub(super) fn over(inner: &SharedEventStore) -> Self {
        Self {
            inner: Arc::clone(inner),
            appends_left: AtomicUsize::new(usize::MAX),
            is_blind: false,
            answers_to_lose: AtomicUsize::new(0),
        }
    }
}

/// Takes one of what is left.
fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Around for Faulty {
    fn inner(&self) -> &dyn EventStore {
        &*self.inner
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        if !take(&self.appends_left) {
            return Err(StoreError::Closed.into());
        }
        let appended = self.inner.append(append).await?;
        if take(&self.answers_to_lose) {
            let source = Arc::new(std::io::Error::other("connection reset"));
            return Err(StoreError::Unavailable { operation: "append", source }.into());
        }
        Ok(appended)
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
        if self.is_blind { Ok(HashSet::new()) } else { self.inner.known_events(ids).await }
    }
}
