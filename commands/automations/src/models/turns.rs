//! One at a time for each question, within this process.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
};

use chronogram_model::language_model::ModelRequestId;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Questions remembered before those that nobody asks any more are forgotten.
const BEFORE_SWEEP: usize = 1_024;

#[derive(Default)]
pub(super) struct Turns(std::sync::Mutex<HashMap<ModelRequestId, Weak<Mutex<()>>>>);

impl Turns {
    /// Waits until nobody else of this process asks the same.
    pub(super) async fn turn(&self, request: &ModelRequestId) -> OwnedMutexGuard<()> {
        self.slot(request).lock_owned().await
    }

    fn slot(&self, request: &ModelRequestId) -> Arc<Mutex<()>> {
        // A panic while the lock was held leaves a map that is still only a map.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() > BEFORE_SWEEP {
            slots.retain(|_, slot| slot.strong_count() > 0);
        }
        if let Some(slot) = slots.get(request).and_then(Weak::upgrade) {
            return slot;
        }
        let slot = Arc::default();
        slots.insert(request.clone(), Arc::downgrade(&slot));
        slot
    }
}
