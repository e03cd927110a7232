//! Fuel of many calls in a few figures, in memory that does not grow with their number.

use serde::Serialize;

/// Buckets of an octave: a percentile is at most a sixteenth too small.
const PARTS: u64 = 16;

/// What calls used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "Figures")]
pub struct FuelFigures {
    calls: u64,
    total: u64,
    most: u64,
    buckets: std::collections::BTreeMap<u64, u64>,
}

#[derive(Serialize)]
struct Figures {
    calls: u64,
    total: u64,
    mean: u64,
    p50: u64,
    p95: u64,
    max: u64,
}

impl FuelFigures {
    /// One call more.
    pub fn add(&mut self, fuel: u64) {
        self.calls += 1;
        self.total = self.total.saturating_add(fuel);
        self.most = self.most.max(fuel);
        *self.buckets.entry(floor(fuel)).or_default() += 1;
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// What they used on average.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(self.calls).unwrap_or(0)
    }

    /// The most that one of them used.
    pub fn max(&self) -> u64 {
        self.most
    }

    /// What so many percent of them did not go beyond, to a sixteenth.
    pub fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.calls * percent).div_ceil(100);
        let mut passed = 0;
        let at = self.buckets.iter().find(|(_, count)| {
            passed += **count;
            passed >= wanted
        });
        at.map_or(0, |(floor, _)| *floor)
    }
}

impl From<FuelFigures> for Figures {
    fn from(fuel: FuelFigures) -> Self {
        Self {
            calls: fuel.calls,
            total: fuel.total,
            mean: fuel.mean(),
            p50: fuel.percentile(50),
            p95: fuel.percentile(95),
            max: fuel.most,
        }
    }
}

/// The least of the numbers that are counted together with this one.
fn floor(fuel: u64) -> u64 {
    let octave = fuel.checked_ilog2().map_or(1, |exponent| 1 << exponent);
    let step = (octave / PARTS).max(1);
    fuel / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_sixteenth() {
        let mut fuel = FuelFigures::default();
        (1..=1_000).for_each(|call| fuel.add(call * 1_000));
        assert_eq!((fuel.calls(), fuel.mean(), fuel.max()), (1_000, 500_500, 1_000_000));
        for (percent, exact) in [(50, 500_000), (95, 950_000)] {
            let told = fuel.percentile(percent);
            assert!(told <= exact && told >= exact - exact / 16, "{percent}: {told}");
        }
        assert!(fuel.buckets.len() < 200);
        assert_eq!(FuelFigures::default().percentile(95), 0);
    }
}
