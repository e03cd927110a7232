//! A loaded strategy, and one call of it: a fresh instance, an answer that was checked, the
//! fingerprints by which the call can be repeated and compared.

use std::sync::Arc;

use serde::Serialize;
use wasmtime::Store;

use crate::{
    alert::{AlertDecision, AlertInput},
    cell::{Cell, fresh_store},
    context::{CallContext, json_bytes},
    contract::{
        alert::{AlertStrategyPre, exports::chronogram::strategy::alert as alert_wit},
        profile::{ProfileStrategyPre, exports::chronogram::strategy::profile as profile_wit},
    },
    descriptor::{Descriptor, World},
    digest::{PluginDigest, fingerprint},
    effects::Exchange,
    fault::Fault,
    host::House,
    limits::Limits,
    outcome::{Answered, Figures, Outcome, Watched},
    output::{AlertReader, ProfileReader, RawOutcome, Reader},
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
    descriptor: Arc<Descriptor>,
}

/// How a contract's function is called in an instance.
type Run<I, D> = fn(&Desk<'_>, &mut Store<Cell>, CallContext, I) -> Result<Outcome<D>, Fault>;

impl Strategy {
    pub(crate) fn new(
        house: Arc<House>,
        prepared: Arc<Prepared>,
        digest: PluginDigest,
        descriptor: Descriptor,
    ) -> Self {
        Self { house, prepared, digest, descriptor: Arc::new(descriptor) }
    }

    /// The artifact's identity.
    pub fn digest(&self) -> &PluginDigest {
        &self.digest
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
        self.watch(call, input, journal, size, fill).await
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
        self.watch(call, input, journal, size, evaluate).await
    }

    async fn watch<I, D>(
        &self,
        call: CallContext,
        input: I,
        journal: Vec<Exchange>,
        size: Result<(), Fault>,
        run: Run<I, D>,
    ) -> Watched<D>
    where
        I: Serialize + Send + 'static,
        D: Serialize + Send + 'static,
    {
        let mut watched = Watched {
            input_hash: fingerprint(&(&call, &input)),
            journal_hash: fingerprint(&journal),
            output_hash: String::new(),
            figures: Figures {
                input_bytes: json_bytes(&input),
                journal_bytes: json_bytes(&journal),
                ..Figures::default()
            },
            outcome: Err(Fault::host_failed("the call was not made")),
        };
        let limits = self.limits();
        let size = size
            .and_then(|()| check_size(watched.figures.input_bytes, limits.input_bytes, "bytes"))
            .and_then(|()| check_size(watched.figures.journal_bytes, limits.journal_bytes, "bytes of journal"));
        if let Err(fault) = size {
            watched.outcome = Err(fault);
        } else {
            let (house, prepared) = (Arc::clone(&self.house), Arc::clone(&self.prepared));
            let descriptor = Arc::clone(&self.descriptor);
            let ran = self.house.in_pool(move || {
                let desk =
                    Desk { prepared: &prepared, wants: &descriptor.wants, journal: &journal, limits: &house.limits };
                let mut store =
                    fresh_store(&house.engine, &house.limits).map_err(|error| Fault::from_engine(&error))?;
                let outcome = run(&desk, &mut store, call, input);
                Ok((outcome, Spent::of(store, house.limits.fuel)))
            });
            match ran.await {
                Ok((outcome, spent)) => {
                    watched.outcome = outcome;
                    spent.note(&mut watched.figures);
                }
                Err(fault) => watched.outcome = Err(fault),
            }
        }
        if let Ok(outcome) = &watched.outcome {
            watched.output_hash = fingerprint(outcome);
            watched.figures.output_bytes = json_bytes(outcome);
        }
        self.count(&watched);
        watched
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

/// What lies before a call beside its own input.
struct Desk<'a> {
    prepared: &'a Prepared,
    wants: &'a [String],
    journal: &'a [Exchange],
    limits: &'a Limits,
}

fn fill(
    desk: &Desk<'_>,
    store: &mut Store<Cell>,
    call: CallContext,
    input: ProfileInput,
) -> Result<ProfileOutcome, Fault> {
    let Prepared::Profile(strategy) = desk.prepared else { return Err(Fault::WrongWorld(World::Alert)) };
    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let ids: Vec<String> = input.messages.iter().map(|message| message.id.clone()).collect();
    let instance = strategy.instantiate(&mut *store).map_err(engine_error)?;
    let answer = instance
        .chronogram_strategy_profile()
        .call_fill(&mut *store, &call.into(), &input.into(), &answers(desk.journal))
        .map_err(engine_error)?;
    let answer = answer.map(|outcome| match outcome {
        profile_wit::ProfileOutcome::Done(patch) => RawOutcome::Done(patch),
        profile_wit::ProfileOutcome::Suspend(requests) => RawOutcome::Suspend(requests),
    });
    let decisions =
        ProfileReader { message_ids: ids.iter().map(String::as_str).collect(), fields_max: desk.limits.profile_fields };
    Reader { decisions, journal: desk.journal, wants: desk.wants, limits: desk.limits }.read(answer)
}

fn evaluate(
    desk: &Desk<'_>,
    store: &mut Store<Cell>,
    call: CallContext,
    input: AlertInput,
) -> Result<AlertOutcome, Fault> {
    let Prepared::Alert(strategy) = desk.prepared else { return Err(Fault::WrongWorld(World::Profile)) };
    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let instance = strategy.instantiate(&mut *store).map_err(engine_error)?;
    let answer = instance
        .chronogram_strategy_alert()
        .call_evaluate(&mut *store, &call.into(), &input.into(), &answers(desk.journal))
        .map_err(engine_error)?;
    let answer = answer.map(|outcome| match outcome {
        alert_wit::AlertOutcome::Done(decision) => RawOutcome::Done(decision),
        alert_wit::AlertOutcome::Suspend(requests) => RawOutcome::Suspend(requests),
    });
    let decisions = AlertReader { limits: desk.limits };
    Reader { decisions, journal: desk.journal, wants: desk.wants, limits: desk.limits }.read(answer)
}

/// What a store has to tell when its call is over.
struct Spent {
    fuel_used: u64,
    cell: Cell,
}

impl Spent {
    fn of(store: Store<Cell>, given: u64) -> Self {
        // Fuel is on in our engine; a store without it has burnt all there was.
        let left = store.get_fuel().unwrap_or(0);
        Self { fuel_used: given.saturating_sub(left), cell: store.into_data() }
    }

    fn note(self, figures: &mut Figures) {
        let Cell { ledger, logbook } = self.cell;
        figures.fuel_used = self.fuel_used;
        figures.peak_memory_bytes = ledger.memory_bytes();
        (figures.logs, figures.dropped_log_lines) = logbook.close();
    }
}

fn check_size(size: usize, limit: usize, unit: &'static str) -> Result<(), Fault> {
    if size > limit { Err(Fault::InputTooLarge { size, limit, unit }) } else { Ok(()) }
}
