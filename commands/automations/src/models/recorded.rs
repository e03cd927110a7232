//! Calls in the log: found again, written down.

use std::time::Duration;

use chronogram_gateways::{
    models::{ChatRequest, Finish, json_in},
    patience::{BreakerChange, doubled},
};
use chronogram_handlers::{Context, HandleError};
use chronogram_log::{Actor, Direction, Revision, StoreError};
use chronogram_model::{
    Authored, CommandId, Decider as _, EventId, Origin,
    breaker::{BreakerClosed, BreakerCommand, BreakerOpened},
    call::Payment,
    language_model::{
        LanguageModel, ModelAnswerReused, ModelCalled, ModelCaller, ModelCommand, ModelEvent, ModelRequestId,
    },
};
use jiff::SignedDuration;
use uuid::Uuid;

use super::{Grant, ModelAnswer, ModelFailure, Shared, ledger::Lapsed};

/// Who records.
const ACTOR: &str = "models";
/// How often a call is written down again when the log is away: it was paid for.
const ATTEMPTS_MAX: u32 = 6;
/// The first pause between; it doubles.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// The longest.
const PAUSE_MOST: Duration = Duration::from_secs(10);

/// The command that writes a call down.
const RECORD: &str = "RecordModelCall";

/// The outcome of a call whose answer is what was asked for.
pub(super) const ANSWERED: &str = "answered";

/// A call that is in the log.
pub(super) struct Earlier {
    pub(super) id: EventId,
    pub(super) event: ModelCalled,
}

impl Earlier {
    /// What `grant`'s run paid for it: cut off before it told anybody, it goes on and tells it then.
    pub(super) fn paid_by(&self, grant: &Grant) -> Option<Payment> {
        let event = &self.event;
        (event.caller == caller(grant)).then(|| Payment {
            call: self.id,
            tokens: u64::from(event.input_tokens) + u64::from(event.output_tokens),
            cost: event.cost,
        })
    }
}

impl Shared {
    /// The newest call with this request.
    pub(super) async fn newest(&self, request: &ModelRequestId) -> Result<Option<Earlier>, ModelFailure> {
        let newest = self.store.read_stream(&request.stream(), Revision(u64::MAX), Direction::Backward, 1).await?;
        let Some(recorded) = newest.into_iter().next() else { return Ok(None) };
        match self.codec.decode::<ModelEvent>(&recorded)? {
            Some(ModelEvent::ModelCalled(event)) => Ok(Some(Earlier { id: recorded.id, event })),
            _ => Ok(None),
        }
    }

    /// What was paid for before and is good enough for `grant`: an answer that is not too old; within one run whatever
    /// the model said, for the run would only hear it again. What belongs to somebody who was erased is not there.
    pub(super) async fn earlier(
        &self,
        request: &ModelRequestId,
        grant: &Grant,
        keep: SignedDuration,
    ) -> Result<Option<Earlier>, ModelFailure> {
        let Some(earlier) = self.newest(request).await? else { return Ok(None) };
        let is_fresh = self.clock.now().duration_since(earlier.event.called_at) < keep;
        let is_own = earlier.event.caller.run == grant.run;
        let is_answered = earlier.event.outcome == ANSWERED;
        let is_readable = earlier.event.answer.as_ref().is_some_and(|answer| answer.readable().is_some());
        Ok(Some(earlier).filter(|_| is_readable && (is_own || (is_fresh && is_answered))))
    }

    /// Notes that an answer is given again: once for each run.
    pub(super) async fn note_reuse(&self, grant: &Grant, earlier: &Earlier) -> Result<(), ModelFailure> {
        let event = &earlier.event;
        metrics::counter!("model_answers_reused_total", "model" => event.model.clone()).increment(1);
        if event.caller.run == grant.run {
            return Ok(());
        }
        let reused = ModelAnswerReused {
            request: event.request.clone(),
            model: event.model.clone(),
            caller: caller(grant),
            call: earlier.id,
            reused_at: self.clock.now(),
        };
        let origin = Origin::of(&["model reuse", &grant.run.to_string(), event.request.as_str()]);
        let handled = self.calls.handle(&ModelCommand::Reuse(reused), &context(origin)).await;
        handled.map(|_| ()).map_err(ModelFailure::Record)
    }

