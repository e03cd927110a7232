//! Effects as if they were calls: the journal answers those the host has performed, and the first one that it has not ends
//! the call.

use std::vec;

use crate::{EffectAnswer, EffectError, EffectRequest, LlmMessage, LlmRequest, LlmResponse, StrategyError};

/// What a strategy comes to, or why it stops here. `?` hands on effects to perform, refusals, and text as
/// `strategy-error.other`.
pub type Decision<T> = Result<T, Stop>;

/// Why a call ends without a decision. No author has to look inside.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// These must be performed first: everything asked so far, answered requests included.
    Suspend(Vec<EffectRequest>),
    /// It cannot decide; recorded as an outcome.
    Refuse(StrategyError),
}

impl From<StrategyError> for Stop {
    fn from(error: StrategyError) -> Self {
        Self::Refuse(error)
    }
}

/// An effect that failed and that the strategy cannot do without.
impl From<EffectError> for Stop {
    fn from(error: EffectError) -> Self {
        Self::Refuse(StrategyError::EffectFailed(failure(error)))
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Refuse(StrategyError::Other(why))
    }
}

impl From<&str> for Stop {
    fn from(why: &str) -> Self {
        Self::from(why.to_owned())
    }
}

fn failure(error: EffectError) -> String {
    let (kind, why) = match error {
        EffectError::Denied(why) => ("denied", why),
        EffectError::BudgetExhausted(why) => ("budget exhausted", why),
        EffectError::Unavailable(why) => ("unavailable", why),
        EffectError::InvalidResponse(why) => ("invalid response", why),
        EffectError::Other(why) => return why,
    };
    format!("{kind}: {why}")
}

/// The outside world of one call.
pub struct Effects {
    answers: vec::IntoIter<Result<EffectAnswer, EffectError>>,
    asked: Vec<EffectRequest>,
}

impl Effects {
    /// Effects answered by this journal, oldest first. The exported functions make it; tests may, too.
    pub fn new(journal: Vec<Result<EffectAnswer, EffectError>>) -> Self {
        Self { answers: journal.into_iter(), asked: Vec::new() }
    }

    /// Asks a model. A failure ends the call as `effect-failed`; see [`Effects::try_llm`] for one that can do without.
    pub fn llm(&mut self, request: LlmRequest) -> Decision<LlmResponse> {
        Ok(self.try_llm(request)??)
    }

    /// Reads a fact set by name; it comes as JSON. A failure ends the call as `effect-failed`.
    pub fn lookup(&mut self, name: impl Into<String>) -> Decision<String> {
        Ok(self.try_lookup(name)??)
    }

