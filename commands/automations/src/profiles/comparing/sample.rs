//! Whom two strategies are compared on: half of them people who wrote something, half people who did not, as far as
//! there are enough of both.

use chronogram_read_models::people::{PersonRow, people_sample};

use super::super::{FillError, ProfileFiller};

/// The people of a comparison.
pub(super) struct Sample {
    pub(super) people: Vec<PersonRow>,
    pub(super) with_messages: u64,
    pub(super) without_messages: u64,
}

impl ProfileFiller {
    pub(super) async fn sample(&self, seed: u64, count: u32) -> Result<Sample, FillError> {
        let mut people = people_sample(&self.queries, seed, true, count).await?;
        let mut silent = people_sample(&self.queries, seed, false, count).await?;
        let [with, without] = shares(count as usize, [people.len(), silent.len()]);
        people.truncate(with);
        silent.truncate(without);
        people.append(&mut silent);
        Ok(Sample { people, with_messages: with as u64, without_messages: without as u64 })
    }
}

/// Half of each, and what one lacks from the other.
fn shares(count: usize, there: [usize; 2]) -> [usize; 2] {
    let [with, without] = there;
    let first = with.min((count.div_ceil(2)).max(count.saturating_sub(without)));
    [first, without.min(count - first)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_them_wrote_something_as_far_as_there_are_enough() {
        assert_eq!(shares(10, [10, 10]), [5, 5]);
        assert_eq!(shares(9, [9, 9]), [5, 4]);
        assert_eq!(shares(10, [2, 10]), [2, 8]);
        assert_eq!(shares(10, [10, 3]), [7, 3]);
        assert_eq!(shares(10, [1, 1]), [1, 1]);
        assert_eq!(shares(10, [0, 0]), [0, 0]);
    }
}
