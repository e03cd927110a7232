//! Weights out of recorded outcomes.

use crate::{
    features::{Features, NAMES},
    linear::{Normal, Scaling, Values},
    quality::Quality,
    weights::{Line, Prediction, VERSION, Weights, predict},
};

/// Fewest outcomes: three for each of the ten weights.
const OUTCOMES_MIN: usize = 30;
/// Parts of the outcomes, each of which is predicted once from the others (M. Stone 1974, "Cross-Validatory Choice and
/// Assessment of Statistical Predictions").
const FOLDS: usize = 5;

/// What came of asking a model about one person, an answer that was of no use included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Their history when the model was asked.
    pub features: Features,
    /// Fields that were told beyond those told without a model.
    pub gain_fields: u32,
    /// What it cost, in any unit, of all outcomes the same. Outcomes whose cost is negative or no number are left out.
    pub cost: f64,
}

/// Too little to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEnough {
    /// Usable outcomes.
    pub outcomes: usize,
    /// How many it takes.
    pub needed: usize,
}

impl std::fmt::Display for NotEnough {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} outcomes of asking a model are recorded, and training takes {}", self.outcomes, self.needed)
    }
}

impl std::error::Error for NotEnough {}

/// Learns from outcomes. The same ones, in whatever order, bring the same weights.
pub fn train(outcomes: &[Outcome]) -> Result<Weights, NotEnough> {
    let mut usable: Vec<Outcome> = outcomes.iter().filter(|outcome| is_cost(outcome.cost)).copied().collect();
    if usable.len() < OUTCOMES_MIN {
        return Err(NotEnough { outcomes: usable.len(), needed: OUTCOMES_MIN });
    }
    let order = |one: &Outcome, other: &Outcome| {
        let whole = (one.features, one.gain_fields).cmp(&(other.features, other.gain_fields));
        whole.then(one.cost.total_cmp(&other.cost))
    };
    usable.sort_by(order);
    let learnt = Learnt::from(&usable);
    let line = |line: Line| Line { base: nine_digits(line.base), weights: line.weights.map(nine_digits) };
    Ok(Weights {
        cost: line(learnt.cost),
        features: NAMES.map(str::to_owned).to_vec(),
        gain: line(learnt.gain),
        mean: learnt.scaling.mean.map(nine_digits),
        quality: Quality::of(&usable, &cross_validated(&usable)),
        spread: learnt.scaling.spread.map(nine_digits),
        version: VERSION,
    })
}

/// Readers of JSON differ in the last bit of longer numbers, and these have to come back from a configuration as they were.
fn nine_digits(number: f64) -> f64 {
    format!("{number:.8e}").parse().unwrap_or(number)
}

fn is_cost(cost: f64) -> bool {
    cost.is_finite() && cost >= 0.0
}

/// What each outcome would have been predicted to be by those who had not seen it.
fn cross_validated(outcomes: &[Outcome]) -> Vec<Prediction> {
    let seen_by = |fold: usize| -> Learnt {
        let others = outcomes.iter().enumerate().filter(|(at, _)| at % FOLDS != fold);
        Learnt::from(&others.map(|(_, outcome)| *outcome).collect::<Vec<_>>())
    };
    let learnt: [Learnt; FOLDS] = std::array::from_fn(seen_by);
    outcomes.iter().enumerate().map(|(at, outcome)| learnt[at % FOLDS].predict(&outcome.features)).collect()
}

struct Learnt {
    scaling: Scaling,
    gain: Line,
    cost: Line,
}

impl Learnt {
    fn from(outcomes: &[Outcome]) -> Self {
        let rows: Vec<Values> = outcomes.iter().map(|outcome| outcome.features.values()).collect();
        let scaling = Scaling::of(&rows);
        let rows: Vec<Values> = rows.iter().map(|row| scaling.standardised(row)).collect();
        let normal = Normal::of(&rows);
        let line = |of: fn(&Outcome) -> f64| {
            let base = outcomes.iter().map(of).sum::<f64>() / outcomes.len().max(1) as f64;
            let centred: Vec<f64> = outcomes.iter().map(|outcome| of(outcome) - base).collect();
            Line { base, weights: normal.solve(&centred) }
        };
        Self { scaling, gain: line(|outcome| f64::from(outcome.gain_fields)), cost: line(|outcome| outcome.cost) }
    }

