//! Filling profiles: one call of a strategy a person, one event for its answer.
//!
//! Promises: a run that is stopped or killed anywhere and started again goes on where it was, because who has a profile
//! is not asked about again; two runs at once never fill one profile twice, because the domain refuses the second;
//! memory does not grow with the number of people.

use std::{sync::Arc, time::Instant};

use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Actor, Clock, Codec, SharedEventStore};
use chronogram_model::{
    EventId, Origin, PersonId, Personal,
    call::CallRejection,
    person::{Person, PersonCommand, PersonRejection, ProfileEnriched, ProfileEnrichmentFailed, ProfileField},
    plugin::PluginStamp,
};
use chronogram_plugin_host::{Effects, Filled, NoEffects, ProfileOutcome, ProfilePatch, StrategyError};
use chronogram_read_models::{
    QueryError,
    people::{PersonFilter, PersonRow, count_people, people_by_id, people_without_profile},
};
use futures::{StreamExt as _, stream};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::{FillObserver, FillReport, calling::Asked, input::input_of, report::Outcome};
use crate::plugins::{ActiveStrategy, CallJournal, Calls, PluginError, PluginRegistry, WIT_VERSION, veiled};

/// The plugin behind the name of a strategy.
pub fn plugin_of(strategy: &str) -> String {
    format!("profile-{strategy}")
}

/// Whom a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody without a profile.
    WithoutProfile,
    /// One person, whether there is a profile or not: asking by id is asking to replace it.
    One(PersonId),
}

/// How a run works.
#[derive(Clone, Debug)]
pub struct FillOptions {
    /// The strategy: `basic`.
    pub strategy: String,
    /// Whom it is about.
    pub whom: Whom,
    /// People worked on at the same time.
    pub workers: usize,
    /// People read at once.
    pub batch_size: u32,
    /// Ask the strategy, record nothing.
    pub dry_run: bool,
    /// Tells this run from others; random.
    pub run: Uuid,
}

