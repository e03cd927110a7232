//! What surrounds one call: its store, its memory ledger and its log; all gone with the call.

use wasmtime::{Engine, ResourceLimiter, Store};

use crate::{
    contract::profile::chronogram::strategy::{effects, log, types},
    limits::Limits,
    logbook::{LogLevel, Logbook},
};

/// The state behind a store.
pub(crate) struct Cell {
    pub(crate) ledger: Ledger,
    pub(crate) logbook: Logbook,
}

/// A store for one call, with fuel, deadline and every limit already set: a component's start
/// code runs while it is instantiated and counts too.
pub(crate) fn fresh_store(engine: &Engine, limits: &Limits, fuel: u64, ticks: u64) -> wasmtime::Result<Store<Cell>> {
    let cell = Cell { ledger: Ledger::new(limits), logbook: Logbook::new(limits.log_lines, limits.log_bytes) };
    let mut store = Store::new(engine, cell);
    store.limiter(|cell| &mut cell.ledger);
    store.set_fuel(fuel)?;
    store.set_epoch_deadline(ticks);
    store.set_hostcall_fuel(limits.border_bytes);
    Ok(store)
}

/// A limit that the guest ran into; travels through the engine as the error of the growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overgrown {
    #[error("the sum of its memories")]
    Memory,
    #[error("the sum of its tables")]
    Table,
}

/// Sums all memories and all tables of a call. The engine's own limiter looks at each alone, so
/// three memories would pass with three times the limit.
pub(crate) struct Ledger {
    memory_bytes: usize,
    memory_bytes_max: usize,
    table_elements: usize,
    table_elements_max: usize,
    memories_max: usize,
    tables_max: usize,
    instances_max: usize,
}

impl Ledger {
    fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: limits.memory_bytes,
            table_elements: 0,
            table_elements_max: limits.table_elements,
            memories_max: limits.memories as usize,
            tables_max: limits.tables as usize,
            instances_max: limits.core_instances as usize,
        }
    }

    /// Memory never shrinks in WASM: what is there at the end was the most.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

/// The new sum, or nothing when it passes `max`.
fn grown(sum: usize, current: usize, desired: usize, max: usize) -> Option<usize> {
    let sum = sum.checked_add(desired.saturating_sub(current))?;
    (sum <= max).then_some(sum)
}

impl ResourceLimiter for Ledger {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let sum = grown(self.memory_bytes, current, desired, self.memory_bytes_max)
            .ok_or_else(|| wasmtime::Error::new(Overgrown::Memory))?;
        // Past the memory's own maximum the growth fails by itself, and the guest is told.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory_bytes = sum;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let sum = grown(self.table_elements, current, desired, self.table_elements_max)
            .ok_or_else(|| wasmtime::Error::new(Overgrown::Table))?;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table_elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.tables_max
    }

    fn memories(&self) -> usize {
        self.memories_max
    }
}

impl types::Host for Cell {}
impl effects::Host for Cell {}

impl log::Host for Cell {
    fn write(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Trace => LogLevel::Trace,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        self.logbook.write(level, &message);
    }
}
