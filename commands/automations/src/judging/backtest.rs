//! A candidate on the past: what it would have decided where something else did.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chronogram_log::{Position, RecordedEvent};
use chronogram_model::{PersonId, person::ProfileEnriched};
use chronogram_plugin_host::{
    CallContext, Exchange, Fault, Outcome, ProfileField, ProfileInput, ProfilePatch, StrategyError, World,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use sqlx::PgConnection;

use super::{
    AlertBacktest, CALLS, Candidate, Difference, FuelFigures, Judge, JudgingError, Told,
    decisions::{Decision, Made, Situation, situations},
    past::{Side, Traveller, travel},
    rehearse::{Rehearsed, rehearse},
};

/// Keys that are counted one by one; a strategy may invent as many as it likes.
const KEYS: usize = 500;

/// Which part of the past.
#[derive(Clone, Copy, Debug)]
pub struct BacktestOptions {
    /// What stands behind this position.
    pub since: Position,
    /// So many decisions (for alerts: channels) of it; all where none is given.
    pub sample: Option<usize>,
    /// So many differences (for alerts: alerts) are told one by one.
    pub examples: usize,
}

/// What came of a backtest.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "world", rename_all = "snake_case")]
pub enum Backtest {
    /// Of a strategy that fills profiles.
    Profile(Box<ProfileBacktest>),
    /// Of one that raises alerts.
    Alert(Box<AlertBacktest>),
}

/// Fields, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldCounts {
    /// Set alike.
    pub same: u64,
    /// Set by the candidate only.
    pub new: u64,
    /// Not set by it.
    pub missing: u64,
    /// Set to another value.
    pub changed: u64,
    /// Set to the same value with another confidence or other evidence.
    pub reweighted: u64,
}

/// A decision that the candidate takes otherwise. It holds people's words.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// Where the decision stands in the log.
    pub position: u64,
    /// Whom it is about.
    pub person: PersonId,
    /// How it differs.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What a candidate would have decided of profiles.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProfileBacktest {
    /// Decisions of the past that were looked at.
    pub decisions: u64,
    /// Decided by both, and alike.
    pub same: u64,
    /// Decided by both, and not alike.
    pub different: u64,
    /// Decided by the candidate only.
    pub gained: u64,
    /// Not decided by the candidate.
    pub lost: u64,
    /// Decided by neither.
    pub neither: u64,
    /// Left out: what they were made of is erased, or was not known.
    pub unknown: u64,
    /// Fields of decisions that both took.
    pub fields: FieldCounts,
    /// The same by key; of very many keys those that came first.
    pub keys: BTreeMap<String, FieldCounts>,
    /// Where the candidate refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Where it was at fault, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// What it asked for and was answered from what was recorded.
    pub effects_answered: u64,
    /// What it asked for that nobody had asked then.
    pub effects_unavailable: u64,
    /// What its calls used.
    pub fuel: FuelFigures,
    /// What the calls used that it is compared with.
    pub fuel_before: FuelFigures,
    /// Some of the differences.
    pub examples: Vec<Example>,
}

impl Judge {
    /// Tries a candidate on the past; `against` another artifact, or what was decided.
    pub async fn backtest(
        &self,
        candidate: &Candidate,
        against: Option<&Candidate>,
        options: BacktestOptions,
        told: Told<'_>,
    ) -> Result<Backtest, JudgingError> {
        if let Some(other) = against.filter(|other| other.strategy.world() != candidate.strategy.world()) {
            return Err(JudgingError::OtherWorld { name: other.name().to_owned() });
        }
        match candidate.strategy.world() {
            World::Profile => {
                let report = self.backtest_profiles(candidate, against, options, told).await?;
                Ok(Backtest::Profile(Box::new(report)))
            }
            World::Alert => {
                let report = self.backtest_alerts(candidate, against, options, told).await?;
                Ok(Backtest::Alert(Box::new(report)))
            }
        }
    }

