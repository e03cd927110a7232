//! A call: made, recorded, settled; in this order.

use chronogram_gateways::models::{Called, NamedModel};
use chronogram_log::crash_point;
use chronogram_model::{
    Authored,
    call::Payment,
    language_model::{ModelCalled, ModelRequestId},
};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    Grant, ModelAnswer, ModelFailure, ModelRequest, Shared,
    recorded::{ANSWERED, Earlier, answer_of, caller, judge},
};

/// A call that is to be made.
pub(super) struct Asking<'a> {
    pub(super) model: &'a NamedModel,
    pub(super) grant: &'a Grant,
    pub(super) request: &'a ModelRequest,
    pub(super) id: &'a ModelRequestId,
    pub(super) call: Uuid,
    /// So many of its run ask at the same time.
    pub(super) places: Option<&'a Semaphore>,
}

impl Shared {
    pub(super) async fn call(
        &self,
        asking: &Asking<'_>,
        paid: &mut Option<Payment>,
    ) -> Result<ModelAnswer, ModelFailure> {
        let Asking { model, request, call, places, .. } = *asking;
        let place = match places {
            // Nobody closes it.
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let (called_at, begun) = (self.clock.now(), self.means.timer.now());
        crash_point("models.reserved");
        let called = model.call(&request.chat).await;
        drop(place);
        crash_point("models.answered");
        let elapsed = self.means.timer.now().saturating_duration_since(begun);
        let mut event = self.event_of(asking, &called);
        event.called_at = called_at;
        event.duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tell(&event, elapsed.as_secs_f64());

        let cost = event.cost;
        // What was never sent is no call: an open breaker would fill the log with nothing.
        let recorded = match called.attempts {
            0 => None,
            _ => Some(Earlier { id: self.record(call, event.clone()).await?, event }),
        };
        *paid = recorded.as_ref().and_then(|recorded| recorded.paid_by(asking.grant));
        crash_point("models.recorded");
        self.ledger.settle(call, cost).await?;
        if let Some(change) = called.breaker {
            self.record_breaker(call, model.guard().name, change).await?;
        }
        match (called.result, recorded) {
            (Ok(_), Some(recorded)) => answer_of(&request.chat, &recorded, false),
            (Ok(_), None) => Err(ModelFailure::CutShort),
            (Err(error), _) => Err(error.into()),
        }
    }

    fn event_of(&self, asking: &Asking<'_>, called: &Called) -> ModelCalled {
        let Asking { model, grant, request, id, .. } = *asking;
        let price = model.settings().price.unwrap_or_default();
        let attempt_most = model.attempt_cost_most(&request.chat);
        let completion = called.result.as_ref().ok();
        let usage = completion.and_then(|completion| completion.usage);
        // A server that does not count, or did not come to it, may yet send a bill.
        let uncounted = called.uncounted + u32::from(completion.is_some() && usage.is_none());
        let counted = usage.map_or(Decimal::ZERO, |usage| price.of(usage.input_tokens, usage.output_tokens));
        let outcome = match &called.result {
            Ok(said) => {
                judge(&request.chat, &said.content, said.finish.as_str()).map_or_else(|kind| kind, |_| ANSWERED)
            }
            Err(error) => error.kind(),
        };
        ModelCalled {
            request: id.clone(),
            model: model.name().to_owned(),
            served_by: completion.and_then(|completion| completion.served_by.clone()),
            caller: caller(grant),
            outcome: outcome.to_owned(),
            answer: completion.map(|completion| Authored::by(request.about.clone(), completion.content.clone())),
            finish: completion.map(|completion| completion.finish.as_str().to_owned()),
            attempts: called.attempts,
            input_tokens: usage.map_or(0, |usage| usage.input_tokens),
            output_tokens: usage.map_or(0, |usage| usage.output_tokens),
            cost: (counted + attempt_most * Decimal::from(uncounted)).normalize(),
            cost_assumed: uncounted > 0,
            duration_ms: 0,
            called_at: self.clock.now(),
        }
    }
}

fn tell(event: &ModelCalled, seconds: f64) {
    let model = || event.model.clone();
    metrics::counter!("model_calls_total", "model" => model(), "outcome" => event.outcome.clone()).increment(1);
    metrics::histogram!("model_seconds", "model" => model()).record(seconds);
    let tokens = |of: &'static str| metrics::counter!("model_tokens_total", "model" => model(), "of" => of);
    tokens("input").increment(event.input_tokens.into());
    tokens("output").increment(event.output_tokens.into());
    // Counters are whole numbers: millionths of the money of the prices.
    let micros = (event.cost * Decimal::from(1_000_000)).round().to_u64().unwrap_or_default();
    metrics::counter!("model_cost_micros_total", "model" => model()).increment(micros);
}
