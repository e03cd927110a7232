//! Reads a strategy's answer and believes none of it: numbers, sizes, references, repetitions.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, prelude::FromPrimitive as _};

use crate::{
    contract::profile::{
        chronogram::strategy::{effects, types},
        exports::chronogram::strategy::profile as wit,
    },
    fault::Fault,
    limits::Limits,
    profile::{EffectRequest, LlmMessage, LlmRequest, ProfileField, ProfileOutcome, ProfilePatch, StrategyError},
};

/// Longest key of a profile's field: a column's name, not prose.
const KEY_BYTES: usize = 64;
/// Longest value, and longest question: a paragraph.
const VALUE_BYTES: usize = 4 << 10;
/// Effects asked for in one round.
const REQUESTS: usize = 4;
/// One effect with everything in it.
const REQUEST_BYTES: usize = 32 << 10;
/// Places a confidence is kept to; more are noise.
const CONFIDENCE_PLACES: u32 = 4;
/// Models take no higher temperature.
const TEMPERATURE_MAX: f32 = 2.0;

/// Checks one answer against what the strategy was given and may ask for.
pub(crate) struct Reader<'a> {
    pub(crate) message_ids: BTreeSet<&'a str>,
    pub(crate) wants: &'a [String],
    pub(crate) limits: &'a Limits,
}

impl Reader<'_> {
    /// The answer in our types, or the first breach of the contract in it.
    pub(crate) fn read(
        &self,
        answer: Result<wit::ProfileOutcome, types::StrategyError>,
    ) -> Result<ProfileOutcome, Fault> {
        let outcome = match answer {
            Ok(wit::ProfileOutcome::Done(patch)) => ProfileOutcome::Done(self.patch(patch)?),
            Ok(wit::ProfileOutcome::Suspend(requests)) => ProfileOutcome::Suspended(self.requests(requests)?),
            Err(refusal) => ProfileOutcome::Refused(read_refusal(refusal)?),
        };
        let size = words(&outcome);
        if size > self.limits.output_bytes {
            let limit = self.limits.output_bytes;
            return Err(breach(format!("{size} bytes of words where {limit} are allowed")));
        }
        Ok(outcome)
    }

    fn patch(&self, patch: wit::ProfilePatch) -> Result<ProfilePatch, Fault> {
        let fields = patch.set.len().saturating_add(patch.unset.len());
        if fields > self.limits.profile_fields {
            let limit = self.limits.profile_fields;
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
            check_text("ask", ask, VALUE_BYTES)?;
        }
        let set = patch.set.into_iter().enumerate().map(|(at, field)| self.field(at, field));
        Ok(ProfilePatch { set: set.collect::<Result<_, _>>()?, unset: patch.unset, ask: patch.ask })
    }

    fn field(&self, at: usize, field: wit::ProfileField) -> Result<ProfileField, Fault> {
        check_text(&format!("set[{at}].value"), &field.value, VALUE_BYTES)?;
        let mut cited = BTreeSet::new();
        for id in &field.evidence {
            if !self.message_ids.contains(id.as_str()) {
                return Err(breach(format!("set[{at}].evidence names no message of the input")));
            }
            if !cited.insert(id) {
                return Err(breach(format!("set[{at}].evidence names a message twice")));
            }
        }
        let confidence = decimal(&format!("set[{at}].confidence"), field.confidence, 1.0)?;
        Ok(ProfileField { key: field.key, value: field.value, confidence, evidence: field.evidence })
    }

    fn requests(&self, requests: Vec<effects::EffectRequest>) -> Result<Vec<EffectRequest>, Fault> {
        if requests.is_empty() || requests.len() > REQUESTS {
            let asked = requests.len();
            return Err(breach(format!("suspend with {asked} requests, not 1 to {REQUESTS}")));
        }
        requests.into_iter().enumerate().map(|(at, request)| self.request(at, request)).collect()
    }

    fn request(&self, at: usize, request: effects::EffectRequest) -> Result<EffectRequest, Fault> {
        let (want, request) = match request {
            effects::EffectRequest::Llm(ask) => {
                let place = format!("suspend[{at}].temperature");
                let temperature = decimal(&place, ask.temperature, TEMPERATURE_MAX)?;
                let messages = ask.messages.into_iter();
                let request = LlmRequest {
                    model: ask.model,
                    messages: messages.map(|turn| LlmMessage { role: turn.role, content: turn.content }).collect(),
                    response_schema: ask.response_schema,
                    max_output_tokens: ask.max_output_tokens,
                    temperature,
                };
                ("llm".to_owned(), EffectRequest::Llm(request))
            }
            effects::EffectRequest::Lookup(name) => (format!("lookup:{name}"), EffectRequest::Lookup(name)),
        };
        if !self.wants.contains(&want) {
            return Err(breach(format!("suspend[{at}] asks for what its descriptor does not want")));
        }
        if request_words(&request) > REQUEST_BYTES {
            return Err(breach(format!("suspend[{at}] has more than {REQUEST_BYTES} bytes")));
        }
        if request_texts(&request).any(|text| text.contains('\0')) {
            return Err(breach(format!("suspend[{at}] holds U+0000")));
        }
        Ok(request)
    }
}

