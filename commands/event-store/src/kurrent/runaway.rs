//! Ends a client that runs away.
//!
//! A subscription that its server ends in order (OK, no error) makes the client go round without ever stepping aside:
//! nothing else on its runtime gets its turn, and no task can be cancelled that never waits. Such a client does say
//! something on each round, as a warning to `tracing`. So it lives on a thread of its own, whose warnings come here;
//! when its runtime has been silent for long, the next of them unwinds the thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

/// How often a runtime that works shows it.
const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// A runtime on a thread, as its watchdog sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse {
    beats: Arc<AtomicU64>,
    given_up: Arc<AtomicBool>,
}

/// What unwinds the thread.
struct RanAway;

impl Pulse {
    /// Shows for ever that the runtime it is awaited on works.
    pub(super) async fn beat(&self) {
        loop {
            self.beats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(BEAT_INTERVAL).await;
        }
    }

    /// Gives a thread up whose runtime was silent for `patience`; again and again.
    pub(super) async fn watch(&self, patience: Duration) {
        loop {
            let before = self.beats.load(Ordering::Relaxed);
            tokio::time::sleep(patience).await;
            let silent = self.beats.load(Ordering::Relaxed) == before;
            self.given_up.store(silent, Ordering::Relaxed);
        }
    }

    /// Gives the thread up for good.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Runs `life` on this thread. False: it ran away and was ended.
    pub(super) fn guard(&self, life: impl FnOnce()) -> bool {
        let guarded = || with_default(Listening(self.clone()), life);
        match catch_unwind(AssertUnwindSafe(guarded)) {
            Ok(()) => true,
            Err(cause) if cause.is::<RanAway>() => {
                self.given_up.store(false, Ordering::Relaxed);
                false
            }
            Err(cause) => resume_unwind(cause),
        }
    }
}

/// Hears the warnings of one thread.
struct Listening(Pulse);

impl Subscriber for Listening {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    /// Without it every debug message of the process would be prepared, for nobody.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, _event: &Event<'_>) {
        if self.0.given_up.load(Ordering::Relaxed) {
            resume_unwind(Box::new(RanAway));
        }
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_life_that_never_steps_aside_is_ended() {
        let pulse = Pulse::default();
        let guarded = pulse.clone();
        let thread = std::thread::spawn(move || {
            guarded.guard(|| {
                loop {
                    tracing::warn!("round and round");
                }
            })
        });
        tokio::select! {
            () = pulse.watch(Duration::from_millis(10)) => {}
            ended = tokio::task::spawn_blocking(|| thread.join().unwrap()) => assert!(!ended.unwrap()),
        }
    }

    #[test]
    fn a_life_that_ends_by_itself_is_let_be() {
        assert!(Pulse::default().guard(|| tracing::warn!("all is well")));
    }
}
