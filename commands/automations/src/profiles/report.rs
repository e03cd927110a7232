//! What a run did.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use super::Durations;

/// Why a run is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everybody was looked at.
    #[default]
    Done,
    /// So many people were asked for, and there are more.
    Limit,
    /// Money for models is spent; the same run goes on when there is more.
    BudgetExhausted,
    /// Somebody wanted it to stop.
    Cancelled,
}

impl Ending {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Limit => "limit",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The sum of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FillReport {
    /// The run; nil for a dry one.
    pub run: Uuid,
    /// It went on with what was begun before.
    pub resumed: bool,
    /// Why it is over.
    pub outcome: Ending,
    /// The account that is spent, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spent: Option<String>,
    /// The strategy asked for.
    pub strategy: String,
    /// Digest of the plugin of this name when the run began.
    pub plugin_digest: String,
    /// People asked about.
    pub people: u64,
    /// People whose profile was filled.
    pub enriched: u64,
    /// Fields that were set.
    pub fields_set: u64,
    /// People who had a profile by then (another run was faster); nothing changed.
    pub already_filled: u64,
    /// People left to another run that is at them.
    pub claimed_elsewhere: u64,
    /// What each plugin decided, by its name.
    pub decided_by: BTreeMap<String, Decided>,
    /// Why people were filled by another plugin than that of the strategy asked for.
    pub fallbacks: BTreeMap<String, u64>,
    /// Failed calls by kind; these people keep what they had.
    pub failed: BTreeMap<String, u64>,
    /// Fuel of all calls that decided.
    pub fuel: u64,
    /// Tokens that model calls took.
    pub tokens: u64,
    /// What model calls cost, in the currency of the prices.
    pub cost: Decimal,
    /// How long the run took.
    pub duration_ms: u64,
    /// True when nothing was recorded.
    pub dry_run: bool,
    /// Of a dry run: what asking models would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_ask: Option<WouldAsk>,
    /// Position of the last event appended, if any was.
    pub last_position: Option<u64>,
}

/// What one plugin decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// People.
    pub people: u64,
    /// Fields it set.
    pub fields_set: u64,
    /// Its fuel.
    pub fuel: u64,
    /// Tokens paid for on the way to its decision.
    pub tokens: u64,
    /// Their cost.
    pub cost: Decimal,
    /// How long people waited for their profile.
    pub durations: Durations,
}

/// What a dry run would ask models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WouldAsk {
    /// People about whom models would be asked; the strategy decides behind their answers.
    pub people: u64,
    /// The most that their first questions cost, with all attempts.
    pub cost_most: Decimal,
    /// Questions that nobody may ask, or whose price nobody knows: they are not in it.
    pub unpriced: u64,
}

impl FillReport {
    /// How many calls failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.people += 1;
        match outcome {
            Outcome::Filled(filled) => self.add_filled(filled),
            Outcome::AlreadyFilled => self.already_filled += 1,
            Outcome::Failed { kind, tokens, cost } => {
                *self.failed.entry(kind.to_owned()).or_default() += 1;
                self.tokens += tokens;
                self.cost += cost;
            }
            Outcome::WouldAsk { cost_most, unpriced } => {
                let would_ask = self.would_ask.get_or_insert_default();
                would_ask.people += 1;
                would_ask.cost_most += cost_most;
                would_ask.unpriced += unpriced;
            }
        }
    }

    fn add_filled(&mut self, filled: FilledOne) {
        self.enriched += 1;
        self.fields_set += filled.fields;
        self.fuel += filled.fuel;
        self.tokens += filled.tokens;
        self.cost += filled.cost;
        self.last_position = self.last_position.max(filled.position);
        if let Some(reason) = filled.fallback {
            *self.fallbacks.entry(reason).or_default() += 1;
        }
        let decided = self.decided_by.entry(filled.plugin).or_default();
        decided.people += 1;
        decided.fields_set += filled.fields;
        decided.fuel += filled.fuel;
        decided.tokens += filled.tokens;
        decided.cost += filled.cost;
        decided.durations.add(filled.duration_us);
    }
}

/// What became of one person.
pub(super) enum Outcome {
    Filled(FilledOne),
    AlreadyFilled,
    Failed { kind: &'static str, tokens: u64, cost: Decimal },
    WouldAsk { cost_most: Decimal, unpriced: u64 },
}

pub(super) struct FilledOne {
    pub(super) plugin: String,
    pub(super) fallback: Option<String>,
    pub(super) fields: u64,
    pub(super) fuel: u64,
    pub(super) tokens: u64,
    pub(super) cost: Decimal,
    pub(super) duration_us: u64,
    pub(super) position: Option<u64>,
}

/// Is told how a run goes.
pub trait FillObserver: Send + Sync {
    /// After each person: how many of how many, and what it cost so far.
    fn progress(&self, done: u64, total: u64, cost: Decimal);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl FillObserver for Unobserved {
    fn progress(&self, _: u64, _: u64, _: Decimal) {}
}
