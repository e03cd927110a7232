//! Where tests kill the process: between any two lines that a crash must not tell apart.

/// Ends the process without any clean-up if `CHRONOGRAM_CRASH_AT` names this point (`name`, or `name:3` for the third
/// time it is reached). Compiled to nothing without the feature `crash-points`, which only tests switch on.
#[inline]
pub fn crash_point(name: &'static str) {
    #[cfg(feature = "crash-points")]
    plan::reach(name);
    #[cfg(not(feature = "crash-points"))]
    let _ = name;
}

#[cfg(feature = "crash-points")]
mod plan {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };

    struct Plan {
        name: String,
        times_left: AtomicU32,
    }

    #[allow(clippy::disallowed_methods)] // no setting of the product: only tests have it
    static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| {
        let wanted = std::env::var("CHRONOGRAM_CRASH_AT").ok()?;
        let (name, nth) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        Some(Plan { name: name.to_owned(), times_left: AtomicU32::new(nth.parse().ok()?) })
    });

    #[allow(clippy::print_stderr)] // the log may not be flushed any more
    pub(super) fn reach(name: &str) {
        let Some(plan) = PLAN.as_ref().filter(|plan| plan.name == name) else { return };
        if plan.times_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            eprintln!("crash point {name} reached");
            std::process::abort();
        }
    }
}
