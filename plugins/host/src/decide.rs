//! A whole decision: ask the strategy, perform what it asks for, ask again with the answers, until it decides.
//!
//! The strategy is gone while its requests are performed; what it is told comes from the journal. Each answer is
//! recorded before anybody acts on it, so a decision that is cut off anywhere goes on behind the last one and nothing
//! is paid for twice. Whoever goes on begins at the top: the strategy has to ask for what the journal says it asked
//! for, else the journal is of another decision.

use async_trait::async_trait;
use futures::{StreamExt as _, stream::FuturesUnordered};

use crate::{
    alert::{AlertDecision, AlertInput},
    context::CallContext,
    effects::{EffectAnswer, EffectError, EffectRequest, Exchange},
    fault::Fault,
    grants::Grants,
    outcome::{Answered, Outcome, Watched},
    profile::{ProfileInput, ProfilePatch},
    strategy::Strategy,
};

/// Rounds of asking in one decision.
pub const ROUNDS: usize = 4;
/// Longest answer that a strategy is told.
pub(crate) const ANSWER_BYTES: usize = 24 << 10;

/// Performs what strategies ask for: the world outside, behind one door.
#[async_trait]
pub trait Effects: Send + Sync {
    /// Performs one request that the grants cover.
    async fn perform(&self, plugin: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError>;
}

/// Performs nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoEffects;

#[async_trait]
impl Effects for NoEffects {
    async fn perform(&self, _: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        Err(EffectError::Unavailable(format!("nothing here performs {}", request.want())))
    }
}

/// Keeps the exchanges of one decision for as long as it may have to go on.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Why it cannot keep one.
    type Error: Send;

    /// What was recorded before, in the order it was asked for; a hole is a request whose answer was lost.
    async fn recorded(&self) -> Result<Vec<Option<Exchange>>, Self::Error>;

    /// Keeps one exchange; it is durable when this returns.
    async fn record(&self, index: usize, exchange: &Exchange) -> Result<(), Self::Error>;
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided<E> {
    /// The strategy's doing.
    Fault(Fault),
    /// The journal's.
    Journal(E),
}

impl<E> From<Fault> for Undecided<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Strategy {
    /// Decides on a person's profile: `done` or `refused`, never `suspended`. Fuel is that of the last round.
    pub async fn decide_fill<J: Journal>(
        &self,
        call: &CallContext,
        input: &ProfileInput,
        grants: &Grants,
        effects: &dyn Effects,
        journal: &J,
    ) -> Result<Answered<ProfilePatch>, Undecided<J::Error>> {
        let round = |known| self.watch_fill(call.clone(), input.clone(), known);
        decide(self, round, grants, effects, journal).await
    }

    /// Decides on a channel's newest sample: `done` or `refused`, never `suspended`. Fuel is that of the last round.
    pub async fn decide_evaluate<J: Journal>(
        &self,
        call: &CallContext,
        input: &AlertInput,
        grants: &Grants,
        effects: &dyn Effects,
        journal: &J,
    ) -> Result<Answered<AlertDecision>, Undecided<J::Error>> {
        let round = |known| self.watch_evaluate(call.clone(), input.clone(), known);
        decide(self, round, grants, effects, journal).await
    }
}

async fn decide<D, J: Journal, F: Future<Output = Watched<D>>>(
    strategy: &Strategy,
    round: impl Fn(Vec<Exchange>) -> F,
    grants: &Grants,
    effects: &dyn Effects,
    journal: &J,
) -> Result<Answered<D>, Undecided<J::Error>> {
    let recorded = journal.recorded().await.map_err(Undecided::Journal)?;
    let mut known: Vec<Exchange> = Vec::new();
    for rounds in 0.. {
        let answered = round(known.clone()).await.into_answer()?;
        let Outcome::Suspended(requests) = answered.outcome else {
            // A journal that goes on behind a decision is of another one.
            return if recorded.len() > known.len() {
                Err(Fault::Nondeterminism { request: known.len() }.into())
            } else {
                Ok(answered)
            };
        };
        if rounds == ROUNDS {
            break;
        }
        let mut asked = FuturesUnordered::new();
        let mut answers: Vec<(usize, Exchange)> = Vec::new();
        for (index, request) in (known.len()..).zip(requests) {
            match recorded.get(index).cloned().flatten() {
                Some(exchange) if exchange.request == request => answers.push((index, exchange)),
                Some(_) => return Err(Fault::Nondeterminism { request: index }.into()),
                // Recorded by whoever asked: nobody waits for another's record while holding what that one waits for.
                None => asked.push(async move {
                    let answer = perform(&strategy.descriptor().name, &request, grants, effects).await;
                    let exchange = Exchange { request, answer };
                    // What grants deny was not done, cost nothing, and is denied again whenever it is asked.
                    if !matches!(exchange.answer, Err(EffectError::Denied(_))) {
                        journal.record(index, &exchange).await.map_err(Undecided::Journal)?;
                    }
                    Ok::<_, Undecided<J::Error>>((index, exchange))
                }),
            }
        }
        while let Some(answered) = asked.next().await {
            answers.push(answered?);
        }
        drop(asked);
        answers.sort_by_key(|(index, _)| *index);
        known.extend(answers.into_iter().map(|(_, exchange)| exchange));
    }
    Err(Fault::TooManyRounds { limit: ROUNDS }.into())
}

/// The one place where grants are looked at.
async fn perform(
    plugin: &str,
    request: &EffectRequest,
    grants: &Grants,
    effects: &dyn Effects,
) -> Result<EffectAnswer, EffectError> {
    grants.cover(request)?;
    let answer = effects.perform(plugin, request).await?;
    let (fits, words) = match (request, &answer) {
        (EffectRequest::Llm(_), EffectAnswer::Llm(said)) => (true, said.content.len() + said.model.len()),
        (EffectRequest::Lookup(_), EffectAnswer::Lookup(json)) => (true, json.len()),
        _ => (false, 0),
    };
    if !fits {
        return Err(EffectError::Other("the answer is to another question".to_owned()));
    }
    if words > ANSWER_BYTES {
        return Err(EffectError::InvalidResponse(format!("{words} bytes where {ANSWER_BYTES} are allowed")));
    }
    Ok(answer)
}
