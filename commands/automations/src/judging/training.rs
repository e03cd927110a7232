//! What asking models brought so far, and the weights that are learnt from it.
//!
//! An outcome is a profile that was filled, by a strategy or by what stood in for it, after a model was asked: the
//! history as it was then, the fields that it has beyond those that `profile-basic` tells of the same input, and what
//! the answers cost, also where they had been paid for before.

use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use chronogram_log::{Position, RecordedEvent};
use chronogram_model::{
    call::{Call, CallEvent},
    person::ProfileEnriched,
};
use chronogram_plugin_host::{Fact, Outcome as CameTo, ProfileInput, Scalar};
use chronogram_predictor::{Features, History, NotEnough, Outcome, Weights, Written, train};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    CALLS, Judge, JudgingError, Told,
    decisions::{Decision, Made, Situation, situations},
    past::{Side, Traveller, travel},
};
use crate::{
    plugins::ActiveStrategy,
    profiles::{BASIC, plugin_of},
};

/// The newest outcomes that are learnt from; each takes some hundred bytes.
const OUTCOMES: usize = 100_000;

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Outcomes it was learnt from.
    pub outcomes: usize,
    /// The weights.
    pub weights: Weights,
    /// sha256 of the weights as canonical JSON, in hex.
    pub digest: String,
}

impl Judge {
    /// Learns from all outcomes in the log, or says how many there are and how many it takes.
    pub async fn train(&self, told: Told<'_>) -> Result<Result<Trained, NotEnough>, JudgingError> {
        let basic = self.plugins.active(&plugin_of(BASIC)).await?;
        let until = self.store.head().await?;
        let mut collector = Collector { judge: self, basic, outcomes: VecDeque::new() };
        travel(&self.engine, &["people", "conversations"], &[], until, &mut collector, told).await?;
        let outcomes = collector.outcomes.make_contiguous();
        Ok(train(outcomes).map(|weights| Trained { outcomes: outcomes.len(), digest: digest(&weights), weights }))
    }

    /// What the answers of a call cost whoever paid for them first; `None` where no model was asked.
    async fn cost(&self, call: Uuid, before: Position) -> Result<Option<Decimal>, JudgingError> {
        let mut paid: BTreeMap<u32, Decimal> = BTreeMap::new();
        self.each_of(&Call::stream_of(call), |event| {
            if event.position < before
                && let Some(CallEvent::EffectAnswered(answered)) = self.codec.decode(event)?
            {
                let cost = paid.entry(answered.index).or_default();
                *cost = answered.paid.map_or(*cost, |payment| payment.cost);
            }
            Ok(())
        })
        .await?;
        Ok((!paid.is_empty()).then(|| paid.into_values().sum()))
    }
}

/// Of the canonical JSON: the predictor's fields are in the order of the alphabet.
fn digest(weights: &Weights) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(weights).unwrap_or_default()))
}

struct Collector<'a> {
    judge: &'a Judge,
    basic: ActiveStrategy,
    outcomes: VecDeque<Outcome>,
}

#[async_trait]
impl Traveller for Collector<'_> {
    type Stop = Decision;

    const SIDE: Side = Side::Before;

    async fn looks_at(&mut self, event: &RecordedEvent) -> Result<Option<Decision>, JudgingError> {
        let decision = self.judge.decision(event)?;
        Ok(decision.filter(|decision| decision.is_readable() && may_have_asked(decision)))
    }

    async fn stands(&mut self, rows: &mut PgConnection, stops: Vec<Decision>) -> Result<(), JudgingError> {
        let situations = situations(rows, stops, self.judge.plugins.limits()).await?;
        let collector = &*self;
        let found = situations.into_iter().map(|situation| collector.outcome(situation));
        let found: Vec<Option<Outcome>> = stream::iter(found).buffered(CALLS.get()).try_collect().await?;
        self.outcomes.extend(found.into_iter().flatten());
        let surplus = self.outcomes.len().saturating_sub(OUTCOMES);
        self.outcomes.drain(..surplus);
        Ok(())
    }
}

/// Its plugin could have asked, or something was paid before another one stood in.
fn may_have_asked(decision: &Decision) -> bool {
    let Made::Enriched(enriched) = &decision.made else { return false };
    enriched.plugin.call.as_ref().is_some_and(|call| call.journal.is_some()) || is_in_vain(enriched)
}

/// A model was asked and paid, and basic filled the profile all the same.
fn is_in_vain(enriched: &ProfileEnriched) -> bool {
    enriched.fallback_reason.is_some() && enriched.tokens > 0
}

impl Collector<'_> {
    async fn outcome(&self, situation: Situation) -> Result<Option<Outcome>, JudgingError> {
        let (Made::Enriched(enriched), Some((row, input))) = (&situation.decision.made, &situation.known) else {
            return Ok(None);
        };
        let features = Features::of(&history(input));
        if is_in_vain(enriched) {
            return Ok(cost_of(enriched.cost).map(|cost| Outcome { features, gain_fields: 0, cost }));
        }
        let Some(call) = enriched.plugin.call.as_ref().and_then(|call| call.journal) else { return Ok(None) };
        let Some(cost) = self.judge.cost(call, situation.decision.position).await? else { return Ok(None) };
        let context = situation.decision.context(row, &self.basic.config, self.basic.strategy.digest());
        let plain = match self.basic.strategy.fill(context, input.clone()).await.map(|filled| filled.outcome) {
            Ok(CameTo::Done(patch)) => patch.set,
            // What basic cannot tell of, nothing can be told beyond.
            _ => return Ok(None),
        };
        let told = enriched.set.plain().into_iter().flatten();
        let beyond = told.filter(|field| plain.iter().all(|other| other.key != field.key)).count();
        let gain_fields = u32::try_from(beyond).unwrap_or(u32::MAX);
        Ok(cost_of(cost).map(|cost| Outcome { features, gain_fields, cost }))
    }
}

fn cost_of(cost: Decimal) -> Option<f64> {
    cost.to_f64()
}

/// The input as the predictor sees it: the same that `profile-hybrid` makes of it.
fn history(input: &ProfileInput) -> History<'_> {
    let own = input.messages.iter().filter(|message| message.from_user);
    History {
        messages: own
            .map(|message| Written { text: &message.text, sent_at_ms: at(&message.facts, "sent_at") })
            .collect(),
        messages_total: count(&input.facts, "messages_total"),
        chats_total: count(&input.facts, "conversations_total"),
        first_message_at_ms: at(&input.facts, "first_message_at"),
        last_message_at_ms: at(&input.facts, "last_message_at"),
    }
}

fn at(facts: &[Fact], key: &str) -> Option<u64> {
    facts.iter().find_map(|fact| match fact.value {
        Scalar::At(moment) if fact.key == key => Some(moment),
        _ => None,
    })
}

fn count(facts: &[Fact], key: &str) -> Option<u64> {
    facts.iter().find_map(|fact| match fact.value {
        Scalar::Count(count) if fact.key == key => Some(count),
        _ => None,
    })
}
