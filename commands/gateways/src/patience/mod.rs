//! How the house bears with those outside who fail: the one place that says how often something is tried again, when
//! nobody is asked at all, and how fast anybody is asked.
//!
//! Promises: an attempt is repeated only where that can help, no sooner than who was asked wants it, and never so often
//! that the repeats are a load of their own; who does not answer is left alone for a while, then tried by one call; who
//! says how much he takes gets no more than that. Time and chance are parameters ([`Means`]).

mod allowance;
mod breaker;
mod guard;
mod means;
mod pace;
mod preset;

pub use breaker::{Admitted, Breaker, BreakerChange, BreakerPhase};
pub use guard::{Guard, GuardReport, Next, Tries, Verdict};
pub use means::{Chance, Means, Timer, TokioTimer};
pub use pace::{Entered, Pace, PaceError, PaceLimits};
pub use preset::{API, Preset, WEBHOOKS, doubled};
