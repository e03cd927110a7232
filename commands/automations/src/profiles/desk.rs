//! Where the effects of one call are performed and kept: it knows the plugin, the run and the person, so an answer is on
//! the right account, sealed to whom it is about, and its price stands beside it.
//!
//! Where money or the house itself fails, the decision is no decision: nothing of it is kept, and the call goes on
//! when the run does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chronogram_gateways::models::{ChatMessage, ChatRequest, Role, Schema};
use chronogram_handlers::HandleError;
use chronogram_model::{EventId, PersonId, call::CallRejection, call::Payment};
use chronogram_plugin_host::{
    EffectAnswer, EffectError, EffectRequest, Effects, Exchange, Journal, LlmRequest, LlmResponse,
};
use rust_decimal::Decimal;
use tokio::sync::Semaphore;

use crate::{
    models::{Grant, ModelAnswer, ModelFailure, ModelRequest, Models},
    plugins::CallJournal,
};

/// What a call paid for answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    pub(super) tokens: u64,
    pub(super) cost: Decimal,
}

/// Who asks models, about whom, on whose account.
pub(super) struct Asking<'a> {
    pub(super) models: Option<&'a Models>,
    /// So many questions of the run at the same time.
    pub(super) questions: Arc<Semaphore>,
    pub(super) grant: Grant,
    pub(super) person: PersonId,
}

/// The desk of one call.
pub(super) struct Desk<'a> {
    journal: CallJournal<'a>,
    asking: Asking<'a>,
    /// Performs what no model does.
    others: &'a dyn Effects,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    /// What was performed and is yet to be kept.
    performed: Vec<(EffectRequest, Toll)>,
    /// By the call that it was paid with.
    paid: BTreeMap<EventId, Payment>,
    /// Of these, what the log held already.
    paid_before: BTreeSet<EventId>,
    halted: Option<ModelFailure>,
}

enum Toll {
    Paid(Option<Payment>),
    /// It was not performed, and is asked for again.
    Open,
}

impl<'a> Desk<'a> {
    pub(super) fn new(journal: CallJournal<'a>, asking: Asking<'a>, others: &'a dyn Effects) -> Self {
        let paid: BTreeMap<EventId, Payment> = journal.paid().map(|payment| (payment.call, payment.clone())).collect();
        let paid_before = paid.keys().copied().collect();
        let inside = Mutex::new(Inside { paid, paid_before, ..Inside::default() });
        Self { journal, asking, others, inside }
    }

    pub(super) fn journal(&self) -> &CallJournal<'a> {
        &self.journal
    }

    /// What the call paid so far, before it was cut off too.
    pub(super) fn paid(&self) -> Paid {
        sum(self.inside().paid.values())
    }

    /// What was paid at this desk, without what the log held already.
    pub(super) fn paid_now(&self) -> Paid {
        let inside = self.inside();
        sum(inside.paid.iter().filter(|(call, _)| !inside.paid_before.contains(call)).map(|(_, payment)| payment))
    }

    /// Why what came of the call does not count.
    pub(super) fn halted(&self) -> Option<ModelFailure> {
        self.inside().halted.take()
    }

    async fn ask(&self, models: &Models, ask: &LlmRequest) -> (Result<EffectAnswer, EffectError>, Toll) {
        let chat = match chat_of(ask) {
            Ok(chat) => chat,
            Err(error) => return (Err(error), Toll::Paid(None)),
        };
        let request = ModelRequest { model: ask.model.clone(), chat, about: Some(self.asking.person.clone()) };
        if self.inside().halted.is_some() {
            return (Err(stopping()), Toll::Open);
        }
        let asked = models.ask(&self.asking.grant, &request, &self.asking.questions).await;
        if let Some(payment) = &asked.paid {
            let mut inside = self.inside();
            if asked.answer.as_ref().is_ok_and(|answer| answer.reused) {
                inside.paid_before.insert(payment.call);
            }
            inside.paid.insert(payment.call, payment.clone());
        }
        match asked.answer {
            Ok(answer) => (Ok(EffectAnswer::Llm(response(answer))), Toll::Paid(asked.paid)),
            Err(failure) => {
                if let Some(error) = effect_error(&failure) {
                    return (Err(error), Toll::Paid(asked.paid));
                }
                self.inside().halted = Some(failure);
                (Err(stopping()), Toll::Open)
            }
        }
    }

    /// A panic elsewhere leaves sums that are only sums.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Effects for Desk<'_> {
    async fn perform(&self, plugin: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        let (answer, toll) = match (request, self.asking.models) {
            (EffectRequest::Llm(ask), Some(models)) => self.ask(models, ask).await,
            _ => (self.others.perform(plugin, request).await, Toll::Paid(None)),
        };
        self.inside().performed.push((request.clone(), toll));
        answer
    }
}

#[async_trait]
impl Journal for Desk<'_> {
    type Error = HandleError<CallRejection>;

    async fn recorded(&self) -> Result<Vec<Option<Exchange>>, Self::Error> {
        Ok(self.journal.recorded())
    }

    async fn record(&self, index: usize, exchange: &Exchange) -> Result<(), Self::Error> {
        let toll = {
            let performed = &mut self.inside().performed;
            let place = performed.iter().position(|(request, _)| *request == exchange.request);
            place.map(|place| performed.swap_remove(place).1)
        };
        match toll {
            Some(Toll::Open) => Ok(()),
            Some(Toll::Paid(paid)) => self.journal.record(index, exchange, paid).await,
            None => self.journal.record(index, exchange, None).await,
        }
    }
}

fn sum<'a>(payments: impl Iterator<Item = &'a Payment>) -> Paid {
    payments.fold(Paid::default(), |sum, payment| Paid {
        tokens: sum.tokens.saturating_add(payment.tokens),
        cost: sum.cost + payment.cost,
    })
}

/// What a strategy asks as models are asked.
pub(super) fn chat_of(ask: &LlmRequest) -> Result<ChatRequest, EffectError> {
    let message = |turn: &chronogram_plugin_host::LlmMessage| {
        let role = match turn.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return Err(EffectError::Other("a role is system, user or assistant".to_owned())),
        };
        Ok(ChatMessage { role, content: turn.content.clone() })
    };
    let schema = ask.response_schema.as_deref().map(Schema::read).transpose();
    Ok(ChatRequest {
        messages: ask.messages.iter().map(message).collect::<Result<_, _>>()?,
        schema: schema.map_err(|error| EffectError::Other(format!("response-schema: {error}")))?,
        max_output_tokens: ask.max_output_tokens,
        temperature: Some(ask.temperature),
    })
}

fn response(answer: ModelAnswer) -> LlmResponse {
    LlmResponse {
        content: answer.content,
        input_tokens: answer.input_tokens,
        output_tokens: answer.output_tokens,
        model: answer.served_by,
    }
}

/// What the strategy is told; `None` where the run has to stop.
fn effect_error(failure: &ModelFailure) -> Option<EffectError> {
    let told = failure.to_string();
    match failure.kind() {
        "denied" => Some(EffectError::Denied(told)),
        "unavailable" => Some(EffectError::Unavailable(told)),
        "invalid_response" => Some(EffectError::InvalidResponse(told)),
        "invalid_request" => Some(EffectError::Other(told)),
        // Money is spent, or the house fails: that is nobody's profile's doing.
        _ => None,
    }
}

fn stopping() -> EffectError {
    EffectError::Unavailable("the run stops".to_owned())
}