    fn predict(&self, features: &Features) -> Prediction {
        predict(&self.gain, &self.cost, &self.scaling.standardised(&features.values()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People whose letters decide what a model tells of them, and what asking costs.
    fn outcomes(count: u64) -> Vec<Outcome> {
        (0..count)
            .map(|at| {
                let letters = 10 * (at * 37 % 400) + 5;
                let features = Features {
                    messages: 20 + at % 7,
                    messages_total: 100 + at,
                    worded: 10 + at % 5,
                    letters,
                    distinct_words: letters / 8,
                    questions: at % 4,
                    first_person: at % 3,
                    days: 1 + at % 90,
                    chats: 1 + at % 2,
                };
                let gain_fields = match letters {
                    ..300 => 0,
                    300..1_500 => 2,
                    _ => 4,
                };
                Outcome { features, gain_fields, cost: 100.0 + letters as f64 / 4.0 }
            })
            .collect()
    }

    #[test]
    fn what_decides_is_learnt_and_told_of_people_not_seen() {
        let weights = train(&outcomes(200)).expect("two hundred are enough");
        assert_eq!(weights.check(), Ok(()));
        assert!(weights.quality.r_squared > 0.7, "{:?}", weights.quality);
        assert!(weights.quality.mean_absolute_error_fields < 0.7, "{:?}", weights.quality);
        let of = |letters| {
            let features = Features { letters, distinct_words: letters / 8, ..outcomes(1)[0].features };
            weights.predict(&features)
        };
        let (little, much) = (of(20), of(3_500));
        assert!(little.gain_fields < 0.5 && much.gain_fields > 3.0, "{little:?} {much:?}");
        assert!(little.cost < much.cost);
    }

    #[test]
    fn the_same_outcomes_in_any_order_bring_the_same_bytes() {
        let there = outcomes(60);
        let mut back = there.clone();
        back.reverse();
        back.swap(3, 40);
        let written = |outcomes: &[Outcome]| serde_json::to_string(&train(outcomes).expect("enough")).expect("JSON");
        assert_eq!(written(&there), written(&back));
    }

    #[test]
    fn too_few_are_refused_and_costs_that_are_none_do_not_count() {
        assert_eq!(train(&outcomes(29)), Err(NotEnough { outcomes: 29, needed: 30 }));
        let mut spoilt = outcomes(32);
        for (outcome, cost) in spoilt.iter_mut().zip([f64::NAN, -1.0, f64::INFINITY]) {
            outcome.cost = cost;
        }
        assert_eq!(train(&spoilt).unwrap_err().outcomes, 29);
    }

    #[test]
    fn people_who_are_all_alike_do_not_break_it() {
        let same = vec![Outcome { cost: 0.0, ..outcomes(1)[0] }; 40];
        let weights = train(&same).expect("enough");
        assert_eq!(weights.check(), Ok(()));
        let predicted = weights.predict(&same[0].features);
        assert_eq!((predicted.gain_fields, predicted.cost, predicted.worth), (0.0, 0.0, 0.0));
        assert_eq!(weights.quality.r_squared, 0.0);
    }

    #[test]
    fn the_artifact_is_canonical_and_comes_back_as_it_was() {
        let weights = train(&outcomes(50)).expect("enough");
        let text = serde_json::to_string(&weights).expect("JSON");
        // A map is kept in the order of its keys.
        let sorted: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(sorted.to_string(), text);
        assert_eq!(serde_json::from_str::<Weights>(&text).expect("weights"), weights);
        assert!(text.len() < 8 << 10, "a configuration holds 16 KiB: {}", text.len());
    }

    #[test]
    fn weights_that_cannot_be_used_say_why() {
        use crate::weights::BadWeights;
        let good = train(&outcomes(50)).expect("enough");
        let bad = |change: fn(&mut Weights)| {
            let mut weights = good.clone();
            change(&mut weights);
            weights.check().unwrap_err()
        };
        assert_eq!(bad(|weights| weights.version = 2), BadWeights::Version(2));
        assert_eq!(bad(|weights| weights.features.swap(0, 1)), BadWeights::Features);
        assert_eq!(bad(|weights| weights.gain.weights[3] = f64::NAN), BadWeights::NotFinite);
        assert_eq!(bad(|weights| weights.spread[0] = 0.0), BadWeights::OutOfRange);
    }
}
