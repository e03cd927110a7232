//! Spares the database a look-up a request: remembers who a token is for five seconds.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chronogram_graphql::Principal;
use jiff::{SignedDuration, Timestamp};

use super::credential::Hash;

/// So long a token revoked by another process may still work.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(5);
/// More tokens than anybody hands out; bounds the memory.
const ENTRIES_MAX: usize = 1024;

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<Hash, Entry>>);

struct Entry {
    principal: Principal,
    expires_at: Option<Timestamp>,
    remembered_at: Timestamp,
}

impl Entry {
    /// A clock that was set back makes an entry old, not young for long.
    fn counts(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.remembered_at);
        (SignedDuration::ZERO..REMEMBERED).contains(&age) && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl Cache {
    pub(super) fn get(&self, hash: &Hash, now: Timestamp) -> Option<Principal> {
        self.entries().get(hash).filter(|entry| entry.counts(now)).map(|entry| entry.principal.clone())
    }

    pub(super) fn put(&self, hash: Hash, principal: Principal, expires_at: Option<Timestamp>, now: Timestamp) {
        let mut entries = self.entries();
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, entry| entry.counts(now));
        }
        if entries.len() < ENTRIES_MAX {
            entries.insert(hash, Entry { principal, expires_at, remembered_at: now });
        }
    }

    pub(super) fn forget(&self, hash: &[u8]) {
        self.entries().retain(|known, _| known != hash);
    }

    /// Every change is one map operation, so a panic elsewhere leaves nothing half-done.
    fn entries(&self) -> MutexGuard<'_, HashMap<Hash, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
