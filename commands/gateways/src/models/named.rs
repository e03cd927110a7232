//! A model by its name of ours: asked within its limits, again where that may help, left alone where it does not.

use std::sync::Arc;

use rust_decimal::Decimal;
use tokio::time::Instant;

use super::{ChatModel, ChatRequest, Completion, ModelError, ModelSettings};
use crate::patience::{API, BreakerChange, Guard, GuardReport, Means, Next, Pace, PaceLimits};

/// A model that can be asked; one for all who ask it in a process.
pub struct NamedModel {
    name: String,
    settings: ModelSettings,
    chat: Arc<dyn ChatModel>,
    guard: Guard,
    pace: Pace,
    means: Means,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct Called {
    /// The answer, or how the last attempt failed.
    pub result: Result<Completion, ModelError>,
    /// Requests that were sent.
    pub attempts: u32,
    /// Of these, how many the server may have counted without telling us.
    pub uncounted: u32,
    /// The breaker changed by it.
    pub breaker: Option<BreakerChange>,
}

impl NamedModel {
    /// The model `name`.
    pub fn new(name: &str, settings: ModelSettings, chat: Arc<dyn ChatModel>, means: Means) -> Self {
        let guard = Guard::new(format!("model.{name}"), API, means.clone());
        let pace = Pace::new(settings.limits, means.clone());
        Self { name: name.to_owned(), settings, chat, guard, pace, means }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its settings.
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }

    /// What it takes in a minute.
    pub fn limits(&self) -> PaceLimits {
        self.settings.limits
    }

    /// The name of its breaker, and how it stands in this process.
    pub fn guard(&self) -> GuardReport {
        self.guard.report()
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.pace.waiting()
    }

    /// The most that a call with this request can cost, with all its attempts.
    pub fn cost_most(&self, request: &ChatRequest) -> Decimal {
        self.attempt_cost_most(request) * Decimal::from(API.attempts)
    }

    /// The most that one attempt can cost.
    pub fn attempt_cost_most(&self, request: &ChatRequest) -> Decimal {
        let price = self.settings.price.unwrap_or_default();
        price.of(request.input_tokens_most(), request.max_output_tokens)
    }

    /// Asks, by the deadline of the settings at the latest. Dropped half-way, it leaves no trace but at the server.
    pub async fn call(&self, request: &ChatRequest) -> Called {
        let mut called = Called { result: Err(ModelError::LeftAlone), attempts: 0, uncounted: 0, breaker: None };
        let deadline = self.means.timer.now() + self.settings.deadline;
        let Ok(mut tries) = self.guard.begin(deadline) else { return called };
        loop {
            let Ok(entered) = self.pace.enter(request.tokens_about(), deadline).await else {
                // After a failure, that failure is what there is to tell.
                if called.attempts == 0 {
                    called.result = Err(ModelError::Busy);
                }
                return called;
            };
            called.attempts += 1;
            let error = match self.attempt(request, deadline).await {
                Ok(completion) => {
                    let counted = completion.usage;
                    entered.used(counted.map_or(request.tokens_about(), |usage| {
                        usage.input_tokens.saturating_add(usage.output_tokens)
                    }));
                    called.breaker = tries.answered();
                    called.result = Ok(completion);
                    return called;
                }
                Err(error) => error,
            };
            if error.may_cost() {
                called.uncounted += 1;
            } else {
                entered.used(0);
            }
            if let ModelError::Limited { after: Some(pause) } = error {
                self.pace.hold(pause);
            }
            let verdict = error.verdict();
            called.result = Err(error);
            match tries.failed(verdict) {
                Next::At(at) => self.means.timer.sleep_until(at).await,
                Next::GiveUp(change) => {
                    called.breaker = change;
                    return called;
                }
            }
        }
    }

    async fn attempt(&self, request: &ChatRequest, deadline: Instant) -> Result<Completion, ModelError> {
        let until = deadline.min(self.means.timer.now() + self.settings.timeout);
        tokio::select! {
            biased;
            result = self.chat.complete(request) => result,
            () = self.means.timer.sleep_until(until) => Err(ModelError::NoAnswer),
        }
    }
}
