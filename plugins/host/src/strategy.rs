//! A loaded strategy, and one call of it: a fresh instance, an answer that was checked, the
//! fingerprints by which the call can be repeated and compared.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::Serialize;
use wasmtime::Store;

use crate::{
    alert::{AlertDecision, AlertInput},
    asked::{Asked, Budget, Ran, Run},
    cell::Cell,
    context::CallContext,
    contract::{
        alert::{AlertStrategyPre, exports::chronogram::strategy::alert as alert_wit},
        profile::{ProfileStrategyPre, exports::chronogram::strategy::profile as profile_wit},
    },
    descriptor::{Descriptor, World},
    digest::{PluginDigest, fingerprint, fingerprint_of_pair, json},
    effects::Exchange,
    fault::Fault,
    host::House,
    limits::Limits,
    outcome::{Answered, Figures, Outcome, Watched},
    output::{AlertReader, ProfileReader, RawOutcome},
    profile::{ProfileInput, ProfilePatch},
    wire::answers,
};

/// What a profile strategy came to.
pub type ProfileOutcome = Outcome<ProfilePatch>;
/// What an alert strategy came to.
pub type AlertOutcome = Outcome<AlertDecision>;
/// A call of a profile strategy that ended in an outcome.
pub type Filled = Answered<ProfilePatch>;
/// A call of an alert strategy that ended in an outcome.
pub type Evaluated = Answered<AlertDecision>;

/// A component with its imports bound; instantiated anew for every call.
pub(crate) enum Prepared {
    Profile(ProfileStrategyPre<Cell>),
    Alert(AlertStrategyPre<Cell>),
}

/// A compiled strategy. Calls may run at the same time; none sees another.
pub struct Strategy {
    house: Arc<House>,
    prepared: Arc<Prepared>,
    digest: PluginDigest,
    wit_version: String,
    descriptor: Arc<Descriptor>,
    /// Whether the call before burnt little, which is the best guess of what the next one burns.
    is_short: AtomicBool,
}

/// Seen by nobody: each call is made, or too large to be.
const NOT_MADE: &str = "the call was not made";

impl Strategy {
    pub(crate) fn new(
        house: Arc<House>,
        prepared: Arc<Prepared>,
        digest: PluginDigest,
        wit_version: String,
        descriptor: Descriptor,
    ) -> Self {
        Self {
            house,
            prepared,
            digest,
            wit_version,
            descriptor: Arc::new(descriptor),
            is_short: AtomicBool::new(false),
        }
    }

    /// The artifact's identity.
    pub fn digest(&self) -> &PluginDigest {
        &self.digest
    }

    /// The version of the contract it was built for.
    pub fn wit_version(&self) -> &str {
        &self.wit_version
    }

    /// What it says of itself.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The contract it fulfils.
    pub fn world(&self) -> World {
        match *self.prepared {
            Prepared::Profile(_) => World::Profile,
            Prepared::Alert(_) => World::Alert,
        }
    }

    /// The limits its calls are held to.
    pub fn limits(&self) -> &Limits {
        &self.house.limits
    }

    /// Fills one profile, asking nobody. Waits for a free place in the pool; ends within the deadline after it.
    pub async fn fill(&self, call: CallContext, input: ProfileInput) -> Result<Filled, Fault> {
        self.watch_fill(call, input, Vec::new()).await.into_answer()
    }

    /// Looks at one channel, asking nobody. Waits for a free place in the pool; ends within the deadline after it.
    pub async fn evaluate(&self, call: CallContext, input: AlertInput) -> Result<Evaluated, Fault> {
        self.watch_evaluate(call, input, Vec::new()).await.into_answer()
    }

    /// One call of `fill` that was given these answers, with its figures however it ends.
    pub async fn watch_fill(
        &self,
        call: CallContext,
        input: ProfileInput,
        journal: Vec<Exchange>,
    ) -> Watched<ProfilePatch> {
        let size = check_size(input.messages.len(), self.limits().input_messages, "messages");
        let watched = self.watched(&call, &input, &journal, size);
        self.watch(watched, self.asked(call, input, journal, fill)).await
    }

    /// One call of `evaluate` that was given these answers, with its figures however it ends.
    pub async fn watch_evaluate(
        &self,
        call: CallContext,
        input: AlertInput,
        journal: Vec<Exchange>,
    ) -> Watched<AlertDecision> {
        let limits = self.limits();
        let size = check_size(input.samples.len(), limits.input_samples, "samples")
            .and_then(|()| check_size(input.memory.len(), limits.alert_memory_bytes, "bytes of memory"));
        let watched = self.watched(&call, &input, &journal, size);
        self.watch(watched, self.asked(call, input, journal, evaluate)).await
    }

    /// A call that has not been made yet: its fingerprints, and a fault where it is too large to be made.
    fn watched<I: Serialize, D>(
        &self,
        call: &CallContext,
        input: &I,
        journal: &[Exchange],
        size: Result<(), Fault>,
    ) -> Watched<D> {
        // Written once, for its size and for its fingerprint.
        let (call, input, journal) = (json(call), json(input), json(&journal));
        let limits = self.limits();
        let size = size
            .and_then(|()| check_size(input.len(), limits.input_bytes, "bytes"))
            .and_then(|()| check_size(journal.len(), limits.journal_bytes, "bytes of journal"));
        Watched {
            input_hash: fingerprint_of_pair(&call, &input),
            journal_hash: fingerprint(&journal),
            output_hash: String::new(),
            figures: Figures { input_bytes: input.len(), journal_bytes: journal.len(), ..Figures::default() },
            outcome: Err(size.err().unwrap_or_else(|| Fault::host_failed(NOT_MADE))),
        }
    }

