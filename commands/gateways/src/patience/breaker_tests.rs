//! A breaker against what is promised of it, over thousands of stories that nobody would think of.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What a breaker is, said in another way: by the whole story, not by a state.
#[derive(Default)]
struct Story {
    /// Outcomes that count since it was last closed, in their order.
    outcomes: Vec<bool>,
    /// Pauses since it was last closed.
    pauses: Vec<(Instant, Duration)>,
    /// Who tries, of all calls by their number.
    tries: Option<usize>,
    /// Calls that were let through before the last change.
    stale_below: usize,
    calls: usize,
}

impl Story {
    fn is_open(&self, now: Instant) -> bool {
        self.pauses.last().is_some_and(|(at, pause)| now < *at + *pause)
    }

    fn admits(&mut self, now: Instant) -> Option<usize> {
        let is_closed = self.pauses.is_empty();
        if self.is_open(now) || (!is_closed && self.tries.is_some()) {
            return None;
        }
        let call = self.calls;
        self.calls += 1;
        if !is_closed {
            self.stale_below = call;
            self.tries = Some(call);
        }
        Some(call)
    }

    fn ends(&mut self, call: usize, outcome: Option<bool>, now: Instant) -> Option<BreakerChange> {
        if call < self.stale_below || (!self.pauses.is_empty() && self.tries != Some(call)) {
            return None;
        }
        let was_try = self.tries.take().is_some();
        let is_answered = outcome?;
        self.outcomes.push(is_answered);
        let failures = self.outcomes.iter().rev().take_while(|is_answered| !**is_answered).count();
        if is_answered && was_try {
            *self = Self { calls: self.calls, stale_below: self.calls, ..Self::default() };
            return Some(BreakerChange::Closed);
        }
        if is_answered || (!was_try && failures < 3) {
            return None;
        }
        let pause = Duration::from_secs([30, 60, 120, 240, 300].get(self.pauses.len()).copied().unwrap_or(300));
        self.pauses.push((now, pause));
        self.stale_below = self.calls;
        Some(BreakerChange::Opened { failures: u32::try_from(failures).unwrap(), pause })
    }
}

#[test]
fn a_breaker_keeps_to_its_story_whatever_happens() {
    let start = Instant::now();
    let (mut openings, mut closings, mut longest) = (0, 0, Duration::ZERO);
    for seed in 1..=2_000 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let bias = dice.below(10);
        let (mut breaker, mut story, mut now) = (Breaker::default(), Story::default(), start);
        let mut under_way: Vec<(usize, Admitted)> = Vec::new();
        for step in 0..120 {
            let context = format!("seed {seed}, step {step}");
            match dice.below(3) {
                0 => now += Duration::from_secs(dice.below(90)),
                1 => match (breaker.admit(now), story.admits(now)) {
                    (Ok(admitted), Some(call)) => under_way.push((call, admitted)),
                    (Err(until), None) => assert!(until > now, "{context}: comes back at once"),
                    (got, wanted) => panic!("{context}: {got:?}, where the story has {wanted:?}"),
                },
                _ if under_way.is_empty() => {}
                _ => {
                    let index = usize::try_from(dice.below(under_way.len() as u64)).unwrap();
                    let (call, admitted) = under_way.swap_remove(index);
                    let outcome = (dice.below(8) > 0).then(|| dice.below(10) < bias);
                    let wanted = story.ends(call, outcome, now);
                    let got = match outcome {
                        Some(true) => breaker.succeeded(admitted),
                        Some(false) => breaker.failed(admitted, now),
                        None => {
                            breaker.withdrawn(admitted);
                            None
                        }
                    };
                    assert_eq!(got, wanted, "{context}");
                    match got {
                        Some(BreakerChange::Opened { pause, .. }) => {
                            openings += 1;
                            longest = longest.max(pause);
                        }
                        Some(BreakerChange::Closed) => closings += 1,
                        None => {}
                    }
                }
            }
            let phase = match () {
                () if story.pauses.is_empty() => BreakerPhase::Closed,
                () if story.is_open(now) => BreakerPhase::Open,
                () => BreakerPhase::HalfOpen,
            };
            assert_eq!(breaker.phase(now), phase, "{context}");
        }
    }
    assert!(openings > 1_000 && closings > 500, "the stories say little: {openings} openings, {closings} closings");
    assert_eq!(longest, PAUSE_MOST);
}

#[test]
fn three_failures_open_it_for_half_a_minute_and_one_call_closes_it() {
    let start = Instant::now();
    let mut breaker = Breaker::default();
    for failures in 1..=3 {
        let admitted = breaker.admit(start).unwrap();
        let change = breaker.failed(admitted, start);
        assert_eq!(change.is_some(), failures == 3);
    }
    assert_eq!(breaker.admit(start + Duration::from_secs(29)).unwrap_err(), start + Duration::from_secs(30));
    let later = start + Duration::from_secs(30);
    let probe = breaker.admit(later).unwrap();
    assert!(breaker.admit(later).is_err(), "one tries, the others wait");
    assert_eq!(breaker.succeeded(probe), Some(BreakerChange::Closed));
    assert!(breaker.admit(later).is_ok() && breaker.admit(later).is_ok());
}
