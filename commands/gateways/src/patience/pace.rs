//! No more requests and tokens a minute than somebody takes: who asks waits in line, in a line of bounded length.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Means;

/// Who waits at most: more than all workers of a run. Beyond it something asks without measure.
const LINE_MAX: usize = 1_024;
/// So much of a minute's share may go at once; the rest flows evenly, so that no minute, whenever it begins, sees more
/// than its share.
const AT_ONCE: f64 = 1.0 / 6.0;

/// A turn that never comes: later than any deadline.
const FAR: Duration = Duration::from_hours(1_000_000);

/// What is taken in a minute; `None`: anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaceLimits {
    /// Requests.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens, of questions and answers together.
    pub tokens_per_minute: Option<NonZeroU32>,
}

/// Why nobody may enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    /// The line is as long as it may be.
    #[error("too many wait already")]
    LineFull,
    /// The turn would come after the deadline.
    #[error("the turn would come too late")]
    TooLate,
}

/// Keeps the pace of one dependency in this process.
#[derive(Debug)]
pub struct Pace {
    means: Means,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    held_until: Option<Instant>,
    waiting: usize,
}

/// A turn that came. What was taken for it is corrected when the truth is known.
#[derive(Debug)]
#[must_use]
pub struct Entered<'a> {
    pace: &'a Pace,
    tokens: u32,
}

impl Pace {
    /// A pace.
    pub fn new(limits: PaceLimits, means: Means) -> Self {
        let now = means.timer.now();
        let bucket = |limit: Option<NonZeroU32>| limit.map(|limit| Bucket::new(limit, now));
        let (requests, tokens) = (bucket(limits.requests_per_minute), bucket(limits.tokens_per_minute));
        Self { means, inside: Mutex::new(Inside { requests, tokens, held_until: None, waiting: 0 }) }
    }

    /// Waits for a turn for one request with about so many tokens.
    pub async fn enter(&self, tokens: u32, deadline: Instant) -> Result<Entered<'_>, PaceError> {
        let at = self.inside().enter(tokens, self.means.timer.now(), deadline)?;
        let mut waiting = Waiting { pace: self, tokens, is_served: false };
        self.means.timer.sleep_until(at).await;
        waiting.is_served = true;
        Ok(Entered { pace: self, tokens })
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.inside().waiting
    }

    /// Nobody enters for so long: who is asked wants it.
    pub fn hold(&self, pause: Duration) {
        let until = self.means.timer.now().checked_add(pause);
        let mut inside = self.inside();
        inside.held_until = inside.held_until.max(until);
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entered<'_> {
    /// How many tokens it really were.
    pub fn used(self, tokens: u32) {
        let mut inside = self.pace.inside();
        if let Some(bucket) = &mut inside.tokens {
            bucket.give(f64::from(self.tokens) - f64::from(tokens));
        }
    }
}

/// In the line; who leaves it early gives back what was taken for them.
struct Waiting<'a> {
    pace: &'a Pace,
    tokens: u32,
    is_served: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inside = self.pace.inside();
        inside.waiting -= 1;
        if !self.is_served {
            inside.give_back(self.tokens);
        }
    }
}

impl Inside {
    fn enter(&mut self, tokens: u32, now: Instant, deadline: Instant) -> Result<Instant, PaceError> {
        if self.waiting >= LINE_MAX {
            return Err(PaceError::LineFull);
        }
        let of_requests = self.requests.as_mut().map_or(now, |bucket| bucket.take(1.0, now));
        let of_tokens = self.tokens.as_mut().map_or(now, |bucket| bucket.take(f64::from(tokens), now));
        let at = of_requests.max(of_tokens).max(self.held_until.unwrap_or(now));
        if at >= deadline {
            self.give_back(tokens);
            return Err(PaceError::TooLate);
        }
        self.waiting += 1;
        Ok(at)
    }

    fn give_back(&mut self, tokens: u32) {
        if let Some(bucket) = &mut self.requests {
            bucket.give(1.0);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.give(f64::from(tokens));
        }
    }
}

/// What may still be taken; below nothing once it is promised to those who wait.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    most: f64,
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(per_minute: NonZeroU32, now: Instant) -> Self {
        let per_minute = f64::from(per_minute.get());
        let most = (per_minute * AT_ONCE).floor().max(1.0);
        Self { most, per_second: (per_minute - most).max(per_minute / 2.0) / 60.0, left: most, at: now }
    }

    /// Takes so much, and says when it is there. What is more than there ever is at once goes when as much as possible
    /// is there, and those behind wait the longer.
    fn take(&mut self, amount: f64, now: Instant) -> Instant {
        self.left = (self.left + now.saturating_duration_since(self.at).as_secs_f64() * self.per_second).min(self.most);
        self.at = now;
        let missing = (amount.min(self.most) - self.left).max(0.0);
        self.left -= amount;
        now + Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(FAR)
    }

    fn give(&mut self, amount: f64) {
        self.left = (self.left + amount).min(self.most);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "pace_tests.rs"]
mod tests;
