//! Leaves alone who does not answer, then tries with one call.

use std::time::Duration;

use tokio::time::Instant;

use super::doubled;

/// Calls in a row that fail before nobody is asked any more.
pub(super) const FAILURES_MAX: u32 = 3;
/// How long nobody is asked at first; twice as long after each try that fails.
pub(super) const PAUSE_FIRST: Duration = Duration::from_secs(30);
/// The longest pause.
pub(super) const PAUSE_MOST: Duration = Duration::from_mins(5);

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerPhase {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// One call, which tries.
    HalfOpen,
}

impl BreakerPhase {
    /// As metrics and people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What others want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerChange {
    /// Nobody is asked for so long, after so many failures.
    Opened {
        /// Calls in a row that failed.
        failures: u32,
        /// For how long.
        pause: Duration,
    },
    /// Everybody is asked again.
    Closed,
}

/// A call that was let through; it is to be told what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    /// Since then the breaker may have changed; then the outcome tells nothing any more.
    round: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { is_tried: bool },
}

/// A breaker. Pure: it is told what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    state: State,
    /// Failed calls since the last one that did not.
    failures: u32,
    /// How often it opened since it was last closed.
    openings: u32,
    round: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed, failures: 0, openings: 0, round: 0 }
    }
}

impl Breaker {
    /// Lets a call through, or says from when on another may ask.
    pub fn admit(&mut self, now: Instant) -> Result<Admitted, Instant> {
        match self.state {
            State::Open { until } if now < until => return Err(until),
            // Whoever tries takes about as long as a first pause at most; then it is decided.
            State::HalfOpen { is_tried: true } => return Err(now + PAUSE_FIRST),
            State::Open { .. } | State::HalfOpen { is_tried: false } => self.enter(State::HalfOpen { is_tried: true }),
            State::Closed => {}
        }
        Ok(Admitted { round: self.round })
    }

    /// A call was answered, even if with a refusal: somebody is there.
    pub fn succeeded(&mut self, admitted: Admitted) -> Option<BreakerChange> {
        if admitted.round != self.round {
            return None;
        }
        self.failures = 0;
        match self.state {
            State::HalfOpen { .. } => {
                self.openings = 0;
                self.enter(State::Closed);
                Some(BreakerChange::Closed)
            }
            State::Closed | State::Open { .. } => None,
        }
    }

    /// A call failed, with all its attempts.
    pub fn failed(&mut self, admitted: Admitted, now: Instant) -> Option<BreakerChange> {
        if admitted.round != self.round {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let opens = match self.state {
            State::Closed => self.failures >= FAILURES_MAX,
            State::HalfOpen { .. } => true,
            State::Open { .. } => false,
        };
        if !opens {
            return None;
        }
        self.openings = self.openings.saturating_add(1);
        let pause = doubled(PAUSE_FIRST, PAUSE_MOST, self.openings);
        self.enter(State::Open { until: now + pause });
        Some(BreakerChange::Opened { failures: self.failures, pause })
    }

    /// Nothing became of a call: it was given up by who asked. Another may try.
    pub fn withdrawn(&mut self, admitted: Admitted) {
        if admitted.round == self.round && matches!(self.state, State::HalfOpen { .. }) {
            self.enter(State::HalfOpen { is_tried: false });
        }
    }

    /// What it lets through now.
    pub fn phase(&self, now: Instant) -> BreakerPhase {
        match self.state {
            State::Closed => BreakerPhase::Closed,
            State::Open { until } if now < until => BreakerPhase::Open,
            State::Open { .. } | State::HalfOpen { .. } => BreakerPhase::HalfOpen,
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.round += 1;
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
