//! What models cost.

use rust_decimal::Decimal;
use serde::Deserialize;

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The price of a million tokens, in whatever money the budgets are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the question.
    pub input: Decimal,
    /// Of the answer.
    pub output: Decimal,
}

impl Price {
    /// What so many tokens cost, exactly.
    pub fn of(&self, input_tokens: u32, output_tokens: u32) -> Decimal {
        // Prices are checked to be small when they are read, so nothing here comes near the limits of a decimal.
        let of_million = self.input * Decimal::from(input_tokens) + self.output * Decimal::from(output_tokens);
        (of_million / MILLION).normalize()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact() {
        let price = Price { input: "0.15".parse().unwrap(), output: "0.60".parse().unwrap() };
        assert_eq!(price.of(1_200, 34), "0.0002004".parse().unwrap());
        assert_eq!(price.of(1, 0), "0.00000015".parse().unwrap());
        assert_eq!(price.of(0, 0), Decimal::ZERO);
        let sum: Decimal = (0..1_000_000).map(|_| price.of(1, 1)).sum();
        assert_eq!(sum, "0.75".parse().unwrap());
    }
}