    async fn backtest_profiles(
        &self,
        candidate: &Candidate,
        against: Option<&Candidate>,
        options: BacktestOptions,
        told: Told<'_>,
    ) -> Result<ProfileBacktest, JudgingError> {
        let until = self.store.head().await?;
        let wanted = match options.sample {
            Some(count) => Some(self.sampled(options.since, count).await?),
            None => None,
        };
        let until = wanted.as_ref().map_or(until, |wanted| wanted.last().copied().unwrap_or_default());
        let report = ProfileBacktest::default();
        let mut tester = Tester { judge: self, candidate, against, options, wanted, report };
        travel(&self.engine, &["people", "conversations"], &[], until, &mut tester, told).await?;
        Ok(tester.report)
    }
}

struct Tester<'a> {
    judge: &'a Judge,
    candidate: &'a Candidate,
    against: Option<&'a Candidate>,
    options: BacktestOptions,
    wanted: Option<BTreeSet<Position>>,
    report: ProfileBacktest,
}

/// One decision, taken twice.
struct Trial {
    situation: Situation,
    before: Taken,
    after: Taken,
    answered: u64,
    unavailable: u64,
}

/// How a decision was taken.
struct Taken {
    came_to: CameTo,
    fuel: Option<u64>,
}

enum CameTo {
    Decided(ProfilePatch),
    Refused(&'static str),
    Fault(&'static str),
    /// The log does not tell more.
    Failed,
}

#[async_trait]
impl Traveller for Tester<'_> {
    type Stop = Decision;

    const SIDE: Side = Side::Before;

    async fn looks_at(&mut self, event: &RecordedEvent) -> Result<Option<Decision>, JudgingError> {
        let is_wanted = match &self.wanted {
            Some(wanted) => wanted.contains(&event.position),
            None => event.position > self.options.since,
        };
        if is_wanted { self.judge.decision(event) } else { Ok(None) }
    }

    async fn stands(&mut self, rows: &mut PgConnection, stops: Vec<Decision>) -> Result<(), JudgingError> {
        let (readable, erased): (Vec<_>, Vec<_>) = stops.into_iter().partition(Decision::is_readable);
        self.report.decisions += (readable.len() + erased.len()) as u64;
        self.report.unknown += erased.len() as u64;
        let situations = situations(rows, readable, self.judge.plugins.limits()).await?;
        let tester = &*self;
        let calls = situations.into_iter().map(|situation| tester.try_out(situation));
        // In order: which examples are told does not depend on which call was faster.
        let trials: Vec<Option<Trial>> = stream::iter(calls).buffered(CALLS.get()).try_collect().await?;
        for trial in trials {
            match trial {
                Some(trial) => self.report.add(&trial, self.options.examples),
                None => self.report.unknown += 1,
            }
        }
        Ok(())
    }
}

impl Tester<'_> {
    async fn try_out(&self, situation: Situation) -> Result<Option<Trial>, JudgingError> {
        let Some((row, input)) = &situation.known else { return Ok(None) };
        let answers = match &situation.decision.made {
            Made::Enriched(enriched) => {
                let call = enriched.plugin.call.as_ref().and_then(|call| call.journal);
                self.judge.answers(call, situation.decision.position).await?.into_iter().flatten().collect()
            }
            Made::Failed(_) => Vec::new(),
        };
        let context =
            |candidate: &Candidate| situation.decision.context(row, &candidate.config, candidate.strategy.digest());
        let rehearsed = fill(self.candidate, &context(self.candidate), input, &answers).await;
        let before = match (self.against, &situation.decision.made) {
            (Some(other), _) => Taken::by(fill(other, &context(other), input, &answers).await),
            (None, Made::Enriched(enriched)) => Taken::recorded(enriched),
            (None, Made::Failed(_)) => Taken { came_to: CameTo::Failed, fuel: None },
        };
        let Rehearsed { answered, unavailable, .. } = rehearsed;
        Ok(Some(Trial { before, after: Taken::by(rehearsed), situation, answered, unavailable }))
    }
}

async fn fill(
    candidate: &Candidate,
    context: &CallContext,
    input: &ProfileInput,
    answers: &[Exchange],
) -> Rehearsed<ProfilePatch> {
    rehearse(answers, |told| candidate.strategy.watch_fill(context.clone(), input.clone(), told)).await
}

