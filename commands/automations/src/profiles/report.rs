//! What a run did.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

/// The sum of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FillReport {
    /// The strategy asked for.
    pub strategy: String,
    /// Digest of the plugin that decided.
    pub plugin_digest: String,
    /// People looked at.
    pub people: u64,
    /// People whose profile was filled.
    pub enriched: u64,
    /// Fields that were set.
    pub fields_set: u64,
    /// People who had a profile by then (another run was faster); nothing changed.
    pub already_filled: u64,
    /// Failed calls by kind; these people keep what they had.
    pub failed: BTreeMap<String, u64>,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Tokens that model calls took.
    pub tokens: u64,
    /// What model calls cost, in US dollars.
    pub cost: Decimal,
    /// True when nothing was recorded.
    pub dry_run: bool,
    /// Position of the last event appended, if any was.
    pub last_position: Option<u64>,
}

impl FillReport {
    /// How many calls failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.people += 1;
        match outcome {
            Outcome::Enriched { fields, fuel, position } => {
                self.enriched += 1;
                self.fields_set += fields;
                self.fuel += fuel;
                self.last_position = self.last_position.max(position);
            }
            Outcome::AlreadyFilled => self.already_filled += 1,
            Outcome::Failed(kind) => *self.failed.entry(kind).or_default() += 1,
        }
    }
}

/// What became of one person.
pub(crate) enum Outcome {
    Enriched { fields: u64, fuel: u64, position: Option<u64> },
    AlreadyFilled,
    Failed(String),
}

/// Is told how a run goes.
pub trait FillObserver: Send + Sync {
    /// After each person.
    fn progress(&self, done: u64, total: u64);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl FillObserver for Unobserved {
    fn progress(&self, _: u64, _: u64) {}
}
