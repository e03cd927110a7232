//! Filling profiles: strategies are asked about people, one event for each answer.
//!
//! Promises: a run that is stopped or killed anywhere and started again goes on where it was and pays for nothing twice;
//! two runs at once never fill, nor pay for, the same person; whom a strategy fails is filled by `basic`, so that nobody
//! stays without a profile; where money or the house itself fails, the run stops with nothing half-done; memory does not
//! grow with the number of people.

use std::sync::Arc;

use chronogram_handlers::{HandleError, Handler};
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_model::{
    PersonId,
    call::CallRejection,
    person::{Person, PersonRejection},
};
use chronogram_plugin_host::{Effects, NoEffects};
use chronogram_read_models::{
    QueryError,
    people::{count_people_to_fill, people_by_id},
};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    FillObserver, FillReport, Profiles, Selection,
    claims::Claims,
    line::{Line, Working},
    runs::{self, Run},
    strategies::Strategies,
};
use crate::{
    models::{ModelFailure, Models},
    plugins::{Calls, PluginError, PluginRegistry},
};

/// The strategy that everybody can be filled by.
pub const BASIC: &str = "basic";

/// The plugin behind the name of a strategy.
pub fn plugin_of(strategy: &str) -> String {
    format!("profile-{strategy}")
}

/// How a run works.
#[derive(Clone, Debug)]
pub struct FillOptions {
    /// The strategy: `basic`, `llm`, `hybrid`, or an operator's own, whose plugin is `profile-<name>`.
    pub strategy: String,
    /// Whom it is about.
    pub selection: Selection,
    /// Questions to models at the same time; about twice as many people are decided about, with one worker one by one.
    pub workers: usize,
    /// People looked up at once.
    pub batch_size: u32,
    /// No more people than this are asked about.
    pub limit: Option<u64>,
    /// Find out what would be done; record nothing, ask no model.
    pub dry_run: bool,
    /// The run, unless there is one to go on with; random.
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
    /// Asking models failed for a reason that is the house's own.
    #[error("the run stopped; started again it goes on: {0}")]
    Models(#[source] ModelFailure),
    /// The tables of runs, or claims, failed.
    #[error("the database failed while it should {operation}")]
    Database {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Nobody has this id.
    #[error("nothing is known of person {0}")]
    Unknown(PersonId),
}

pub(super) fn while_(operation: &'static str) -> impl FnOnce(sqlx::Error) -> FillError {
    move |source| FillError::Database { operation, source }
}

/// Fills profiles.
pub struct ProfileFiller {
    /// Where runs and claims are kept.
    pub(super) pool: PgPool,
    /// People are read from here: its search path holds the read models.
    pub(super) queries: PgPool,
    pub(super) store: SharedEventStore,
    pub(super) people: Handler<Person>,
    pub(super) plugins: Arc<PluginRegistry>,
    pub(super) calls: Calls,
    pub(super) models: Option<Models>,
    pub(super) effects: Arc<dyn Effects>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A run that was begun, and how it stands.
pub struct Begun {
    pub(super) run: Run,
    pub(super) strategies: Strategies,
    /// Whom it is about.
    pub total: u64,
}

impl Begun {
    /// The run's id; nil for a dry one.
    pub fn id(&self) -> Uuid {
        self.run.id
    }
}

impl ProfileFiller {
    /// A filler whose runs are kept in `pool`.
    pub fn new(
        pool: PgPool,
        queries: PgPool,
        store: SharedEventStore,
        codec: Arc<Codec>,
        plugins: Arc<PluginRegistry>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let calls = Calls::new(store.clone(), codec.clone(), clock.clone());
        let people = Handler::new(store.clone(), codec);
        let effects = Arc::new(NoEffects);
        Self { pool, queries, store, people, plugins, calls, models: None, effects, clock }
    }

    /// The same filler, whose strategies may ask models.
    #[must_use]
    pub fn with_models(self, models: Option<Models>) -> Self {
        Self { models, ..self }
    }

    /// The same filler, with somebody who performs what else strategies are granted.
    #[must_use]
    pub fn with_effects(self, effects: Arc<dyn Effects>) -> Self {
        Self { effects, ..self }
    }

    /// Begins a run and works to its end.
    pub async fn fill(&self, options: &FillOptions, observer: &dyn FillObserver) -> Result<FillReport, FillError> {
        let begun = self.begin(options).await?;
        self.work(begun, options, observer, &CancellationToken::new()).await
    }

    /// Begins a run, or goes on with one that did not get through; nothing is filled yet.
    pub async fn begin(&self, options: &FillOptions) -> Result<Begun, FillError> {
        let strategies = Strategies::of(&self.plugins, &options.strategy).await?;
        if let Some(people) = &options.selection.people {
            let known = people_by_id(&self.queries, people).await?;
            if let Some(unknown) = people.iter().find(|person| known.iter().all(|row| row.id != **person)) {
                return Err(FillError::Unknown(unknown.clone()));
            }
        }
        let now = self.clock.now();
        let run = if options.dry_run {
            Run { id: Uuid::nil(), since: now, resumed: false }
        } else {
            runs::begin(&self.pool, options, now).await.map_err(while_("begin a run"))?
        };
        let wanted = options.selection.to_fill(run.since);
        let total = count_people_to_fill(&self.queries, &wanted).await?.min(options.limit.unwrap_or(u64::MAX));
        if !options.dry_run {
            runs::counted(&self.pool, run.id, total, now).await.map_err(while_("begin a run"))?;
        }
        Ok(Begun { run, strategies, total })
    }

    /// Works on a run to its end, or to the first failure that is not one person's own. Stopped, it finishes with whom
    /// it is at.
    pub async fn work(
        &self,
        begun: Begun,
        options: &FillOptions,
        observer: &dyn FillObserver,
        stop: &CancellationToken,
    ) -> Result<FillReport, FillError> {
        let Begun { run, strategies, total } = begun;
        // Who asks nobody for money needs none: the rules alone keep two runs from filling one person.
        let claims = if options.dry_run || !strategies.may_ask() {
            None
        } else {
            Some(Claims::open(&self.pool).await.map_err(while_("claim people"))?)
        };
        let stop = stop.child_token();
        let questions = Arc::new(Semaphore::new(options.workers.max(1)));
        let working = Working { filler: self, options, run, strategies, claims, total, questions, stop };
        Line::new(&working).run(observer).await
    }

    /// The moment, for those who have no clock of their own.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Selection {
    /// Everybody without a profile.
    pub fn missing() -> Self {
        Self::everybody(Profiles::Missing)
    }
}
