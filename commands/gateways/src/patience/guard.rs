//! A preset, a breaker and an allowance of repeats around the calls of one dependency.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Admitted, Breaker, BreakerChange, BreakerPhase, Means, Preset, allowance::Allowance};

/// Guards the calls of one dependency; one for all who call it in a process.
#[derive(Debug)]
pub struct Guard {
    name: String,
    preset: Preset,
    means: Means,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    breaker: Breaker,
    allowance: Allowance,
}

/// What a failed attempt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another may succeed, not before this time where one is named.
    Again(Option<Duration>),
    /// It would be refused again.
    Final,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt at this moment.
    At(Instant),
    /// None; the breaker may have changed by it.
    GiveUp(Option<BreakerChange>),
}

/// How a dependency stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardReport {
    /// Its name.
    pub name: String,
    /// What its breaker lets through.
    pub phase: BreakerPhase,
}

/// The attempts of one call. Dropped without an outcome, it leaves no trace.
#[derive(Debug)]
pub struct Tries<'a> {
    guard: &'a Guard,
    admitted: Option<Admitted>,
    deadline: Instant,
    failures: u32,
}

impl Guard {
    /// Guards what is called `name` in metrics and events.
    pub fn new(name: String, preset: Preset, means: Means) -> Self {
        let guard = Self { name, preset, means, inside: Mutex::default() };
        guard.tell(BreakerPhase::Closed);
        guard
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins a call that has to end by `deadline`; where the breaker is open, says until when.
    pub fn begin(&self, deadline: Instant) -> Result<Tries<'_>, Instant> {
        let now = self.means.timer.now();
        let mut inside = self.inside();
        let admitted = inside.breaker.admit(now)?;
        inside.allowance.called();
        self.tell(inside.breaker.phase(now));
        Ok(Tries { guard: self, admitted: Some(admitted), deadline, failures: 0 })
    }

    /// How it stands.
    pub fn report(&self) -> GuardReport {
        GuardReport { name: self.name.clone(), phase: self.inside().breaker.phase(self.means.timer.now()) }
    }

    fn tell(&self, phase: BreakerPhase) {
        let value = match phase {
            BreakerPhase::Closed => 0.0,
            BreakerPhase::HalfOpen => 1.0,
            BreakerPhase::Open => 2.0,
        };
        metrics::gauge!("breaker_state", "name" => self.name.clone()).set(value);
    }

    /// A panic elsewhere leaves counts that are only counts.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries<'_> {
    /// It was answered, with what was asked for or with a refusal.
    pub fn answered(mut self) -> Option<BreakerChange> {
        let admitted = self.admitted.take()?;
        self.end(|breaker, _| breaker.succeeded(admitted))
    }

    /// An attempt failed.
    pub fn failed(&mut self, verdict: Verdict) -> Next {
        let Some(admitted) = self.admitted else { return Next::GiveUp(None) };
        let Verdict::Again(not_before) = verdict else {
            self.admitted = None;
            return Next::GiveUp(self.end(|breaker, _| breaker.succeeded(admitted)));
        };
        self.failures += 1;
        let means = &self.guard.means;
        let pause = self.guard.preset.pause(self.failures, means.chance.as_ref()).max(not_before.unwrap_or_default());
        let at = means.timer.now().checked_add(pause).filter(|at| *at < self.deadline);
        if let Some(at) = at
            && self.failures < self.guard.preset.attempts
            && self.guard.inside().allowance.take()
        {
            metrics::counter!("retries_total", "name" => self.guard.name.clone()).increment(1);
            return Next::At(at);
        }
        self.admitted = None;
        Next::GiveUp(self.end(|breaker, now| breaker.failed(admitted, now)))
    }

    fn end(&self, end: impl FnOnce(&mut Breaker, Instant) -> Option<BreakerChange>) -> Option<BreakerChange> {
        let now = self.guard.means.timer.now();
        let mut inside = self.guard.inside();
        let change = end(&mut inside.breaker, now);
        self.guard.tell(inside.breaker.phase(now));
        change
    }
}

impl Drop for Tries<'_> {
    fn drop(&mut self) {
        if let Some(admitted) = self.admitted.take() {
            self.guard.inside().breaker.withdrawn(admitted);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::patience::{API, Chance, TokioTimer};

    struct Most;

    impl Chance for Most {
        fn fraction(&self) -> f64 {
            1.0
        }
    }

    fn guard() -> Guard {
        Guard::new("test".into(), API, Means { timer: Arc::new(TokioTimer), chance: Arc::new(Most) })
    }

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn waits(next: Next) -> Option<Duration> {
        match next {
            Next::At(at) => Some(at.duration_since(Instant::now())),
            Next::GiveUp(_) => None,
        }
    }

    #[test]
    fn three_attempts_and_no_sooner_than_was_wanted() {
        let guard = guard();
        let mut tries = guard.begin(in_a_minute()).unwrap();
        let first = waits(tries.failed(Verdict::Again(None))).unwrap();
        assert!(first <= Duration::from_secs(1) && first > Duration::from_millis(500), "{first:?}");
        let second = waits(tries.failed(Verdict::Again(Some(Duration::from_secs(17))))).unwrap();
        assert!(second > Duration::from_secs(16), "{second:?}");
        assert_eq!(tries.failed(Verdict::Again(None)), Next::GiveUp(None));
    }

    #[test]
    fn a_pause_beyond_the_deadline_is_no_attempt() {
        let guard = guard();
        let mut tries = guard.begin(in_a_minute()).unwrap();
        assert_eq!(tries.failed(Verdict::Again(Some(Duration::from_mins(2)))), Next::GiveUp(None));
    }

    #[test]
    fn a_refusal_is_an_answer_and_opens_nothing() {
        let guard = guard();
        for _ in 0..10 {
            let mut tries = guard.begin(in_a_minute()).unwrap();
            assert_eq!(tries.failed(Verdict::Final), Next::GiveUp(None));
        }
        assert_eq!(guard.report().phase, BreakerPhase::Closed);
    }

    #[test]
    fn a_storm_of_failures_has_few_repeats_and_opens_the_breaker() {
        let guard = guard();
        let mut calls: Vec<_> = (0..100).map(|_| guard.begin(in_a_minute()).unwrap()).collect();
        let repeats = calls.iter_mut().filter_map(|tries| waits(tries.failed(Verdict::Again(None)))).count();
        assert!(repeats <= 10, "{repeats} repeats of 100 calls");
        assert_eq!(guard.report().phase, BreakerPhase::Open);
        assert!(guard.begin(in_a_minute()).is_err());
    }

    #[test]
    fn who_gives_up_waiting_changes_nothing() {
        let guard = guard();
        for _ in 0..10 {
            drop(guard.begin(in_a_minute()).unwrap());
        }
        assert_eq!(guard.report().phase, BreakerPhase::Closed);
    }
}