    /// Writes a call down, again where the log is away: twice it is the same event.
    pub(super) async fn record(&self, call: Uuid, event: ModelCalled) -> Result<EventId, ModelFailure> {
        let id = event_id(call, &event.request);
        let command = ModelCommand::Record(event);
        debug_assert_eq!(LanguageModel::name(&command), RECORD, "by this name the call is found again");
        let mut failures = 0;
        loop {
            match self.calls.handle(&command, &context(origin(call))).await {
                Ok(_) => return Ok(id),
                Err(HandleError::Store(StoreError::Unavailable { .. })) if failures + 1 < ATTEMPTS_MAX => {
                    failures += 1;
                    let pause = doubled(PAUSE_FIRST, PAUSE_MOST, failures);
                    self.means.timer.sleep_until(self.means.timer.now() + pause).await;
                }
                Err(error) => return Err(ModelFailure::Record(error)),
            }
        }
    }

    /// Writes down that a breaker changed.
    pub(super) async fn record_breaker(
        &self,
        call: Uuid,
        name: String,
        change: BreakerChange,
    ) -> Result<(), ModelFailure> {
        let now = self.clock.now();
        let command = match change {
            BreakerChange::Opened { failures, pause } => {
                tracing::warn!(breaker = name, pause_s = pause.as_secs(), "a breaker opened");
                BreakerCommand::Open(BreakerOpened { name, failures, pause_seconds: pause.as_secs(), opened_at: now })
            }
            BreakerChange::Closed => {
                tracing::info!(breaker = name, "a breaker closed");
                BreakerCommand::Close(BreakerClosed { name, closed_at: now })
            }
        };
        let handled = self.breakers.handle(&command, &context(origin(call))).await;
        handled.map(|_| ()).map_err(ModelFailure::Record)
    }

    /// Settles reservations whose makers are gone: at what the log says the call cost, and where it says nothing, at the
    /// most it can have cost.
    pub(super) async fn settle_lapsed(&self) -> Result<(), ModelFailure> {
        for lapsed in self.ledger.lapsed(self.clock.now()).await? {
            self.settle_one(&lapsed).await?;
        }
        Ok(())
    }

    /// The same for one question, of whose asker in this run it is known that he is gone.
    pub(super) async fn settle_left_behind(&self, id: &ModelRequestId, grant: &Grant) -> Result<(), ModelFailure> {
        match self.ledger.left_behind(id, grant.run).await? {
            Some(left) => self.settle_one(&left).await,
            None => Ok(()),
        }
    }

    async fn settle_one(&self, lapsed: &Lapsed) -> Result<(), ModelFailure> {
        let recorded = match ModelRequestId::read(&lapsed.request) {
            Some(request) => {
                let newest = self.newest(&request).await?;
                newest.filter(|earlier| earlier.id == event_id(lapsed.call, &request))
            }
            None => None,
        };
        let cost = recorded.map_or(lapsed.amount, |earlier| earlier.event.cost);
        self.ledger.settle(lapsed.call, cost).await
    }
}

/// What is given of a call that is in the log.
pub(super) fn answer_of(request: &ChatRequest, earlier: &Earlier, reused: bool) -> Result<ModelAnswer, ModelFailure> {
    let event = &earlier.event;
    let said = event.answer.as_ref().and_then(Authored::readable).ok_or(ModelFailure::Unusable("forgotten"))?;
    let finish = event.finish.clone().unwrap_or_default();
    Ok(ModelAnswer {
        content: judge(request, said, &finish).map_err(ModelFailure::Unusable)?,
        finish,
        served_by: event.served_by.clone().unwrap_or_else(|| event.model.clone()),
        input_tokens: event.input_tokens,
        output_tokens: event.output_tokens,
        cost: event.cost,
        reused,
        call: earlier.id,
    })
}

/// What a model said, as it was asked for, or the kind of what is wrong with it.
pub(super) fn judge(request: &ChatRequest, said: &str, finish: &str) -> Result<String, &'static str> {
    if finish == Finish::Refused.as_str() {
        return Err("model_refused");
    }
    if finish == Finish::Filtered.as_str() {
        return Err("filtered");
    }
    let Some(schema) = &request.schema else { return Ok(said.to_owned()) };
    match json_in(said) {
        None if finish == Finish::Length.as_str() => Err("cut_off"),
        None => Err("no_json"),
        Some(value) if schema.check(&value).is_err() => Err("schema_violated"),
        Some(value) => Ok(value.to_string()),
    }
}

pub(super) fn caller(grant: &Grant) -> ModelCaller {
    ModelCaller { plugin: grant.plugin.clone(), run: grant.run }
}

fn origin(call: Uuid) -> Origin {
    Origin::of(&["model call", &call.to_string()])
}

fn context(origin: Origin) -> Context {
    Context::new(origin, Actor::Automation(ACTOR.to_owned()))
}

/// The event that a call is recorded by.
fn event_id(call: Uuid, request: &ModelRequestId) -> EventId {
    let command = CommandId::of(origin(call), RECORD, &request.stream());
    EventId::of(command, 0)
}
