//! The engine: deterministic by configuration, and with a clock that ticks.

use std::{
    hash::{Hash as _, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::limits::Limits;

/// What a place in the pool keeps of the memory that its last call touched. Pages are written over for the next call, up to
/// here, rather than given back to the system and faulted in anew: that interrupts every core, and took as long as a call.
const KEPT_BYTES: usize = 2 << 20;
/// The same of tables.
const KEPT_TABLE_BYTES: usize = 64 << 10;

/// An engine in which the same component with the same arguments does the same, to the unit of
/// fuel. Open to who measures what the host adds to it.
pub fn build(limits: &Limits) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.pool_size)
        .total_core_instances(limits.pool_size.saturating_mul(limits.core_instances))
        .total_memories(limits.pool_size.saturating_mul(limits.memories))
        .total_tables(limits.pool_size.saturating_mul(limits.tables))
        .max_core_instances_per_component(limits.core_instances)
        .max_memories_per_component(limits.memories)
        .max_tables_per_component(limits.tables)
        // One module may hold what one call may: the pool's own answer would be one of each.
        .max_memories_per_module(limits.memories)
        .max_tables_per_module(limits.tables)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        // Only pages that were touched are written over, where the system can tell them.
        .pagemap_scan(Enabled::Auto);
    Engine::new(settings(limits).allocation_strategy(InstanceAllocationStrategy::Pooling(pool)))
}

/// An engine that compiles for [`build`]'s and runs nothing: it reserves no address space.
pub(crate) fn build_compiler(limits: &Limits) -> wasmtime::Result<Engine> {
    Engine::new(&settings(limits))
}

/// What machine code depends on; the same in the process that compiles and in the one that runs.
fn settings(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        // Payloads of NaN differ between machines.
        .cranelift_nan_canonicalization(true)
        // Its results are the machine's choice.
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .shared_memory(false)
        // Otherwise an environment variable decides, and with it the compatibility of compiled code.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // No larger than the pool's slots.
        .memory_reservation(limits.memory_bytes as u64);
    config
}

/// What compiled code must agree with to be loaded by this engine, in hex.
pub(crate) fn compatibility(engine: &Engine) -> String {
    let mut hasher = Fingerprint(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().to_hex().to_string()
}

/// The standard library's own hasher may change with its version; this one is the same for ever.
struct Fingerprint(blake3::Hasher);

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0.finalize().as_bytes().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// Moves the engine's epoch on, one step a tick, until dropped.
///
/// A call that is still running when its epoch has passed is stopped: the safety net below fuel.
pub(crate) struct Ticker {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread; the operating system may refuse one.
    pub(crate) fn start(engine: &Engine, tick: Duration) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (engine, stop) = (engine.weak(), Arc::clone(&stopping));
        let thread = thread::Builder::new().name("plugin-ticker".into()).spawn(move || {
            while !stop.load(Ordering::Acquire) {
                thread::park_timeout(tick);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        })?;
        Ok(Self { stopping, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It cannot panic, and there is nobody to tell if it did.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_one_engine_compiles_the_other_loads_and_other_settings_are_told_apart() {
        let limits = Limits::default();
        let (runs, compiles) = (build(&limits).unwrap(), build_compiler(&limits).unwrap());
        assert_eq!(compatibility(&runs), compatibility(&compiles));
        let smaller = Limits { memory_bytes: 16 << 20, ..limits };
        assert_ne!(compatibility(&runs), compatibility(&build_compiler(&smaller).unwrap()));
    }

    #[test]
    fn the_ticker_ends_with_its_owner() {
        let engine = build(&Limits::default()).unwrap();
        let ticker = Ticker::start(&engine, Duration::from_hours(1)).unwrap();
        let stopping = Arc::clone(&ticker.stopping);
        drop(ticker);
        // The thread held the other clone; joined, it is gone.
        assert_eq!(Arc::strong_count(&stopping), 1);
    }
}
