//! What a run would do and at most cost: the first round of each strategy, with nobody asked and nothing written down.

use chronogram_model::plugin::PluginStamp;
use chronogram_plugin_host::{EffectRequest, ProfileInput, ProfileOutcome};
use rust_decimal::Decimal;

use super::{
    calling::{About, fills_nothing},
    deciding::{Verdict, failed},
    desk::chat_of,
    line::Working,
    reason::Reason,
    strategies::Deciding,
};
use crate::{models::ModelRequest, plugins::ActiveStrategy};

impl Working<'_> {
    pub(super) async fn foresee(&self, about: &About<'_>, deciding: &Deciding, input: ProfileInput) -> Verdict {
        let Deciding { asked, basic } = deciding;
        let first = match asked {
            Some(active) => self.first_round(about, active, input.clone(), basic.is_some()).await,
            None => Verdict::Fail { digest: self.strategies.digest.clone(), reason: Reason::NOT_ACTIVE },
        };
        let (Verdict::Fail { reason, .. }, Some(active)) = (&first, basic) else { return first };
        match self.first_round(about, active, input, false).await {
            Verdict::Fill { patch, stamp, .. } => Verdict::Fill { patch, stamp, fallback: Some(*reason) },
            other => other,
        }
    }

    async fn first_round(
        &self,
        about: &About<'_>,
        active: &ActiveStrategy,
        input: ProfileInput,
        has_basic: bool,
    ) -> Verdict {
        let filled = match active.strategy.fill(about.context(active), input).await {
            Ok(filled) => filled,
            Err(fault) => return failed(active, Reason::of_fault(&fault)),
        };
        match filled.outcome {
            ProfileOutcome::Done(patch) if has_basic && fills_nothing(&patch, about) => failed(active, Reason::EMPTY),
            ProfileOutcome::Done(patch) => {
                let stamp = PluginStamp { name: active.name.clone(), fuel: filled.fuel_used, ..PluginStamp::default() };
                Verdict::Fill { patch, stamp, fallback: None }
            }
            ProfileOutcome::Refused(refusal) => failed(active, Reason::of_refusal(&refusal)),
            ProfileOutcome::Suspended(requests) => self.price(about, active, &requests),
        }
    }

    fn price(&self, about: &About<'_>, active: &ActiveStrategy, requests: &[EffectRequest]) -> Verdict {
        let price = |request: &EffectRequest| {
            let EffectRequest::Llm(ask) = request else { return Some(Decimal::ZERO) };
            let about = Some(about.person.id.clone());
            let request = ModelRequest { model: ask.model.clone(), chat: chat_of(ask).ok()?, about };
            self.filler.models.as_ref()?.cost_most(&active.name, &request)
        };
        let prices: Vec<Option<Decimal>> = requests.iter().map(price).collect();
        Verdict::WouldAsk {
            cost_most: prices.iter().flatten().sum(),
            unpriced: prices.iter().filter(|price| price.is_none()).count() as u64,
        }
    }
}
