//! How long calls took, in little memory however many there are: counts by size, exact to an eighth.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// Steps within each doubling.
const STEPS: usize = 8;

/// Durations in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
}

impl Default for Durations {
    fn default() -> Self {
        Self { counts: vec![0; 64 * STEPS], total: 0, longest: 0 }
    }
}

impl Durations {
    pub(super) fn add(&mut self, micros: u64) {
        if let Some(count) = self.counts.get_mut(place_of(micros)) {
            *count += 1;
        }
        self.total += 1;
        self.longest = self.longest.max(micros);
    }

    /// So many percent took this long or less; an eighth too much at most.
    pub fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        let place = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        place.map_or(self.longest, largest_at).min(self.longest)
    }
}

/// Below the number of steps each value has its own place; above, each doubling has so many.
fn place_of(micros: u64) -> usize {
    let steps = STEPS as u64;
    if micros < steps {
        return usize::try_from(micros).unwrap_or(0);
    }
    let doubling = u64::from(micros.ilog2()) - 3;
    usize::try_from(steps * (doubling + 1) + (micros >> doubling) - steps).unwrap_or(usize::MAX)
}

/// The largest value of a place.
fn largest_at(place: usize) -> u64 {
    let (steps, place) = (STEPS as u64, place as u64);
    if place < steps {
        return place;
    }
    let doubling = place / steps - 1;
    // The largest of all is one below what no longer fits.
    ((place % steps + steps + 1) << doubling).wrapping_sub(1)
}

impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut told = serializer.serialize_struct("Durations", 4)?;
        told.serialize_field("p50_us", &self.percentile(50))?;
        told.serialize_field("p90_us", &self.percentile(90))?;
        told.serialize_field("p99_us", &self.percentile(99))?;
        told.serialize_field("longest_us", &self.longest)?;
        told.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_an_eighth() {
        let mut durations = Durations::default();
        assert_eq!(durations.percentile(99), 0);
        for micros in 1..=10_000 {
            durations.add(micros);
        }
        for (percent, exact) in [(1, 100), (50, 5_000), (90, 9_000), (99, 9_900), (100, 10_000)] {
            let told = durations.percentile(percent);
            assert!(told >= exact && told <= exact + exact / 8, "{percent}: {told}");
        }
    }

    #[test]
    fn every_value_has_a_place_and_stands_within_it() {
        for micros in
            (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + (1 << bit) / 3]).chain([u64::MAX])
        {
            let place = place_of(micros);
            assert!(place < 64 * STEPS, "{micros}");
            assert!(largest_at(place) >= micros && (place == 0 || largest_at(place - 1) < micros), "{micros}");
        }
    }
}
