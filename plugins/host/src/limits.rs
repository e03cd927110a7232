//! What one strategy may use; every number of the sandbox stands here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds of one host and of each call in it. [`Limits::default`] is what production runs with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest component taken. 24 MiB: a Python strategy with its interpreter has 18 MB.
    pub artifact_bytes: usize,
    /// Sum of all linear memories of a call. 32 MiB: Python needs 12.6 MB, the rest is the work.
    pub memory_bytes: usize,
    /// Linear memories of a call. JavaScript on `QuickJS` brings three.
    pub memories: u32,
    /// Tables of a call.
    pub tables: u32,
    /// Sum of all table elements of a call. JavaScript on `StarlingMonkey` has 7.7 thousand.
    pub table_elements: usize,
    /// Core instances of a call. Python links 38 modules.
    pub core_instances: u32,
    /// Fuel of a call, instantiation included. 50 M burn in about 25 ms on one core.
    pub fuel: u64,
    /// Wall clock of a call: ten times the fuel's, for a machine that is busy elsewhere.
    pub deadline: Duration,
    /// How often the clock is looked at; a deadline is exact to one tick.
    pub tick: Duration,
    /// Bytes copied out of the guest by one call across its border. Twice the output and more.
    pub border_bytes: usize,
    /// Serialized input of a call. Two hundred messages of a kilobyte, and air.
    pub input_bytes: usize,
    /// Messages of an input: more say little new about a person.
    pub input_messages: usize,
    /// Samples of an input: more than a year of days.
    pub input_samples: usize,
    /// Requests and recorded answers of a call, serialized: sixteen, at their longest.
    pub journal_bytes: usize,
    /// All words of a decision together.
    pub output_bytes: usize,
    /// Fields that one answer sets or unsets.
    pub profile_fields: usize,
    /// Alerts that one answer raises.
    pub alerts: usize,
    /// What an alert strategy keeps of a channel from call to call.
    pub alert_memory_bytes: usize,
    /// Log lines kept of a call.
    pub log_lines: usize,
    /// Log bytes kept of a call.
    pub log_bytes: usize,
    /// Calls at the same time; the next ones wait. Each reserves its memories' address space.
    pub pool_size: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 24 << 20,
            memory_bytes: 32 << 20,
            memories: 4,
            tables: 16,
            table_elements: 20_000,
            core_instances: 128,
            fuel: 50_000_000,
            deadline: Duration::from_millis(250),
            tick: Duration::from_millis(5),
            border_bytes: 1 << 20,
            input_bytes: 256 << 10,
            input_messages: 200,
            input_samples: 400,
            journal_bytes: 2 << 20,
            output_bytes: 64 << 10,
            profile_fields: 64,
            alerts: 16,
            alert_memory_bytes: 16 << 10,
            log_lines: 64,
            log_bytes: 8 << 10,
            pool_size: 8,
        }
    }
}

impl Limits {
    /// Ticks until so much time has passed. One more than fit, as the first may come at once.
    pub(crate) fn ticks_of(&self, time: Duration) -> u64 {
        let ticks = time.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX - 1) + 1
    }
}
