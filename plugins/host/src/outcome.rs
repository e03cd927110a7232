//! What a strategy came to, whichever contract it fulfils, and the figures of the call.

use serde::{Deserialize, Serialize};

use crate::{effects::EffectRequest, fault::Fault, logbook::LogLine};

/// Why a strategy could not decide; its own words, which may hold people's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategyError {
    /// The activated configuration does not make sense.
    InvalidConfig(String),
    /// The input is outside what it handles.
    Unsupported(String),
    /// A recorded effect failed and there is no way around.
    EffectFailed(String),
    /// Anything else.
    Other(String),
}

/// What a strategy came to. A refusal is an outcome, no fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<D> {
    /// It decided.
    Done(D),
    /// It needs answers first: to these, which come after all that the journal holds.
    Suspended(Vec<EffectRequest>),
    /// It could not decide.
    Refused(StrategyError),
}

impl<D> Outcome<D> {
    /// A short stable name for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Suspended(_) => "suspended",
            Self::Refused(_) => "refused",
        }
    }
}

/// What one call took, whether it ended in an outcome or in a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Fuel burnt, instantiation included: the same for the same input, always.
    pub fuel_used: u64,
    /// Sum of its memories at the end, which is the most it was.
    pub peak_memory_bytes: usize,
    /// Context and input, as JSON.
    pub input_bytes: usize,
    /// Recorded answers, as JSON.
    pub journal_bytes: usize,
    /// The outcome, as JSON; 0 for a fault.
    pub output_bytes: usize,
    /// What it logged; may hold people's words.
    pub logs: Vec<LogLine>,
    /// Log lines beyond the limits.
    pub dropped_log_lines: u64,
}

/// One call, however it ended: what an author wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched<D> {
    /// The outcome, or the fault.
    pub outcome: Result<Outcome<D>, Fault>,
    /// BLAKE3 of context and input.
    pub input_hash: String,
    /// BLAKE3 of the recorded answers the strategy was given.
    pub journal_hash: String,
    /// BLAKE3 of the outcome; empty for a fault.
    pub output_hash: String,
    /// What it took.
    pub figures: Figures,
}

/// A call that ended in an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<D> {
    /// What the strategy came to.
    pub outcome: Outcome<D>,
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

impl<D> Watched<D> {
    /// The answer, or the fault alone.
    pub fn into_answer(self) -> Result<Answered<D>, Fault> {
        let Figures { fuel_used, logs, dropped_log_lines, peak_memory_bytes, .. } = self.figures;
        Ok(Answered {
            outcome: self.outcome?,
            fuel_used,
            input_hash: self.input_hash,
            journal_hash: self.journal_hash,
            output_hash: self.output_hash,
            logs,
            dropped_log_lines,
            peak_memory_bytes,
        })
    }
}
