//! Ridge regression in closed form: the normal equations, solved by Cholesky's factorisation.
//!
//! Minimises `Σ (y − w·z)² + λ‖w‖²` over centred `y` and standardised `z`, so `(ZᵀZ + λI) w = Zᵀy`: A. E. Hoerl and
//! R. W. Kennard 1970, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 12 (1). The matrix
//! is symmetric and, as λ > 0, positive definite, so Cholesky's factorisation exists (G. H. Golub and C. F. Van Loan, "Matrix
//! Computations", 4.2).

use crate::features::NAMES;

/// Features of one history, standardised or not.
pub(crate) type Values = [f64; NAMES.len()];

/// λ: as if one more outcome had said that no feature matters. Little beside the tens that training takes, and enough to
/// keep features that go together (letters, words) from being played against each other.
const RIDGE: f64 = 1.0;
/// A feature that varies less than this is the same for everybody and tells nothing.
const SPREAD_MIN: f64 = 1e-9;
/// A history unlike all that were learnt from is taken to be this many standard deviations off, not more.
const Z_MAX: f64 = 3.0;

/// Where each feature lies, and how far it spreads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scaling {
    pub(crate) mean: Values,
    pub(crate) spread: Values,
}

impl Scaling {
    pub(crate) fn of(rows: &[Values]) -> Self {
        let count = rows.len().max(1) as f64;
        let mut mean = [0.0; NAMES.len()];
        let mut spread = [0.0; NAMES.len()];
        for feature in 0..NAMES.len() {
            mean[feature] = rows.iter().map(|row| row[feature]).sum::<f64>() / count;
            let variance = rows.iter().map(|row| square(row[feature] - mean[feature])).sum::<f64>() / count;
            let deviation = variance.sqrt();
            spread[feature] = if deviation < SPREAD_MIN { 1.0 } else { deviation };
        }
        Self { mean, spread }
    }

    pub(crate) fn standardised(&self, row: &Values) -> Values {
        std::array::from_fn(|at| ((row[at] - self.mean[at]) / self.spread[at]).clamp(-Z_MAX, Z_MAX))
    }
}

/// `ZᵀZ + λI` of standardised rows, factorised once for all that is to be learnt from them.
pub(crate) struct Normal<'a> {
    rows: &'a [Values],
    /// The lower triangle `L` of `L Lᵀ`.
    factor: [Values; NAMES.len()],
}

impl<'a> Normal<'a> {
    pub(crate) fn of(rows: &'a [Values]) -> Self {
        let mut factor = [[0.0; NAMES.len()]; NAMES.len()];
        for row in 0..NAMES.len() {
            for column in 0..=row {
                let gram = rows.iter().map(|z| z[row] * z[column]).sum::<f64>();
                let ridge = if row == column { RIDGE } else { 0.0 };
                let before: f64 = (0..column).map(|at| factor[row][at] * factor[column][at]).sum();
                let left = gram + ridge - before;
                // On the diagonal at least λ but for rounding, which must not make it a square root of less than nothing.
                factor[row][column] =
                    if row == column { left.max(SPREAD_MIN).sqrt() } else { left / factor[column][column] };
            }
        }
        Self { rows, factor }
    }

    /// The weights that explain `target`, which is centred, best.
    pub(crate) fn solve(&self, target: &[f64]) -> Values {
        let mut weights: Values =
            std::array::from_fn(|at| self.rows.iter().zip(target).map(|(z, y)| z[at] * y).sum::<f64>());
        for row in 0..NAMES.len() {
            let known: f64 = (0..row).map(|at| self.factor[row][at] * weights[at]).sum();
            weights[row] = (weights[row] - known) / self.factor[row][row];
        }
        for row in (0..NAMES.len()).rev() {
            let known: f64 = (row + 1..NAMES.len()).map(|at| self.factor[at][row] * weights[at]).sum();
            weights[row] = (weights[row] - known) / self.factor[row][row];
        }
        // No negative zero: one weight, one text.
        weights.map(|weight| weight + 0.0)
    }
}

pub(crate) fn square(number: f64) -> f64 {
    number * number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that no two features of which go together, by a small generator of its own.
    fn rows(count: usize) -> Vec<Values> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / (1_u64 << 24) as f64
        };
        (0..count).map(|_| std::array::from_fn(|_| next())).collect()
    }

    #[test]
    fn the_solution_fulfils_the_normal_equations() {
        let rows = rows(40);
        let scaling = Scaling::of(&rows);
        let z: Vec<Values> = rows.iter().map(|row| scaling.standardised(row)).collect();
        let target: Vec<f64> = rows.iter().map(|row| 3.0 * row[0] - row[4] + 0.5 * row[9]).collect();
        let weights = Normal::of(&z).solve(&target);
        for feature in 0..NAMES.len() {
            let left: f64 =
                z.iter().map(|row| row[feature] * row.iter().zip(&weights).map(|(z, w)| z * w).sum::<f64>()).sum();
            let right: f64 = z.iter().zip(&target).map(|(row, y)| row[feature] * y).sum();
            assert!((left + RIDGE * weights[feature] - right).abs() < 1e-9, "feature {feature}");
        }
    }

    #[test]
    fn features_that_are_the_same_do_no_harm() {
        let mut rows = rows(40);
        for row in &mut rows {
            row[3] = row[2];
            row[5] = 1.0;
        }
        let scaling = Scaling::of(&rows);
        let z: Vec<Values> = rows.iter().map(|row| scaling.standardised(row)).collect();
        let target: Vec<f64> = z.iter().map(|row| row[2]).collect();
        let weights = Normal::of(&z).solve(&target);
        assert!((weights[2] - weights[3]).abs() < 1e-9 && weights[2] > 0.4, "{weights:?}");
        assert_eq!(weights[5], 0.0);
    }

    #[test]
    fn what_is_far_off_is_held_near() {
        let scaling = Scaling::of(&rows(40));
        assert_eq!(scaling.standardised(&[1e9; NAMES.len()]), [Z_MAX; NAMES.len()]);
    }
}
