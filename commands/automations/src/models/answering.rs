//! From a question to its answer.

use std::{sync::Arc, time::Duration};

use chronogram_gateways::models::{ModelError, NamedModel, Schema};
use chronogram_model::{call::Payment, language_model::ModelRequestId};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::{
    Asked, Grant, ModelAnswer, ModelFailure, ModelRequest, Models, Shared,
    calling::Asking,
    ledger::{Reserved, Wanted},
    recorded::answer_of,
};

/// How often it is looked whether another process that asks the same is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How much longer than its deadlines a call may take until whoever made it is held for gone: the log may be away.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_mins(5);

impl Models {
    /// Answers, by the model or from what it answered before. Who drops this half-way loses only the answer: a call that
    /// was begun is seen through and recorded.
    pub async fn answer(&self, grant: &Grant, request: &ModelRequest) -> Result<ModelAnswer, ModelFailure> {
        self.see_through(grant, request, None).await.answer
    }

    /// The same, with what was paid for it, for one who holds a claim on whom it is about: nobody else of this run asks,
    /// so what somebody of it left behind who was killed is settled, and not waited for. The model is asked once one of
    /// `places` is free, and only its answer takes the place: the books are kept beside the questions of others.
    pub async fn ask(&self, grant: &Grant, request: &ModelRequest, places: &Arc<Semaphore>) -> Asked {
        self.see_through(grant, request, Some(places.clone())).await
    }

    async fn see_through(&self, grant: &Grant, request: &ModelRequest, places: Option<Arc<Semaphore>>) -> Asked {
        let (shared, grant, request) = (self.0.clone(), grant.clone(), request.clone());
        let asking = self.0.under_way.spawn(async move {
            let mut paid = None;
            Asked { answer: shared.answer(&grant, &request, places.as_deref(), &mut paid).await, paid }
        });
        asking.await.unwrap_or(Asked { answer: Err(ModelFailure::CutShort), paid: None })
    }
}

impl Shared {
    async fn answer(
        self: Arc<Self>,
        grant: &Grant,
        request: &ModelRequest,
        places: Option<&Semaphore>,
        paid: &mut Option<Payment>,
    ) -> Result<ModelAnswer, ModelFailure> {
        request.chat.check()?;
        let model = self.models.get(&request.model);
        let model = model.ok_or_else(|| ModelFailure::UnknownModel(request.model.clone()))?;
        let budgets = self
            .settings
            .budgets(&grant.plugin, &request.model)
            .ok_or_else(|| ModelFailure::NotGranted { plugin: grant.plugin.clone(), model: request.model.clone() })?;
        let id = self.id_of(model, request);
        let keep = SignedDuration::from_hours(model.settings().keep_hours.into());
        let _turn = self.turns.turn(&id).await;

        let now = self.clock.now();
        // One deadline for whoever has the place before it, one for its own answer.
        let lease = SignedDuration::try_from(model.settings().deadline * 2).unwrap_or_default() + LEASE_MARGIN;
        let wanted = Wanted { request: &id, grant, budgets, amount: model.cost_most(&request.chat), now, lease };
        let give_up_at = self.means.timer.now() + model.settings().deadline;
        let (mut is_alone, mut is_tidied) = (places.is_some(), false);
        let call = loop {
            if let Some(earlier) = self.earlier(&id, grant, keep).await? {
                self.note_reuse(grant, &earlier).await?;
                *paid = earlier.paid_by(grant);
                return answer_of(&request.chat, &earlier, true);
            }
            match self.ledger.reserve(&wanted).await? {
                Reserved::Ours(call) => break call,
                Reserved::Spent(kind) if is_tidied => {
                    metrics::counter!("model_budget_refusals_total", "model" => request.model.clone()).increment(1);
                    return Err(ModelFailure::BudgetSpent(kind));
                }
                Reserved::Elsewhere if is_alone => {
                    self.settle_left_behind(&id, grant).await?;
                    is_alone = false;
                }
                Reserved::Elsewhere if self.means.timer.now() >= give_up_at => return Err(ModelError::Busy.into()),
                // What somebody who was killed had put aside may be all that is missing.
                Reserved::Spent(_) | Reserved::Elsewhere if !is_tidied => {
                    self.settle_lapsed().await?;
                    is_tidied = true;
                }
                Reserved::Spent(_) | Reserved::Elsewhere => {
                    self.means.timer.sleep_until(self.means.timer.now() + LOOK_AGAIN).await;
                }
            }
        };
        let asking = Asking { model, grant, request, id: &id, call, places };
        self.call_once(&asking, keep, paid).await
    }

    /// Another process may have been done just before we put the cost aside: then there is an answer now.
    async fn call_once(
        &self,
        asking: &Asking<'_>,
        keep: SignedDuration,
        paid: &mut Option<Payment>,
    ) -> Result<ModelAnswer, ModelFailure> {
        let Asking { grant, request, .. } = *asking;
        match self.earlier(asking.id, grant, keep).await {
            Ok(None) => self.call(asking, paid).await,
            Ok(Some(earlier)) => {
                self.ledger.settle(asking.call, Decimal::ZERO).await?;
                self.note_reuse(grant, &earlier).await?;
                *paid = earlier.paid_by(grant);
                answer_of(&request.chat, &earlier, true)
            }
            Err(error) => {
                self.ledger.settle(asking.call, Decimal::ZERO).await?;
                Err(error)
            }
        }
    }

    /// The same for the same question to the same model about the same person, and for nothing else. It is made of
    /// people's words, so it is veiled.
    fn id_of(&self, model: &NamedModel, request: &ModelRequest) -> ModelRequestId {
        let (settings, chat) = (model.settings(), &request.chat);
        let asked = json!([
            [model.name(), &settings.model, &settings.base_url],
            request.about.as_ref().map(ToString::to_string),
            &chat.messages,
            chat.schema.as_ref().map(Schema::text),
            chat.max_output_tokens,
            chat.temperature.map(|free| free.normalize().to_string()),
        ]);
        let mut digest: [u8; 32] = Sha256::digest(asked.to_string()).into();
        self.store.veil(&mut digest);
        ModelRequestId::of(digest)
    }
}
