//! Reads a strategy's answer and believes none of it: numbers, sizes, references, repetitions.

pub(crate) mod alert;
pub(crate) mod profile;

pub(crate) use alert::AlertReader;
pub(crate) use profile::ProfileReader;

use rust_decimal::Decimal;

use crate::{
    contract::profile::chronogram::strategy::{effects, types},
    effects::{EffectRequest, Exchange, LlmMessage, LlmRequest},
    fault::Fault,
    limits::Limits,
    outcome::{Outcome, StrategyError},
};

/// Longest text for people: a paragraph.
pub(crate) const TEXT_BYTES: usize = 4 << 10;
/// Effects asked for in one round.
pub(crate) const REQUESTS: usize = 4;
/// One effect with everything in it.
pub(crate) const REQUEST_BYTES: usize = 32 << 10;
/// Places a number is kept to; more are noise.
pub(crate) const PLACES: u32 = 4;
/// Models take no higher temperature.
pub(crate) const TEMPERATURE_MAX: f32 = 2.0;

/// An answer as it crossed the border.
pub(crate) type Raw<W> = Result<RawOutcome<W>, types::StrategyError>;

/// What the contracts' outcomes have in common.
pub(crate) enum RawOutcome<W> {
    Done(W),
    Suspend(Vec<effects::EffectRequest>),
    /// Of a later release.
    Other,
}

/// Reads the decisions of one contract.
pub(crate) trait ReadDecision {
    type Wit;
    type Decision;

    fn decision(&self, said: Self::Wit) -> Result<Self::Decision, Fault>;

    /// Bytes of all words of a decision.
    fn words(decision: &Self::Decision) -> usize;
}

/// Checks one answer against what the strategy was given and may ask for.
pub(crate) struct Reader<'a, R> {
    pub(crate) decisions: R,
    pub(crate) journal: &'a [Exchange],
    pub(crate) wants: &'a [String],
    pub(crate) limits: &'a Limits,
}

impl<R: ReadDecision> Reader<'_, R> {
    /// The answer in our types, or the first breach of the contract in it.
    pub(crate) fn read(&self, answer: Raw<R::Wit>) -> Result<Outcome<R::Decision>, Fault> {
        let (outcome, size) = match answer {
            Ok(RawOutcome::Done(said)) => {
                let decision = self.decisions.decision(said)?;
                let size = R::words(&decision);
                (Outcome::Done(decision), size)
            }
            // Held to limits of their own, each and in number.
            Ok(RawOutcome::Suspend(asked)) => (Outcome::Suspended(self.requests(asked)?), 0),
            Ok(RawOutcome::Other) => return Err(breach("an outcome that this release does not take".to_owned())),
            Err(refusal) => {
                let refusal = read_refusal(refusal)?;
                let size = refusal_text(&refusal).len();
                (Outcome::Refused(refusal), size)
            }
        };
        if size > self.limits.output_bytes {
            let limit = self.limits.output_bytes;
            return Err(breach(format!("{size} bytes of words where {limit} are allowed")));
        }
        Ok(outcome)
    }

    /// Everything asked for, from the first round on: what the journal holds once more, then the new.
    fn requests(&self, asked: Vec<effects::EffectRequest>) -> Result<Vec<EffectRequest>, Fault> {
        let known = self.journal.len();
        let Some(new) = asked.len().checked_sub(known) else {
            return Err(Fault::Nondeterminism { request: asked.len() });
        };
        if new == 0 || new > REQUESTS {
            return Err(breach(format!("suspend with {new} requests, not 1 to {REQUESTS}")));
        }
        let mut requests = Vec::with_capacity(new);
        for (at, request) in asked.into_iter().enumerate() {
            let request = self.request(at, request)?;
            match self.journal.get(at) {
                Some(exchange) if exchange.request != request => return Err(Fault::Nondeterminism { request: at }),
                Some(_) => {}
                None => requests.push(request),
            }
        }
        Ok(requests)
    }

    fn request(&self, at: usize, request: effects::EffectRequest) -> Result<EffectRequest, Fault> {
        let request = match request {
            effects::EffectRequest::Llm(ask) => {
                let place = format!("suspend[{at}].temperature");
                let temperature = decimal(&place, ask.temperature, 0.0..=TEMPERATURE_MAX)?;
                let messages = ask.messages.into_iter();
                EffectRequest::Llm(LlmRequest {
                    model: ask.model,
                    messages: messages.map(|turn| LlmMessage { role: turn.role, content: turn.content }).collect(),
                    response_schema: ask.response_schema,
                    max_output_tokens: ask.max_output_tokens,
                    temperature,
                })
            }
            effects::EffectRequest::Lookup(name) => EffectRequest::Lookup(name),
            effects::EffectRequest::Other(_) => {
                return Err(breach(format!("suspend[{at}] asks for an effect that this release does not perform")));
            }
        };
        if !self.wants.contains(&request.want()) {
            return Err(breach(format!("suspend[{at}] asks for what its descriptor does not want")));
        }
        if request.words() > REQUEST_BYTES {
            return Err(breach(format!("suspend[{at}] has more than {REQUEST_BYTES} bytes")));
        }
        if request.texts().any(|text| text.contains('\0')) {
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
    check_text("strategy-error", refusal_text(&refusal), TEXT_BYTES)?;
    Ok(refusal)
}

fn refusal_text(refusal: &StrategyError) -> &str {
    match refusal {
        StrategyError::InvalidConfig(why)
        | StrategyError::Unsupported(why)
        | StrategyError::EffectFailed(why)
        | StrategyError::Other(why) => why,
    }
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

/// A float of this range as a decimal of few places.
fn decimal<F>(place: &str, float: F, range: std::ops::RangeInclusive<F>) -> Result<Decimal, Fault>
where
    F: PartialOrd + Copy + std::fmt::Display,
    Decimal: TryFrom<F>,
{
    // NaN is in no range.
    let number = range.contains(&float).then(|| Decimal::try_from(float).ok()).flatten();
    let number =
        number.ok_or_else(|| breach(format!("{place} is not between {} and {}", range.start(), range.end())))?;
    // Normal form: one number, one text, one hash; and no negative zero.
    let number = number.round_dp(PLACES).normalize();
    Ok(if number.is_zero() { Decimal::ZERO } else { number })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_confidence_becomes_a_short_decimal_in_normal_form() {
        for (float, text) in [(0.9, "0.9"), (0.123_456, "0.1235"), (1.0, "1"), (0.0, "0"), (-0.0, "0"), (0.1, "0.1")] {
            assert_eq!(decimal("c", float, 0.0_f32..=1.0).unwrap().to_string(), text);
        }
        assert_eq!(decimal("c", f32::MIN_POSITIVE, 0.0..=1.0).unwrap().to_string(), "0");
    }

    #[test]
    fn a_figure_keeps_its_sign_and_its_size() {
        for (float, text) in [(-3.25, "-3.25"), (1e15, "1000000000000000"), (-0.0, "0"), (-0.000_01, "0")] {
            assert_eq!(decimal("f", float, -1e15_f64..=1e15).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_between_the_bounds_is_a_fault_that_names_the_place() {
        for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.000_1, -0.000_1] {
            let fault = decimal("set[3].confidence", float, 0.0..=1.0).unwrap_err();
            assert!(fault.to_string().contains("set[3].confidence"), "{fault}");
        }
    }
}