fn read_refusal(refusal: types::StrategyError) -> Result<StrategyError, Fault> {
    let refusal = match refusal {
        types::StrategyError::InvalidConfig(why) => StrategyError::InvalidConfig(why),
        types::StrategyError::Unsupported(why) => StrategyError::Unsupported(why),
        types::StrategyError::EffectFailed(why) => StrategyError::EffectFailed(why),
        types::StrategyError::Other(why) => StrategyError::Other(why),
    };
    check_text("strategy-error", refusal_text(&refusal), VALUE_BYTES)?;
    Ok(refusal)
}

fn breach(what: String) -> Fault {
    Fault::BadOutput { what }
}

fn check_text(place: &str, text: &str, limit: usize) -> Result<(), Fault> {
    if text.len() > limit {
        return Err(breach(format!("{place} has {} bytes where {limit} are allowed", text.len())));
    }
    if text.contains('\0') {
        return Err(breach(format!("{place} holds U+0000")));
    }
    Ok(())
}

/// A float between 0 and `max` as a decimal of few places.
fn decimal(place: &str, float: f32, max: f32) -> Result<Decimal, Fault> {
    // NaN is in no range.
    let number = (0.0..=max).contains(&float).then(|| Decimal::from_f32(float)).flatten();
    let number = number.ok_or_else(|| breach(format!("{place} is not between 0 and {max}")))?;
    // Normal form: one number, one text, one hash; and no negative zero.
    Ok(number.round_dp(CONFIDENCE_PLACES).normalize().abs())
}

fn refusal_text(refusal: &StrategyError) -> &str {
    match refusal {
        StrategyError::InvalidConfig(why)
        | StrategyError::Unsupported(why)
        | StrategyError::EffectFailed(why)
        | StrategyError::Other(why) => why,
    }
}

fn request_texts(request: &EffectRequest) -> Box<dyn Iterator<Item = &str> + '_> {
    match request {
        EffectRequest::Lookup(name) => Box::new(std::iter::once(name.as_str())),
        EffectRequest::Llm(ask) => Box::new(
            ask.messages
                .iter()
                .flat_map(|turn| [turn.role.as_str(), turn.content.as_str()])
                .chain([ask.model.as_str()])
                .chain(ask.response_schema.as_deref()),
        ),
    }
}

fn request_words(request: &EffectRequest) -> usize {
    request_texts(request).map(str::len).sum()
}

/// Bytes of all words of an outcome.
fn words(outcome: &ProfileOutcome) -> usize {
    match outcome {
        ProfileOutcome::Done(patch) => {
            let set = patch.set.iter().map(|field| {
                let evidence: usize = field.evidence.iter().map(String::len).sum();
                field.key.len() + field.value.len() + evidence
            });
            let unset: usize = patch.unset.iter().map(String::len).sum();
            set.sum::<usize>() + unset + patch.ask.as_ref().map_or(0, String::len)
        }
        ProfileOutcome::Suspended(requests) => requests.iter().map(request_words).sum(),
        ProfileOutcome::Refused(refusal) => refusal_text(refusal).len(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_confidence_becomes_a_short_decimal_in_normal_form() {
        for (float, text) in [(0.9, "0.9"), (0.123_456, "0.1235"), (1.0, "1"), (0.0, "0"), (-0.0, "0"), (0.1, "0.1")] {
            assert_eq!(decimal("c", float, 1.0).unwrap().to_string(), text);
        }
        assert_eq!(decimal("c", f32::MIN_POSITIVE, 1.0).unwrap().to_string(), "0");
    }

    #[test]
    fn what_is_no_number_between_the_bounds_is_a_fault_that_names_the_place() {
        for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.000_1, -0.000_1] {
            let fault = decimal("set[3].confidence", float, 1.0).unwrap_err();
            assert!(fault.to_string().contains("set[3].confidence"), "{fault}");
        }
    }
}