/// Why a run ended early. What was done is kept; the same run again goes on.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// There is no such strategy, or it does not load.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A read model failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The log failed.
    #[error(transparent)]
    Handle(#[from] HandleError<PersonRejection>),
    /// The journal of a call failed.
    #[error(transparent)]
    Journal(#[from] HandleError<CallRejection>),
    /// Nobody has this id.
    #[error("nothing is known of person {0}")]
    Unknown(PersonId),
}

/// Fills profiles.
pub struct ProfileFiller {
    queries: PgPool,
    store: SharedEventStore,
    people: Handler<Person>,
    plugins: Arc<PluginRegistry>,
    pub(super) calls: Calls,
    pub(super) effects: Arc<dyn Effects>,
    clock: Arc<dyn Clock>,
}

impl ProfileFiller {
    /// A filler that reads people through `queries`, whose search path holds the read models.
    pub fn new(
        queries: PgPool,
        store: SharedEventStore,
        codec: Arc<Codec>,
        plugins: Arc<PluginRegistry>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let calls = Calls::new(store.clone(), codec.clone(), clock.clone());
        let people = Handler::new(store.clone(), codec);
        Self { queries, people, store, plugins, calls, effects: Arc::new(NoEffects), clock }
    }

    /// The same filler, with somebody who performs what strategies are granted.
    #[must_use]
    pub fn with_effects(self, effects: Arc<dyn Effects>) -> Self {
        Self { effects, ..self }
    }

    /// Runs to the end, or to the first failure that is not one person's own.
    pub async fn fill(&self, options: &FillOptions, observer: &dyn FillObserver) -> Result<FillReport, FillError> {
        let plugin = plugin_of(&options.strategy);
        let mut active = self.plugins.active(&plugin).await?;
        let mut report = FillReport {
            strategy: options.strategy.clone(),
            plugin_digest: active.strategy.digest().to_string(),
            dry_run: options.dry_run,
            ..FillReport::default()
        };
        let total = self.total(&options.whom).await?;
        observer.progress(0, total);
        let mut after = None;
        loop {
            let batch = self.next_people(options, after.as_ref()).await?;
            let Some(last) = batch.last() else { return Ok(report) };
            after = Some(last.id.clone());
            if report.people > 0 {
                // What was put aside or activated meanwhile counts from here on; calls in flight ended on the old one.
                active = self.plugins.active(&plugin).await?;
            }
            let call = |person| self.fill_one(person, &active, options);
            let mut outcomes = stream::iter(batch).map(call).buffer_unordered(options.workers.max(1));
            while let Some(outcome) = outcomes.next().await {
                report.add(outcome?);
                observer.progress(report.people, total.max(report.people));
            }
        }
    }

    async fn total(&self, whom: &Whom) -> Result<u64, QueryError> {
        match whom {
            Whom::One(_) => Ok(1),
            Whom::WithoutProfile => {
                let filter = PersonFilter { has_profile: Some(false) };
                Ok(u64::try_from(count_people(&self.queries, &filter).await?).unwrap_or(0))
            }
        }
    }

    async fn next_people(&self, options: &FillOptions, after: Option<&PersonId>) -> Result<Vec<PersonRow>, FillError> {
        match (&options.whom, after) {
            (Whom::WithoutProfile, after) => {
                Ok(people_without_profile(&self.queries, after, options.batch_size).await?)
            }
            (Whom::One(_), Some(_)) => Ok(Vec::new()),
            (Whom::One(person), None) => {
                let found = people_by_id(&self.queries, std::slice::from_ref(person)).await?;
                if found.is_empty() { Err(FillError::Unknown(person.clone())) } else { Ok(found) }
            }
        }
    }

    async fn fill_one(
        &self,
        person: PersonRow,
        active: &ActiveStrategy,
        options: &FillOptions,
    ) -> Result<Outcome, FillError> {
        let input = input_of(&self.queries, &person, self.plugins.limits()).await?;
        let now = self.clock.now();
        let origin = Origin::of(&["profiles fill", &options.run.to_string(), &person.id.to_string()]);
        let EventId(event) = origin.event();
        let started = Instant::now();
        let Asked { filled, told, journal } = self.ask(&person, input, active, options, (&origin, now)).await?;
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let context = Context::new(origin, Actor::Automation("profiles fill".to_owned()));
        if filled.is_ok() {
            self.plugins.record_outcome(active);
        }
        let failed = match filled {
            Ok(filled) => match answer(filled) {
                Ok((patch, stamp)) => {
                    let proposal = ProfileEnriched {
                        strategy: options.strategy.clone(),
                        plugin: PluginStamp {
                            name: active.name.clone(),
                            digest: active.strategy.digest().to_string(),
                            wit_version: WIT_VERSION.to_owned(),
                            call: Some(told),
                            ..self.veiled(stamp)
                        },
                        set: Personal::of(person.id.clone(), patch.set.into_iter().map(field).collect()),
                        unset: patch.unset,
                        ask: patch.ask.map(|question| Personal::of(person.id.clone(), question)),
                        fallback_reason: None,
                        tokens: 0,
                        cost: Decimal::ZERO,
                        duration_us,
                        enriched_at: now,
                        person: person.id,
                    };
                    let outcome = self.record(proposal, options, &context).await?;
                    close(journal, "done").await?;
                    return Ok(outcome);
                }
                Err(kind) => kind,
            },
            Err(fault) => {
                if !options.dry_run {
                    self.plugins.record_fault(active, &fault, &[&event.to_string()]).await?;
                }
                fault.kind()
            }
        };
        if !options.dry_run {
            let event = ProfileEnrichmentFailed {
                person: person.id,
                strategy: options.strategy.clone(),
                digest: active.strategy.digest().to_string(),
                fault: failed.to_owned(),
                failed_at: now,
            };
            self.people.handle(&PersonCommand::FailEnrichment(event), &context).await?;
        }
        close(journal, failed).await?;
        Ok(Outcome::Failed(failed.to_owned()))
    }

    /// Hashes of what was said and answered tell the same call again, and nobody what it was about.
    fn veiled(&self, mut stamp: PluginStamp) -> PluginStamp {
        for hash in [&mut stamp.input_hash, &mut stamp.journal_hash, &mut stamp.output_hash] {
            *hash = veiled(&*self.store, hash);
        }
        stamp
    }

    async fn record(
        &self,
        proposal: ProfileEnriched,
        options: &FillOptions,
        context: &Context,
    ) -> Result<Outcome, FillError> {
        let fields = proposal.set.plain().map_or(0, Vec::len) as u64;
        let fuel = proposal.plugin.fuel;
        if options.dry_run {
            return Ok(Outcome::Enriched { fields, fuel, position: None });
        }
        let overwrite = matches!(options.whom, Whom::One(_));
        match self.people.handle(&PersonCommand::Enrich { proposal, overwrite }, context).await {
            Ok(handled) => {
                Ok(Outcome::Enriched { fields, fuel, position: handled.position.map(|position| position.0) })
            }
            Err(HandleError::Rejected(PersonRejection::ProfileExists { .. })) => Ok(Outcome::AlreadyFilled),
            Err(error) => Err(error.into()),
        }
    }
}

/// Only behind what came of the call: cut off between the two, it goes on with the answers it has.
async fn close(journal: Option<CallJournal<'_>>, outcome: &str) -> Result<(), FillError> {
    match journal {
        Some(journal) => Ok(journal.end(outcome).await?),
        None => Ok(()),
    }
}

/// What the strategy decided with the fingerprint of its execution, or the kind of its failure.
fn answer(filled: Filled) -> Result<(ProfilePatch, PluginStamp), &'static str> {
    let stamp = PluginStamp {
        input_hash: filled.input_hash,
        journal_hash: filled.journal_hash,
        output_hash: filled.output_hash,
        fuel: filled.fuel_used,
        ..PluginStamp::default()
    };
    match filled.outcome {
        ProfileOutcome::Done(patch) => Ok((patch, stamp)),
        // Only who merely asks what would be done comes here: otherwise it is answered until it decides.
        ProfileOutcome::Suspended(_) => Err("would_ask"),
        ProfileOutcome::Refused(StrategyError::InvalidConfig(_)) => Err("invalid_config"),
        ProfileOutcome::Refused(StrategyError::Unsupported(_)) => Err("unsupported"),
        ProfileOutcome::Refused(StrategyError::EffectFailed(_)) => Err("effect_failed"),
        ProfileOutcome::Refused(StrategyError::Other(_)) => Err("refused"),
    }
}

fn field(field: chronogram_plugin_host::ProfileField) -> ProfileField {
    ProfileField { key: field.key, value: field.value, confidence: field.confidence, evidence: field.evidence }
}
