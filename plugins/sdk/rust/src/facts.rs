//! Reads the open list of facts: what is known may grow, and what is missing is simply not there.

use crate::{Fact, Scalar};

/// Facts by their key. A fact of another kind than asked for counts as missing.
pub trait Facts {
    /// The fact of this key, of whatever kind.
    fn value(&self, key: &str) -> Option<&Scalar>;

    /// Words.
    fn text(&self, key: &str) -> Option<&str> {
        match self.value(key)? {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How many.
    fn count(&self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Scalar::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A measure, always finite.
    fn number(&self, key: &str) -> Option<f64> {
        match self.value(key)? {
            Scalar::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no.
    fn flag(&self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Scalar::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A moment, in milliseconds since the Unix epoch.
    fn at(&self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Scalar::At(ms) => Some(*ms),
            _ => None,
        }
    }
}

impl Facts for [Fact] {
    fn value(&self, key: &str) -> Option<&Scalar> {
        self.iter().find(|fact| fact.key == key).map(|fact| &fact.value)
    }
}

impl Fact {
    /// A fact, for tests of a strategy.
    pub fn new(key: &str, value: Scalar) -> Self {
        Self { key: key.into(), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_found_by_key_and_kind() {
        let facts = [Fact::new("name", Scalar::Text("Anna".into())), Fact::new("total", Scalar::Count(3))];
        assert_eq!((facts.text("name"), facts.count("total")), (Some("Anna"), Some(3)));
        assert_eq!((facts.count("name"), facts.text("other")), (None, None));
    }
}
