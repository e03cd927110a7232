//! Reads changes to a profile.

use std::collections::BTreeSet;

use super::{ReadDecision, TEXT_BYTES, breach, check_text, decimal};
use crate::{
    contract::profile::exports::chronogram::strategy::profile as wit,
    fault::Fault,
    profile::{ProfileField, ProfilePatch},
};

/// Longest key of a profile's field: a column's name, not prose.
pub(crate) const KEY_BYTES: usize = 64;

/// What a patch may speak of.
pub(crate) struct ProfileReader<'a> {
    pub(crate) message_ids: BTreeSet<&'a str>,
    pub(crate) fields_max: usize,
}

impl ReadDecision for ProfileReader<'_> {
    type Wit = wit::ProfilePatch;
    type Decision = ProfilePatch;

    fn decision(&self, patch: wit::ProfilePatch) -> Result<ProfilePatch, Fault> {
        let fields = patch.set.len().saturating_add(patch.unset.len());
        if fields > self.fields_max {
            let limit = self.fields_max;
            return Err(breach(format!("{fields} fields where {limit} are allowed")));
        }
        let mut keys = BTreeSet::new();
        for (at, key) in patch.set.iter().map(|field| &field.key).chain(&patch.unset).enumerate() {
            if key.is_empty() || key.len() > KEY_BYTES || key.contains('\0') {
                return Err(breach(format!("key {at} is not 1 to {KEY_BYTES} bytes without U+0000")));
            }
            if !keys.insert(key.as_str()) {
                return Err(breach(format!("key {at} is there twice")));
            }
        }
        drop(keys);
        if let Some(ask) = &patch.ask {
            check_text("ask", ask, TEXT_BYTES)?;
        }
        let set = patch.set.into_iter().enumerate().map(|(at, field)| self.field(at, field));
        Ok(ProfilePatch { set: set.collect::<Result<_, _>>()?, unset: patch.unset, ask: patch.ask })
    }

    fn words(patch: &ProfilePatch) -> usize {
        let set = patch.set.iter().map(|field| {
            let evidence: usize = field.evidence.iter().map(String::len).sum();
            field.key.len() + field.value.len() + evidence
        });
        let unset: usize = patch.unset.iter().map(String::len).sum();
        set.sum::<usize>() + unset + patch.ask.as_ref().map_or(0, String::len)
    }
}

impl ProfileReader<'_> {
    fn field(&self, at: usize, field: wit::ProfileField) -> Result<ProfileField, Fault> {
        check_text(&format!("set[{at}].value"), &field.value, TEXT_BYTES)?;
        let mut cited = BTreeSet::new();
        for id in &field.evidence {
            if !self.message_ids.contains(id.as_str()) {
                return Err(breach(format!("set[{at}].evidence names no message of the input")));
            }
            if !cited.insert(id) {
                return Err(breach(format!("set[{at}].evidence names a message twice")));
            }
        }
        let confidence = decimal(&format!("set[{at}].confidence"), field.confidence, 0.0..=1.0)?;
        Ok(ProfileField { key: field.key, value: field.value, confidence, evidence: field.evidence })
    }
}
