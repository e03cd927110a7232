//! A loaded strategy, and one call of it: a fresh instance, an answer that was checked, the
//! fingerprints by which the call can be repeated and compared.

use std::sync::Arc;

use serde::Serialize;
use wasmtime::Store;

use crate::{
    cell::{Cell, fresh_store},
    contract::{alert::AlertStrategyPre, profile::ProfileStrategyPre},
    descriptor::{Descriptor, World},
    digest::{PluginDigest, fingerprint},
    fault::Fault,
    host::House,
    logbook::LogLine,
    output::Reader,
    profile::{CallContext, ProfileInput, ProfileOutcome, json_bytes},
};

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
    descriptor: Descriptor,
}

/// A call that ended in an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// What the strategy came to.
    pub outcome: ProfileOutcome,
    /// Fuel burnt, instantiation included: the same for the same input, always.
    pub fuel_used: u64,
    /// BLAKE3 of context and input.
    pub input_hash: String,
    /// BLAKE3 of the recorded answers the strategy was given.
    pub journal_hash: String,
    /// BLAKE3 of the outcome.
    pub output_hash: String,
    /// What it logged; may hold people's words.
    pub logs: Vec<LogLine>,
    /// Log lines beyond the limits.
    pub dropped_log_lines: u64,
    /// Sum of its memories at the end, which is the most it was.
    pub peak_memory_bytes: usize,
}

impl Strategy {
    pub(crate) fn new(
        house: Arc<House>,
        prepared: Arc<Prepared>,
        digest: PluginDigest,
        descriptor: Descriptor,
    ) -> Self {
        Self { house, prepared, digest, descriptor }
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

    /// Fills one profile. Waits for a free place in the pool; ends within the deadline after it.
    pub async fn fill(&self, call: CallContext, input: ProfileInput) -> Result<Filled, Fault> {
        let (house, prepared) = (Arc::clone(&self.house), Arc::clone(&self.prepared));
        let wants = self.descriptor.wants.clone();
        let result = self.house.in_pool(move || fill(&house, &prepared, &wants, call, input)).await;
        self.count(&result);
        result
    }

    fn count(&self, result: &Result<Filled, Fault>) {
        let outcome = match result {
            Ok(filled) => filled.outcome.kind(),
            Err(fault) => fault.kind(),
        };
        let plugin = self.descriptor.name.clone();
        metrics::counter!("plugin_calls_total", "plugin" => plugin.clone(), "outcome" => outcome).increment(1);
        if let Ok(filled) = result {
            // Fuel is bounded far below what a float holds exactly.
            #[allow(clippy::cast_precision_loss)]
            metrics::histogram!("plugin_fuel", "plugin" => plugin).record(filled.fuel_used as f64);
        }
    }
}

fn fill(
    house: &House,
    prepared: &Prepared,
    wants: &[String],
    call: CallContext,
    input: ProfileInput,
) -> Result<Filled, Fault> {
    let strategy = match prepared {
        Prepared::Profile(strategy) => strategy,
        Prepared::Alert(_) => return Err(Fault::WrongWorld(World::Alert)),
    };
    let limits = &house.limits;
    check_size(input.messages.len(), limits.input_messages, "messages")?;
    check_size(json_bytes(&input), limits.input_bytes, "bytes")?;
    let input_hash = hash(&(&call, &input))?;
    let ids: Vec<String> = input.messages.iter().map(|message| message.id.clone()).collect();

    let engine_error = |error: wasmtime::Error| Fault::from_engine(&error);
    let mut store = fresh_store(&house.engine, limits).map_err(engine_error)?;
    let instance = strategy.instantiate(&mut store).map_err(engine_error)?;
    // Nothing has been asked for yet, so nothing has been answered.
    let journal = Vec::new();
    let answer = instance
        .chronogram_strategy_profile()
        .call_fill(&mut store, &call.into(), &input.into(), &journal)
        .map_err(engine_error)?;

    let reader = Reader { message_ids: ids.iter().map(String::as_str).collect(), wants, limits };
    let outcome = reader.read(answer)?;
    let output_hash = hash(&outcome)?;
    let fuel_used = fuel_used(&store, limits.fuel)?;
    let Cell { ledger, logbook } = store.into_data();
    let peak_memory_bytes = ledger.memory_bytes();
    let (logs, dropped_log_lines) = logbook.close();
    Ok(Filled {
        outcome,
        fuel_used,
        input_hash,
        journal_hash: hash::<[(); 0]>(&[])?,
        output_hash,
        logs,
        dropped_log_lines,
        peak_memory_bytes,
    })
}

fn fuel_used(store: &Store<Cell>, given: u64) -> Result<u64, Fault> {
    let left = store.get_fuel().map_err(Fault::host_failed)?;
    Ok(given.saturating_sub(left))
}

fn check_size(size: usize, limit: usize, unit: &'static str) -> Result<(), Fault> {
    if size > limit { Err(Fault::InputTooLarge { size, limit, unit }) } else { Ok(()) }
}

fn hash<T: Serialize>(value: &T) -> Result<String, Fault> {
    fingerprint(value).map_err(Fault::host_failed)
}
