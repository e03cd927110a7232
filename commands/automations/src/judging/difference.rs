//! How two decisions about one profile differ.

use chronogram_plugin_host::{ProfileField, ProfilePatch};
use serde::Serialize;

/// A field with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedField {
    /// Its key.
    pub key: String,
    /// By the one it is compared with.
    pub before: String,
    /// By the candidate.
    pub after: String,
}

/// What a candidate does otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Fields that only the candidate sets.
    pub new: Vec<ProfileField>,
    /// Fields that it does not set.
    pub missing: Vec<ProfileField>,
    /// Fields to which it gives another value.
    pub changed: Vec<ChangedField>,
    /// Keys of fields with the same value but another confidence or other evidence.
    pub reweighted: Vec<String>,
    /// Keys that both set alike.
    #[serde(skip)]
    pub same: Vec<String>,
    /// Keys that only the candidate takes away.
    pub unset: Vec<String>,
    /// Keys that it does not take away.
    pub kept: Vec<String>,
    /// Whether it would ask the person something else.
    pub asks_otherwise: bool,
}

impl Difference {
    /// From `before` to `after`.
    pub fn between(before: &ProfilePatch, after: &ProfilePatch) -> Self {
        let of = |fields: &[ProfileField], key: &str| fields.iter().find(|field| field.key == key).cloned();
        let mut difference = Self { asks_otherwise: before.ask != after.ask, ..Self::default() };
        for field in &after.set {
            match of(&before.set, &field.key) {
                None => difference.new.push(field.clone()),
                Some(old) if old.value != field.value => difference.changed.push(ChangedField {
                    key: field.key.clone(),
                    before: old.value,
                    after: field.value.clone(),
                }),
                Some(old) if old.confidence != field.confidence || old.evidence != field.evidence => {
                    difference.reweighted.push(field.key.clone());
                }
                Some(_) => difference.same.push(field.key.clone()),
            }
        }
        difference.missing = before.set.iter().filter(|field| of(&after.set, &field.key).is_none()).cloned().collect();
        let only = |ours: &[String], theirs: &[String]| -> Vec<String> {
            ours.iter().filter(|key| !theirs.contains(key)).cloned().collect()
        };
        difference.unset = only(&after.unset, &before.unset);
        difference.kept = only(&before.unset, &after.unset);
        difference
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self { same: self.same.clone(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn field(key: &str, value: &str, percent: i64) -> ProfileField {
        let confidence = Decimal::new(percent, 2);
        ProfileField { key: key.to_owned(), value: value.to_owned(), confidence, evidence: Vec::new() }
    }

    #[test]
    fn new_missing_changed_and_reweighted_fields_are_told_apart() {
        let before = ProfilePatch {
            set: vec![field("city", "Kazan", 50), field("mood", "calm", 50), field("pet", "cat", 50)],
            unset: vec!["job".into()],
            ask: None,
        };
        let after = ProfilePatch {
            set: vec![field("city", "Omsk", 50), field("pet", "cat", 60), field("team", "Rubin", 90)],
            unset: vec!["age".into()],
            ask: Some("Where?".into()),
        };
        let difference = Difference::between(&before, &after);
        let changed = ChangedField { key: "city".into(), before: "Kazan".into(), after: "Omsk".into() };
        assert_eq!(difference.changed, [changed]);
        assert_eq!(difference.new, [field("team", "Rubin", 90)]);
        assert_eq!(difference.missing, [field("mood", "calm", 50)]);
        assert_eq!(difference.reweighted, ["pet"]);
        assert_eq!(
            (difference.unset.as_slice(), difference.kept.as_slice()),
            (&["age".to_owned()][..], &["job".to_owned()][..])
        );
        assert!(difference.asks_otherwise && !difference.is_none());
        let same = Difference::between(&before, &before);
        assert!(same.is_none() && same.same.len() == 3);
    }
}
