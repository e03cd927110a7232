//! What came of a comparison: figures of each side, and how far both say the same.

use std::collections::BTreeMap;

use chronogram_plugin_host::{ProfileField, ProfilePatch};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::{CompareOptions, Said};
use crate::{judging::FuelFigures, plugins::ActiveStrategy, profiles::Durations};

/// Keys that are told one by one; a strategy may invent as many as it likes.
const KEYS: usize = 500;

/// What one strategy said of one person, ready to be counted.
pub(super) struct Told {
    fields: Vec<ProfileField>,
    failed: Option<&'static str>,
    said: Said,
}

impl From<Said> for Told {
    fn from(mut said: Said) -> Self {
        let failed = said.came.as_ref().err().map(|reason| reason.code());
        let patch = said.came.as_mut().map_or_else(|_| ProfilePatch::default(), std::mem::take);
        // As it would be recorded: an empty value never fills a field.
        let fields = patch.set.into_iter().filter(|field| !field.value.trim().is_empty()).collect();
        Self { fields, failed, said }
    }
}

/// Two strategies beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What chose the people.
    pub seed: u64,
    /// How many there are.
    pub people: u64,
    /// Of these, who wrote something.
    pub with_messages: u64,
    /// And who did not.
    pub without_messages: u64,
    /// One strategy.
    pub a: ComparedSide,
    /// The other one.
    pub b: ComparedSide,
    /// Fields that both fill.
    pub both: u64,
    /// Of these, the ones to which both give the same value.
    pub agreeing: u64,
    /// The same by key; of very many keys those that came first.
    pub keys: BTreeMap<String, ComparedKey>,
}

/// One of the two.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ComparedSide {
    /// The strategy.
    pub strategy: String,
    /// Its plugin.
    pub plugin: String,
    /// Its artifact.
    pub digest: String,
    /// People it decided about.
    pub decided: u64,
    /// Fields it filled.
    pub fields: u64,
    /// Of these, the ones that rest on messages.
    pub with_evidence: u64,
    /// The mean of its confidence.
    pub confidence: Mean,
    /// Where it did not decide, and basic would have: by reason.
    pub fallbacks: BTreeMap<&'static str, u64>,
    /// Tokens that were paid for now.
    pub tokens: u64,
    /// What was paid now.
    pub cost: Decimal,
    /// How long it took to be answered.
    pub durations: Durations,
    /// What its calls used.
    pub fuel: FuelFigures,
}

/// A key of profiles.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ComparedKey {
    /// Filled by one only.
    pub a_only: u64,
    /// Filled by the other only.
    pub b_only: u64,
    /// Filled by both with the same value.
    pub same: u64,
    /// Filled by both with different values.
    pub different: u64,
    /// The mean confidence of one.
    pub a_confidence: Mean,
    /// And of the other.
    pub b_confidence: Mean,
}

/// A mean of numbers that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mean {
    sum: Decimal,
    count: u64,
}

impl Mean {
    fn add(&mut self, number: Decimal) {
        self.sum += number;
        self.count += 1;
    }

    /// To four places; 0 where nothing was added.
    pub fn value(self) -> Decimal {
        self.sum.checked_div(self.count.into()).unwrap_or_default().round_dp(4)
    }
}

impl Serialize for Mean {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&self.value(), serializer)
    }
}

impl ComparedSide {
    fn of(strategy: &str, active: &ActiveStrategy) -> Self {
        Self {
            strategy: strategy.to_owned(),
            plugin: active.name.clone(),
            digest: active.strategy.digest().to_string(),
            ..Self::default()
        }
    }

    fn add(&mut self, told: &Told) {
        match told.failed {
            None => self.decided += 1,
            Some(reason) => *self.fallbacks.entry(reason).or_default() += 1,
        }
        self.fields += told.fields.len() as u64;
        for field in &told.fields {
            self.with_evidence += u64::from(!field.evidence.is_empty());
            self.confidence.add(field.confidence);
        }
        self.tokens = self.tokens.saturating_add(told.said.paid.tokens);
        self.cost += told.said.paid.cost;
        self.durations.add(told.said.duration_us);
        told.said.fuel.into_iter().for_each(|fuel| self.fuel.add(fuel));
    }
}

