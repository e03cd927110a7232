//! Asking models: who may, within what budget, once for each question.
//!
//! [`Models::answer`] is the port for whoever performs the effects of plugins. Promises: nothing is asked that was
//! answered before and is kept, nor twice at once by whatever process; no account is overdrawn, for the most that a call
//! can cost is put aside before it is made; every call is in the log before its answer is given to anybody; what was
//! asked stands nowhere, and what was answered in the log alone, sealed to the person it is about, so that it is
//! forgotten with them.
//!
//! The log is the memory of answers: a stream for each question, whose newest call is looked at first. A process keeps no
//! answers of its own, because they would outlive the key of their person. One window remains: killed between a model's
//! answer and the commit of [`ModelCalled`](chronogram_model::language_model::ModelCalled), the answer is lost and paid
//! for again; what was put aside for it then counts as spent.

mod answering;
mod asked;
mod calling;
mod gauges;
mod ledger;
mod recorded;
mod turns;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chronogram_gateways::{
    models::{ChatModel, ModelSetupError, ModelsSettings, NamedModel, OpenAi},
    patience::Means,
};
use chronogram_handlers::Handler;
use chronogram_log::{Clock, Codec, SharedEventStore};
use chronogram_model::{
    breaker::{Breaker, BreakerState},
    language_model::LanguageModel,
};
use rust_decimal::Decimal;
use sqlx::PgPool;
use tokio_util::task::TaskTracker;

pub use asked::{Asked, Grant, ModelAnswer, ModelFailure, ModelRequest};
pub use ledger::{Account, AccountKind};

use ledger::Ledger;
use turns::Turns;

/// How long an end waits for calls on their way; what comes later is lost, as when the process is killed.
const FINISH_PATIENCE: Duration = Duration::from_secs(20);

/// Asks models.
#[derive(Clone)]
pub struct Models(Arc<Shared>);

/// What it stands on.
pub struct ModelParts {
    /// The database.
    pub pool: PgPool,
    /// The log, with the words of people sealed in it.
    pub store: SharedEventStore,
    /// Reads its events.
    pub codec: Arc<Codec>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting, and chance.
    pub means: Means,
}

struct Shared {
    settings: ModelsSettings,
    models: BTreeMap<String, NamedModel>,
    ledger: Ledger,
    turns: Turns,
    calls: Handler<LanguageModel>,
    breakers: Handler<Breaker>,
    /// Calls on their way: they are seen through although nobody waits for them any more.
    under_way: TaskTracker,
    store: SharedEventStore,
    codec: Arc<Codec>,
    clock: Arc<dyn Clock>,
    means: Means,
}

impl Models {
    /// The models of these settings.
    pub fn new(settings: ModelsSettings, parts: ModelParts) -> Result<Self, ModelSetupError> {
        let chats: Result<Vec<_>, _> = settings
            .models
            .iter()
            .map(|(name, model)| Ok((name.clone(), Arc::new(OpenAi::new(model)?) as Arc<dyn ChatModel>)))
            .collect();
        let named = chats?.into_iter().filter_map(|(name, chat)| {
            let settings = settings.models.get(&name)?.clone();
            Some((name.clone(), NamedModel::new(&name, settings, chat, parts.means.clone())))
        });
        let models = named.collect();
        let ModelParts { pool, store, codec, clock, means } = parts;
        Ok(Self(Arc::new(Shared {
            settings,
            models,
            ledger: Ledger::new(pool),
            turns: Turns::default(),
            calls: Handler::new(store.clone(), codec.clone()),
            breakers: Handler::new(store.clone(), codec.clone()),
            under_way: TaskTracker::new(),
            store,
            codec,
            clock,
            means,
        })))
    }

    /// The models, with how they stand in this process.
    pub fn models(&self) -> impl Iterator<Item = &NamedModel> {
        self.0.models.values()
    }

    /// Who may ask what, for how much.
    pub fn settings(&self) -> &ModelsSettings {
        &self.0.settings
    }

    /// The most that this question can cost, with all its attempts; `None` where the plugin may not ask it, or nobody knows
    /// its price.
    pub fn cost_most(&self, plugin: &str, request: &ModelRequest) -> Option<Decimal> {
        let model = self.0.models.get(&request.model)?;
        self.0.settings.budgets(plugin, &request.model)?;
        model.settings().price?;
        Some(model.cost_most(&request.chat))
    }

    /// What was spent today, and what calls on their way may cost.
    pub async fn spent_today(&self) -> Result<Vec<Account>, ModelFailure> {
        self.0.ledger.of_day(self.0.clock.now()).await
    }

    /// How the breaker of `model` stands by the log: as the process told it that saw it change last.
    pub async fn breaker_told(&self, model: &NamedModel) -> Result<BreakerState, ModelFailure> {
        let state = self.0.breakers.state(&Breaker::stream_of(&model.guard().name)).await;
        state.map_err(ModelFailure::Record)
    }

    /// Settles what processes left behind that were killed, and drops accounts that nobody looks at any more.
    pub async fn tidy(&self) -> Result<(), ModelFailure> {
        self.0.settle_lapsed().await?;
        self.0.ledger.sweep(self.0.clock.now()).await
    }

    /// Waits for the calls on their way, whoever asked being gone, as long as a stop may take.
    pub async fn finish(&self) {
        self.0.under_way.close();
        if tokio::time::timeout(FINISH_PATIENCE, self.0.under_way.wait()).await.is_err() {
            tracing::warn!(
                calls = self.0.under_way.len(),
                "models did not answer before the end; their calls may be paid again"
            );
        }
    }
}
