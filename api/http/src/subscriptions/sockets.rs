//! Counts open sockets, of this process and of each token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All open sockets of this process.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    all: usize,
    /// By the token's name; none stands at 0.
    by_token: HashMap<String, usize>,
}

/// One open socket; counted until dropped.
pub(super) struct OpenSocket {
    sockets: Sockets,
    token: Option<String>,
}

impl Sockets {
    /// Counts one more, unless there are `max`.
    pub(super) fn open(&self, max: usize) -> Option<OpenSocket> {
        let mut open = self.counts();
        if open.all >= max {
            return None;
        }
        open.all += 1;
        metrics::gauge!("graphql_sockets_open").increment(1);
        Some(OpenSocket { sockets: self.clone(), token: None })
    }

    /// Every change is one step on plain numbers, so a panic elsewhere leaves nothing half-done.
    fn counts(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenSocket {
    /// Counts this one for the token of this name, unless that has `max`: then false.
    pub(super) fn belongs_to(&mut self, token: &str, max: usize) -> bool {
        let mut open = self.sockets.counts();
        let count = open.by_token.get(token).copied().unwrap_or_default();
        if count >= max {
            return false;
        }
        open.by_token.insert(token.to_owned(), count + 1);
        self.token = Some(token.to_owned());
        true
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        metrics::gauge!("graphql_sockets_open").decrement(1);
        let mut open = self.sockets.counts();
        open.all = open.all.saturating_sub(1);
        if let Some(token) = self.token.take()
            && let Some(count) = open.by_token.get_mut(&token)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_token.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Sockets;

    #[test]
    fn sockets_are_counted_by_process_and_by_token_until_they_are_dropped() {
        let sockets = Sockets::default();
        let mut first = sockets.open(2).unwrap();
        let mut second = sockets.open(2).unwrap();
        assert!(sockets.open(2).is_none());
        assert!(first.belongs_to("a", 1));
        assert!(!second.belongs_to("a", 1));
        drop(first);
        assert!(second.belongs_to("a", 1));
        drop(second);
        let open = sockets.counts();
        assert_eq!((open.all, open.by_token.len()), (0, 0));
    }
}