    /// Asks a model, and hands on why there is no answer: `match fx.try_llm(request)? { Ok(answer) => …, Err(error) => … }`.
    pub fn try_llm(&mut self, request: LlmRequest) -> Decision<Result<LlmResponse, EffectError>> {
        match self.one(EffectRequest::Llm(request))? {
            Ok(EffectAnswer::Llm(response)) => Ok(Ok(response)),
            Ok(EffectAnswer::Lookup(_) | EffectAnswer::Other(_)) => Err(mismatch()),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Reads a fact set, and hands on why it is not there.
    pub fn try_lookup(&mut self, name: impl Into<String>) -> Decision<Result<String, EffectError>> {
        match self.one(EffectRequest::Lookup(name.into()))? {
            Ok(EffectAnswer::Lookup(json)) => Ok(Ok(json)),
            Ok(EffectAnswer::Llm(_) | EffectAnswer::Other(_)) => Err(mismatch()),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Asks for several things at once, at most four: the host performs them side by side, in one round.
    pub fn all(&mut self, requests: Vec<EffectRequest>) -> Decision<Vec<Result<EffectAnswer, EffectError>>> {
        let wanted = requests.len();
        self.asked.extend(requests);
        let answers: Vec<_> = self.answers.by_ref().take(wanted).collect();
        if answers.len() < wanted { Err(Stop::Suspend(self.asked.clone())) } else { Ok(answers) }
    }

    fn one(&mut self, request: EffectRequest) -> Decision<Result<EffectAnswer, EffectError>> {
        self.asked.push(request);
        self.answers.next().ok_or_else(|| Stop::Suspend(self.asked.clone()))
    }
}

/// Only a journal that was not made for this strategy looks so.
fn mismatch() -> Stop {
    Stop::from("the journal answers another kind of request than was asked")
}

impl LlmRequest {
    /// A question to the model that the operator knows by this name, usually `default`: answers of at most 512 tokens,
    /// temperature 0.
    pub fn to(model: &str) -> Self {
        Self {
            model: model.into(),
            messages: Vec::new(),
            response_schema: None,
            max_output_tokens: 512,
            temperature: 0.0,
            facts: Vec::new(),
        }
    }

    /// What the model is told of its task.
    #[must_use]
    pub fn system(self, content: impl Into<String>) -> Self {
        self.turn("system", content.into())
    }

    /// What is asked. Words of people belong here, never into `system`.
    #[must_use]
    pub fn user(self, content: impl Into<String>) -> Self {
        self.turn("user", content.into())
    }

    /// The JSON schema the answer must satisfy; one that does not comes as `invalid-response`.
    #[must_use]
    pub fn answering(mut self, json_schema: impl Into<String>) -> Self {
        self.response_schema = Some(json_schema.into());
        self
    }

    fn turn(mut self, role: &str, content: String) -> Self {
        self.messages.push(LlmMessage { role: role.into(), content });
        self
    }
}

impl LlmResponse {
    /// An answer of these words, for tests of a strategy.
    pub fn saying(content: &str) -> Self {
        Self { content: content.into(), input_tokens: 9, output_tokens: 1, model: "model".into(), facts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_questions(fx: &mut Effects) -> Decision<String> {
        let first = fx.lookup("a")?;
        let second = fx.lookup("b")?;
        Ok(first + &second)
    }

    fn lookup(name: &str) -> EffectRequest {
        EffectRequest::Lookup(name.into())
    }

    fn found(json: &str) -> Result<EffectAnswer, EffectError> {
        Ok(EffectAnswer::Lookup(json.into()))
    }

    #[test]
    fn each_call_goes_one_effect_further_and_asks_for_the_same_again() {
        let ask = |journal| two_questions(&mut Effects::new(journal));
        assert_eq!(ask(vec![]), Err(Stop::Suspend(vec![lookup("a")])));
        assert_eq!(ask(vec![found("1")]), Err(Stop::Suspend(vec![lookup("a"), lookup("b")])));
        assert_eq!(ask(vec![found("1"), found("2")]), Ok("12".into()));
    }

    #[test]
    fn a_failure_refuses_unless_the_strategy_looks_at_it() {
        let failed = || vec![Err(EffectError::Denied("no grant".into()))];
        let refused = Effects::new(failed()).lookup("a");
        assert_eq!(refused, Err(Stop::Refuse(StrategyError::EffectFailed("denied: no grant".into()))));
        let looked_at = Effects::new(failed()).try_lookup("a");
        assert_eq!(looked_at, Ok(Err(EffectError::Denied("no grant".into()))));
    }

    #[test]
    fn several_are_asked_in_one_round() {
        let both = || vec![lookup("a"), lookup("b")];
        assert_eq!(Effects::new(vec![]).all(both()), Err(Stop::Suspend(both())));
        assert_eq!(Effects::new(vec![found("1"), found("2")]).all(both()).map(|answers| answers.len()), Ok(2));
    }

    #[test]
    fn an_answer_of_another_kind_is_no_answer() {
        let refused = Effects::new(vec![found("1")]).llm(LlmRequest::to("default").user("?"));
        assert!(matches!(refused, Err(Stop::Refuse(StrategyError::Other(_)))), "{refused:?}");
    }
}
