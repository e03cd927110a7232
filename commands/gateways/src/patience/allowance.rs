//! How many repeats there may be: a tenth of the calls. When everything fails, repeats would be what keeps it failing.

/// What one call adds, in repeats.
const PER_CALL: f64 = 0.1;
/// Repeats there are from the start: who asks rarely may try again too.
const AT_FIRST: f64 = 3.0;
/// Repeats that are saved up at most, in quiet times.
const MOST: f64 = 10.0;

/// Repeats that are left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance(f64);

impl Default for Allowance {
    fn default() -> Self {
        Self(AT_FIRST)
    }
}

impl Allowance {
    /// A call, whatever becomes of it.
    pub(super) fn called(&mut self) {
        self.0 = (self.0 + PER_CALL).min(MOST);
    }

    /// Whether it may be repeated; if so, that was one.
    pub(super) fn take(&mut self) -> bool {
        let may = self.0 >= 1.0;
        if may {
            self.0 -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_a_tenth_of_the_calls() {
        let mut allowance = Allowance::default();
        let mut repeats = 0;
        for _ in 0..1_000 {
            allowance.called();
            while allowance.take() {
                repeats += 1;
            }
        }
        assert!((95..=103).contains(&repeats), "{repeats}");
    }

    #[test]
    fn quiet_times_save_up_no_storm() {
        let mut allowance = Allowance::default();
        (0..100_000).for_each(|_| allowance.called());
        assert_eq!((0..1_000).filter(|_| allowance.take()).count(), 10);
    }
}
