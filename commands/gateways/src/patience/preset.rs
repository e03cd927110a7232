//! How often, and after what pauses.

use std::time::Duration;

use super::Chance;

/// How a kind of dependency is borne with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    /// The longest pause after the first attempt; it doubles with each further one.
    pub pause_first: Duration,
    /// The longest pause of all.
    pub pause_most: Duration,
}

/// Services that are asked for something one can do without for a while: models, collectors.
pub const API: Preset =
    Preset { attempts: 3, pause_first: Duration::from_secs(1), pause_most: Duration::from_secs(20) };

/// Whoever wants to be told when something is done: once is better than never, and nobody waits for it.
pub const WEBHOOKS: Preset =
    Preset { attempts: 4, pause_first: Duration::from_secs(1), pause_most: Duration::from_secs(30) };

impl Preset {
    /// The pause after so many failed attempts: anything between nothing and the longest, so that those who failed
    /// together do not come back together.
    pub fn pause(&self, failures: u32, chance: &dyn Chance) -> Duration {
        doubled(self.pause_first, self.pause_most, failures).mul_f64(chance.fraction().clamp(0.0, 1.0))
    }
}

/// `first` after one failure, then twice as long each time, up to `most`.
pub fn doubled(first: Duration, most: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(30);
    first.saturating_mul(1 << doublings).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(f64);

    impl Chance for Always {
        fn fraction(&self) -> f64 {
            self.0
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_scattered_below_it() {
        let seconds = |failures, fraction| API.pause(failures, &Always(fraction)).as_secs_f64();
        for (failures, longest) in [(0, 1.0), (1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 20.0), (u32::MAX, 20.0)] {
            for fraction in [0.0, 0.25, 1.0] {
                let pause = seconds(failures, fraction);
                assert!((pause - longest * fraction).abs() < 1e-6, "{failures} {fraction}: {pause}");
            }
        }
    }
}