impl Taken {
    fn by(rehearsed: Rehearsed<ProfilePatch>) -> Self {
        match rehearsed.ended {
            Err(fault) => Self { came_to: CameTo::Fault(fault.kind()), fuel: None },
            Ok(answered) => {
                let came_to = match answered.outcome {
                    Outcome::Done(patch) => CameTo::Decided(without_empty_fields(patch)),
                    Outcome::Refused(error) => CameTo::Refused(reason(&error)),
                    // Who rehearses goes on until there are no more questions.
                    Outcome::Suspended(_) => CameTo::Fault(Fault::TooManyRounds { limit: 0 }.kind()),
                };
                Self { came_to, fuel: Some(answered.fuel_used) }
            }
        }
    }

    fn recorded(enriched: &ProfileEnriched) -> Self {
        let set = enriched.set.plain().into_iter().flatten().cloned();
        let patch = ProfilePatch {
            set: set
                .map(|field| ProfileField {
                    key: field.key,
                    value: field.value,
                    confidence: field.confidence,
                    evidence: field.evidence,
                })
                .collect(),
            unset: enriched.unset.clone(),
            ask: enriched.ask.as_ref().and_then(|ask| ask.plain()).cloned(),
        };
        Self { came_to: CameTo::Decided(patch), fuel: Some(enriched.plugin.fuel) }
    }
}

/// As it would be recorded: an empty value never replaces a field.
fn without_empty_fields(mut patch: ProfilePatch) -> ProfilePatch {
    patch.set.retain(|field| !field.value.trim().is_empty());
    patch
}

/// A refusal's kind, without the strategy's words.
pub(super) fn reason(error: &StrategyError) -> &'static str {
    match error {
        StrategyError::InvalidConfig(_) => "invalid_config",
        StrategyError::Unsupported(_) => "unsupported",
        StrategyError::EffectFailed(_) => "effect_failed",
        StrategyError::Other(_) => "refused",
    }
}

impl ProfileBacktest {
    fn add(&mut self, trial: &Trial, examples: usize) {
        self.effects_answered += trial.answered;
        self.effects_unavailable += trial.unavailable;
        trial.after.fuel.into_iter().for_each(|fuel| self.fuel.add(fuel));
        trial.before.fuel.into_iter().for_each(|fuel| self.fuel_before.add(fuel));
        match &trial.after.came_to {
            CameTo::Refused(reason) => *self.refused.entry(reason).or_default() += 1,
            CameTo::Fault(kind) => *self.faults.entry(kind).or_default() += 1,
            CameTo::Decided(_) | CameTo::Failed => {}
        }
        match (&trial.before.came_to, &trial.after.came_to) {
            (CameTo::Decided(before), CameTo::Decided(after)) => {
                let difference = Difference::between(before, after);
                self.count(&difference);
                if difference.is_none() {
                    self.same += 1;
                    return;
                }
                self.different += 1;
                if self.examples.len() < examples {
                    let decision = &trial.situation.decision;
                    let (position, person) = (decision.position.0, decision.person().clone());
                    self.examples.push(Example { position, person, difference });
                }
            }
            (CameTo::Decided(_), _) => self.lost += 1,
            (_, CameTo::Decided(_)) => self.gained += 1,
            _ => self.neither += 1,
        }
    }

    fn count(&mut self, difference: &Difference) {
        type Counter = fn(&mut FieldCounts) -> &mut u64;
        let mut note = |key: &str, counter: Counter| {
            *counter(&mut self.fields) += 1;
            if self.keys.len() < KEYS || self.keys.contains_key(key) {
                *counter(self.keys.entry(key.to_owned()).or_default()) += 1;
            }
        };
        difference.same.iter().for_each(|key| note(key, |counts| &mut counts.same));
        difference.new.iter().for_each(|field| note(&field.key, |counts| &mut counts.new));
        difference.missing.iter().for_each(|field| note(&field.key, |counts| &mut counts.missing));
        difference.changed.iter().for_each(|field| note(&field.key, |counts| &mut counts.changed));
        difference.reweighted.iter().for_each(|key| note(key, |counts| &mut counts.reweighted));
    }
}