impl Comparison {
    pub(super) fn of(
        options: &CompareOptions,
        [a, b]: [&ActiveStrategy; 2],
        with_messages: u64,
        without_messages: u64,
    ) -> Self {
        Self {
            seed: options.seed,
            people: 0,
            with_messages,
            without_messages,
            a: ComparedSide::of(&options.a, a),
            b: ComparedSide::of(&options.b, b),
            both: 0,
            agreeing: 0,
            keys: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, a: &Told, b: &Told) {
        self.people += 1;
        self.a.add(a);
        self.b.add(b);
        for ours in &a.fields {
            let theirs = b.fields.iter().find(|field| field.key == ours.key);
            let agree = theirs.map(|theirs| alike(&ours.value, &theirs.value));
            self.both += u64::from(theirs.is_some());
            self.agreeing += u64::from(agree == Some(true));
            if let Some(key) = self.key(&ours.key) {
                *match agree {
                    None => &mut key.a_only,
                    Some(true) => &mut key.same,
                    Some(false) => &mut key.different,
                } += 1;
                key.a_confidence.add(ours.confidence);
            }
        }
        for theirs in &b.fields {
            let is_shared = a.fields.iter().any(|field| field.key == theirs.key);
            if let Some(key) = self.key(&theirs.key) {
                key.b_only += u64::from(!is_shared);
                key.b_confidence.add(theirs.confidence);
            }
        }
    }

    fn key(&mut self, key: &str) -> Option<&mut ComparedKey> {
        let has_room = self.keys.len() < KEYS || self.keys.contains_key(key);
        has_room.then(|| self.keys.entry(key.to_owned()).or_default())
    }
}

/// Whether two values say the same, whatever their letters and spaces.
fn alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;
    use crate::profiles::{desk::Paid, reason::Reason};

    fn said(fields: &[(&str, &str, i64)]) -> Told {
        let field = |(key, value, percent): &(&str, &str, i64)| ProfileField {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            confidence: Decimal::new(*percent, 2),
            evidence: vec!["m".to_owned()],
        };
        let patch = ProfilePatch { set: fields.iter().map(field).collect(), ..ProfilePatch::default() };
        let paid = Paid { tokens: 10, cost: Decimal::ONE };
        Said { came: Ok(patch), paid, fuel: Some(7), duration_us: 5 }.into()
    }

    fn nothing() -> Comparison {
        Comparison {
            seed: 0,
            people: 0,
            with_messages: 0,
            without_messages: 0,
            a: ComparedSide::default(),
            b: ComparedSide::default(),
            both: 0,
            agreeing: 0,
            keys: BTreeMap::new(),
        }
    }

    #[test]
    fn agreement_is_counted_by_key_whatever_the_letters() {
        let mut comparison = nothing();
        comparison.add(
            &said(&[("city", "Saint  Petersburg", 80), ("mood", "calm", 40), ("empty", " ", 90)]),
            &said(&[("city", "saint petersburg", 60), ("mood", "wild", 20), ("job", "baker", 50)]),
        );
        let key = |name: &str| comparison.keys[name];
        assert_eq!((comparison.both, comparison.agreeing), (2, 1));
        assert_eq!((key("city").same, key("mood").different, key("job").b_only), (1, 1, 1));
        assert!(!comparison.keys.contains_key("empty"), "an empty value fills nothing");
        assert_eq!(key("city").a_confidence.value(), Decimal::new(8, 1));
        assert_eq!((comparison.a.fields, comparison.b.fields, comparison.a.with_evidence), (2, 3, 2));
        assert_eq!(comparison.a.confidence.value(), Decimal::new(6, 1));
        assert_eq!((comparison.a.tokens, comparison.a.cost), (10, Decimal::ONE));
    }

    #[test]
    fn who_does_not_decide_would_be_filled_by_basic() {
        let mut comparison = nothing();
        let failed = Said { came: Err(Reason::EMPTY), paid: Paid::default(), fuel: None, duration_us: 1 };
        comparison.add(&failed.into(), &said(&[("job", "baker", 50)]));
        assert_eq!((comparison.a.decided, comparison.a.fallbacks["empty"], comparison.b.decided), (0, 1, 1));
        assert_eq!(comparison.keys["job"].b_only, 1);
    }
}
