//! What all calls share.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chronogram_log::{Clock, SharedEventStore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{access::Gatekeeper, lifetimes::Lifetimes};

/// What a served log is made of.
pub struct Parts {
    /// The log.
    pub store: SharedEventStore,
    /// Says who holds a token and what they may do.
    pub gatekeeper: Arc<dyn Gatekeeper>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// This node's id in the gossip, made anew at each start.
    pub node: Uuid,
    /// Cancelled when calls that would go on for ever are to end.
    pub stop: CancellationToken,
}

/// A log as it is served.
pub struct Served {
    pub(crate) store: SharedEventStore,
    pub(crate) gatekeeper: Arc<dyn Gatekeeper>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) node: Uuid,
    pub(crate) stop: CancellationToken,
    pub(crate) lifetimes: Lifetimes,
    subscriptions: AtomicU64,
}

impl Served {
    /// Made of its parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, gatekeeper, clock, node, stop } = parts;
        let lifetimes = Lifetimes::new(store.clone());
        Self { store, gatekeeper, clock, node, stop, lifetimes, subscriptions: AtomicU64::new(0) }
    }

    /// An id that no other subscription of this node has.
    pub(crate) fn next_subscription(&self) -> Uuid {
        let number = self.subscriptions.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&self.node, &number.to_be_bytes())
    }
}
