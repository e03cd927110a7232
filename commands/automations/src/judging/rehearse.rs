//! A call that costs nothing: what was asked and answered before is answered again, all else is unavailable.

use chronogram_plugin_host::{Answered, EffectError, EffectRequest, Exchange, Fault, Outcome, ROUNDS, Watched};

/// A call that came to its end, and how many of its requests were answered.
pub(super) struct Rehearsed<D> {
    pub(super) ended: Result<Answered<D>, Fault>,
    pub(super) answered: u64,
    pub(super) unavailable: u64,
}

/// Calls `round` with ever more answers until it decides. The order of requests does not matter: a candidate that asks
/// the same at another place is told the same.
pub(super) async fn rehearse<D, F: Future<Output = Watched<D>>>(
    before: &[Exchange],
    round: impl Fn(Vec<Exchange>) -> F,
) -> Rehearsed<D> {
    let (mut told, mut answered, mut unavailable) = (Vec::new(), 0, 0);
    for _ in 0..=ROUNDS {
        let ended = round(told.clone()).await.into_answer();
        let requests = match ended {
            Ok(Answered { outcome: Outcome::Suspended(requests), .. }) => requests,
            ended => return Rehearsed { ended, answered, unavailable },
        };
        for request in requests {
            let known = before.iter().find(|exchange| exchange.request == request);
            if known.is_some() {
                answered += 1;
            } else {
                unavailable += 1;
            }
            told.push(known.cloned().unwrap_or_else(|| nobody_asked(request)));
        }
    }
    Rehearsed { ended: Err(Fault::TooManyRounds { limit: ROUNDS }), answered, unavailable }
}

fn nobody_asked(request: EffectRequest) -> Exchange {
    let why = "this was not asked then, and the past asks nobody".to_owned();
    Exchange { request, answer: Err(EffectError::Unavailable(why)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chronogram_plugin_host::{EffectAnswer, Figures};

    use super::*;

    fn watched(outcome: Outcome<usize>) -> Watched<usize> {
        let (input_hash, journal_hash, output_hash) = Default::default();
        Watched { outcome: Ok(outcome), input_hash, journal_hash, output_hash, figures: Figures::default() }
    }

    fn lookup(name: &str) -> EffectRequest {
        EffectRequest::Lookup(name.to_owned())
    }

    #[tokio::test]
    async fn what_was_asked_before_is_answered_wherever_it_is_asked_and_all_else_is_unavailable() {
        let before = ["shop", "town"]
            .map(|name| Exchange { request: lookup(name), answer: Ok(EffectAnswer::Lookup(format!("{name}!"))) });
        let round = |told: Vec<Exchange>| async move {
            match told.len() {
                0 => watched(Outcome::Suspended(vec![lookup("town"), lookup("zoo")])),
                known => watched(Outcome::Done(told.iter().filter(|one| one.answer.is_ok()).count() * 10 + known)),
            }
        };
        let rehearsed = rehearse(&before, round).await;
        assert_eq!(rehearsed.ended.unwrap().outcome, Outcome::Done(12));
        assert_eq!((rehearsed.answered, rehearsed.unavailable), (1, 1));
    }

    #[tokio::test]
    async fn who_asks_for_ever_is_at_fault() {
        let round = |_| async { watched(Outcome::Suspended(vec![lookup("more")])) };
        let rehearsed = rehearse(&[], round).await;
        assert_eq!(rehearsed.ended.unwrap_err(), Fault::TooManyRounds { limit: ROUNDS });
    }
}
