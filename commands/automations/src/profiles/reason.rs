//! Why somebody was filled by another strategy than the one asked for, or by none: a fixed vocabulary. A strategy's own
//! words may hold people's, so none of them comes through.

use chronogram_plugin_host::{Fault, StrategyError};

/// A code: the kind of a fault, or of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason(&'static str);

impl Reason {
    /// It decided, and nothing that it gave fills anything.
    pub(super) const EMPTY: Self = Self("empty");
    /// It was put aside while the run went on.
    pub(super) const NOT_ACTIVE: Self = Self("not_active");

    pub(super) fn of_fault(fault: &Fault) -> Self {
        Self(fault.kind())
    }

    /// Refusals of our own strategies are single words; those of others are their kind.
    pub(super) fn of_refusal(refusal: &StrategyError) -> Self {
        let one_of = |word: &str, known: &[&'static str], otherwise| {
            Self(known.iter().find(|code| **code == word).copied().unwrap_or(otherwise))
        };
        match refusal {
            StrategyError::InvalidConfig(_) => Self("invalid_config"),
            StrategyError::Unsupported(word) => one_of(word, &["no_messages"], "unsupported"),
            StrategyError::EffectFailed(word) => {
                one_of(word, &["denied", "budget_exhausted", "unavailable", "invalid_response"], "effect_failed")
            }
            StrategyError::Other(word) => one_of(word, &["unparsed", "nothing_found"], "refused"),
        }
    }

    pub(super) fn code(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategys_own_words_become_the_kind_of_its_refusal() {
        for (refusal, code) in [
            (StrategyError::Unsupported("no_messages".into()), "no_messages"),
            (StrategyError::Unsupported("Anna writes of her illness".into()), "unsupported"),
            (StrategyError::EffectFailed("unavailable".into()), "unavailable"),
            (StrategyError::EffectFailed("other".into()), "effect_failed"),
            (StrategyError::Other("unparsed".into()), "unparsed"),
            (StrategyError::Other("no_messages".into()), "refused"),
            (StrategyError::InvalidConfig("secret".into()), "invalid_config"),
        ] {
            assert_eq!(Reason::of_refusal(&refusal).code(), code);
        }
        assert_eq!(Reason::of_fault(&Fault::OutOfFuel).code(), "out_of_fuel");
    }
}
