//! How good predictions are, and what deciding by them brings.

use serde::{Deserialize, Serialize};

use crate::{linear::square, train::Outcome, weights::Prediction};

/// Thresholds whose consequences are told, in fields for the price of an average asking.
const THRESHOLDS: [f64; 6] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0];
/// More places would be pretence.
const PLACES: f64 = 10_000.0;

/// Measured by cross-validation: on outcomes that those who predicted had not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// What each threshold would have brought.
    pub at: Vec<AtThreshold>,
    /// By how many fields a prediction of the gain is off on average.
    pub mean_absolute_error_fields: f64,
    /// Outcomes it rests on.
    pub outcomes: u64,
    /// Share of the gain's variance that is explained: 1 is all, 0 is no better than the mean, less is worse.
    pub r_squared: f64,
}

/// What would have come of asking only where the predicted worth reaches a threshold. Asking always is kept 1 and saved 0,
/// asking never is kept 0 and saved 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtThreshold {
    /// Share of the people who would have been asked about.
    pub asked_share: f64,
    /// Share of the cost that would have been saved; of the askings, where they cost nothing.
    pub cost_saved_share: f64,
    /// Share of the fields that would have been told all the same.
    pub gain_kept_share: f64,
    /// Fields for the price of an average asking.
    pub threshold: f64,
}

impl Quality {
    /// Of predictions, each for the outcome at its place.
    pub(crate) fn of(outcomes: &[Outcome], predicted: &[Prediction]) -> Self {
        let gain = |outcome: &Outcome| f64::from(outcome.gain_fields);
        let count = outcomes.len().max(1) as f64;
        let mean = outcomes.iter().map(gain).sum::<f64>() / count;
        let missed = || outcomes.iter().zip(predicted).map(|(outcome, told)| gain(outcome) - told.gain_fields);
        let total: f64 = outcomes.iter().map(|outcome| square(gain(outcome) - mean)).sum();
        let unexplained: f64 = missed().map(square).sum();
        Self {
            at: THRESHOLDS.map(|threshold| AtThreshold::of(threshold, outcomes, predicted)).to_vec(),
            mean_absolute_error_fields: rounded(missed().map(f64::abs).sum::<f64>() / count),
            outcomes: outcomes.len() as u64,
            // Nothing varies, so there is nothing to explain.
            r_squared: if total > 0.0 { rounded(1.0 - unexplained / total) } else { 0.0 },
        }
    }
}

impl AtThreshold {
    fn of(threshold: f64, outcomes: &[Outcome], predicted: &[Prediction]) -> Self {
        let asked =
            || outcomes.iter().zip(predicted).filter(|(_, told)| told.worth >= threshold).map(|(outcome, _)| outcome);
        let share =
            |part: f64, whole: f64, of_nothing: f64| rounded(if whole > 0.0 { part / whole } else { of_nothing });
        let gain = |outcome: &Outcome| f64::from(outcome.gain_fields);
        let asked_share = asked().count() as f64 / outcomes.len().max(1) as f64;
        let cost: f64 = outcomes.iter().map(|outcome| outcome.cost).sum();
        Self {
            asked_share: rounded(asked_share),
            cost_saved_share: share(cost - asked().map(|outcome| outcome.cost).sum::<f64>(), cost, 1.0 - asked_share),
            gain_kept_share: share(asked().map(gain).sum(), outcomes.iter().map(gain).sum(), 1.0),
            threshold,
        }
    }
}

fn rounded(number: f64) -> f64 {
    (number * PLACES).round() / PLACES + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Features;

    fn outcome(gain_fields: u32, cost: f64) -> Outcome {
        Outcome { features: Features::default(), gain_fields, cost }
    }

    fn told(gain_fields: f64) -> Prediction {
        Prediction { gain_fields, cost: 1.0, worth: gain_fields }
    }

    #[test]
    fn quality_is_what_it_says() {
        let outcomes = [outcome(0, 10.0), outcome(0, 10.0), outcome(4, 20.0), outcome(4, 40.0)];
        let quality = Quality::of(&outcomes, &[told(0.0), told(1.0), told(4.0), told(2.0)]);
        // The mean is 2, so the variance sums to 16; missed are 0, 1, 0 and 2.
        assert_eq!(quality.r_squared, 1.0 - 5.0 / 16.0);
        assert_eq!(quality.mean_absolute_error_fields, 0.75);
        let at = |threshold: f64| quality.at.iter().find(|at| at.threshold == threshold).copied().expect("is told");
        let half = AtThreshold { asked_share: 0.75, cost_saved_share: 0.125, gain_kept_share: 1.0, threshold: 0.5 };
        assert_eq!(at(0.5), half);
        let three = AtThreshold { asked_share: 0.25, cost_saved_share: 0.75, gain_kept_share: 0.5, threshold: 3.0 };
        assert_eq!(at(3.0), three);
    }

    #[test]
    fn where_asking_is_free_the_askings_are_what_is_saved() {
        let quality = Quality::of(&[outcome(0, 0.0), outcome(1, 0.0)], &[told(0.0), told(1.0)]);
        assert_eq!(quality.at[1].cost_saved_share, 0.5);
    }
}