    fn asked<I, W: From<I>, D>(
        &self,
        call: CallContext,
        input: I,
        journal: Vec<Exchange>,
        run: Run<W, D>,
    ) -> Box<Asked<W, D>> {
        Box::new(Asked {
            house: Arc::clone(&self.house),
            prepared: Arc::clone(&self.prepared),
            descriptor: Arc::clone(&self.descriptor),
            call: call.into(),
            input: input.into(),
            answers: answers(&journal),
            journal,
            run,
        })
    }

    async fn watch<W, D>(&self, mut watched: Watched<D>, asked: Box<Asked<W, D>>) -> Watched<D>
    where
        W: Send + Sync + 'static,
        D: Serialize + Send + 'static,
    {
        if !matches!(watched.outcome, Err(Fault::InputTooLarge { .. })) {
            match self.run(asked).await {
                Ok((outcome, spent)) => {
                    watched.outcome = outcome;
                    spent.note(&mut watched.figures);
                }
                Err(fault) => watched.outcome = Err(fault),
            }
        }
        if let Ok(outcome) = &watched.outcome {
            let outcome = json(outcome);
            watched.output_hash = fingerprint(&outcome);
            watched.figures.output_bytes = outcome.len();
        }
        self.count(&watched);
        watched
    }

    /// Runs a call where it was asked for if calls of this strategy are short, else on a thread that may block. A short try
    /// that does not get through changed nothing: the call is made anew, with all that it may take.
    async fn run<W, D>(&self, asked: Box<Asked<W, D>>) -> Ran<D>
    where
        W: Send + Sync + 'static,
        D: Send + 'static,
    {
        if self.is_short.load(Ordering::Relaxed) {
            let place = self.house.place().await?;
            let ran = asked.run(Budget::short(&self.house.limits));
            drop(place);
            match ran {
                Ok((Err(Fault::OutOfFuel | Fault::Deadline), _)) => self.is_short.store(false, Ordering::Relaxed),
                ran => return ran,
            }
        }
        let ran = self.house.in_pool(move || asked.run(Budget::whole(&asked.house.limits))).await;
        if let Ok((_, spent)) = &ran {
            self.is_short.store(spent.is_short(), Ordering::Relaxed);
        }
        ran
    }

    fn count<D>(&self, watched: &Watched<D>) {
        let outcome = match &watched.outcome {
            Ok(outcome) => outcome.kind(),
            Err(fault) => fault.kind(),
        };
        let plugin = self.descriptor.name.clone();
        metrics::counter!("plugin_calls_total", "plugin" => plugin.clone(), "outcome" => outcome).increment(1);
        if watched.outcome.is_ok() {
            // Fuel is bounded far below what a float holds exactly.
            #[allow(clippy::cast_precision_loss)]
            metrics::histogram!("plugin_fuel", "plugin" => plugin).record(watched.figures.fuel_used as f64);
        }
    }
}

fn fill(
    asked: &Asked<profile_wit::ProfileInput, ProfilePatch>,
    store: &mut Store<Cell>,
) -> Result<ProfileOutcome, Fault> {
    let Prepared::Profile(strategy) = &*asked.prepared else { return Err(Fault::WrongWorld(World::Alert)) };
    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let instance = strategy.instantiate(&mut *store).map_err(engine_error)?;
    let answer = instance
        .chronogram_strategy_profile()
        .call_fill(&mut *store, &asked.call, &asked.input, &asked.answers)
        .map_err(engine_error)?;
    let answer = answer.map(|outcome| match outcome {
        profile_wit::ProfileOutcome::Done(patch) => RawOutcome::Done(patch),
        profile_wit::ProfileOutcome::Suspend(requests) => RawOutcome::Suspend(requests),
        profile_wit::ProfileOutcome::Other(_) => RawOutcome::Other,
    });
    let message_ids = asked.input.messages.iter().map(|message| message.id.as_str()).collect();
    asked.read(answer, ProfileReader { message_ids, fields_max: asked.house.limits.profile_fields })
}

fn evaluate(
    asked: &Asked<alert_wit::AlertInput, AlertDecision>,
    store: &mut Store<Cell>,
) -> Result<AlertOutcome, Fault> {
    let Prepared::Alert(strategy) = &*asked.prepared else { return Err(Fault::WrongWorld(World::Profile)) };
    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let instance = strategy.instantiate(&mut *store).map_err(engine_error)?;
    let answer = instance
        .chronogram_strategy_alert()
        .call_evaluate(&mut *store, &asked.call, &asked.input, &asked.answers)
        .map_err(engine_error)?;
    let answer = answer.map(|outcome| match outcome {
        alert_wit::AlertOutcome::Done(decision) => RawOutcome::Done(decision),
        alert_wit::AlertOutcome::Suspend(requests) => RawOutcome::Suspend(requests),
        alert_wit::AlertOutcome::Other(_) => RawOutcome::Other,
    });
    asked.read(answer, AlertReader { limits: &asked.house.limits })
}

fn check_size(size: usize, limit: usize, unit: &'static str) -> Result<(), Fault> {
    if size > limit { Err(Fault::InputTooLarge { size, limit, unit }) } else { Ok(()) }
}
