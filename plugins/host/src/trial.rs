//! The trial before activation: small, empty and full inputs and the author's own cases, each twice; the same answer
//! and the same fuel are demanded.

mod samples;

use serde::Serialize;

use crate::{
    config_schema::{BadConfig, ConfigSchema},
    context::CallContext,
    descriptor::{BadDescriptor, World},
    digest::{fingerprint, json, seed_for},
    fault::Fault,
    golden::{BadCase, CaseBroken, GoldenCase},
    outcome::Watched,
    strategy::Strategy,
};

/// A strategy passed its trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialReport {
    /// What became of the small sample: `done`, `suspended` or `refused`; each is an answer.
    pub outcome: &'static str,
    /// Fuel of each of the two calls with the small sample.
    pub fuel_used: u64,
    /// Hash of each of the two answers to the small sample.
    pub output_hash: String,
    /// The most memory that any call took.
    pub peak_memory_bytes: usize,
    /// The most log lines that any call wrote, dropped ones included.
    pub log_lines: u64,
    /// The author's cases that were run.
    pub cases: usize,
}

/// A strategy did not pass its trial.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// It faulted.
    #[error("the strategy faulted in its trial, on {on}")]
    Faulted {
        /// On which input.
        on: String,
        /// How.
        #[source]
        fault: Fault,
    },
    /// The same input brought two answers.
    #[error("the strategy answered the same input in two ways: {first} and {second}")]
    TwoAnswers {
        /// Hash of the first.
        first: String,
        /// Hash of the second.
        second: String,
    },
    /// The same input took two ways.
    #[error("the strategy burnt {first} and {second} units of fuel on the same input")]
    TwoFuels {
        /// Of the first call.
        first: u64,
        /// Of the second call.
        second: u64,
    },
    /// What it says of its configuration cannot be used.
    #[error(transparent)]
    Schema(#[from] BadDescriptor),
    /// The configuration is not of the schema.
    #[error("the configuration does not fit the strategy")]
    Config(#[from] BadConfig),
    /// A case of the author cannot be played.
    #[error("case {name:?} cannot be played: {bad}")]
    BadCase {
        /// The case.
        name: String,
        /// What is wrong with it.
        bad: BadCase,
    },
    /// A case of the author does not hold.
    #[error("case {name:?} does not hold: {broken}")]
    CaseBroken {
        /// The case.
        name: String,
        /// What came.
        broken: CaseBroken,
    },
}

impl Strategy {
    /// The trial without a configuration or cases.
    pub async fn trial(&self) -> Result<TrialReport, TrialError> {
        self.trial_with("{}", &[]).await
    }

    /// Runs the samples with this configuration, then the author's cases; changes nothing.
    pub async fn trial_with(&self, config: &str, cases: &[GoldenCase]) -> Result<TrialReport, TrialError> {
        let schema = ConfigSchema::of(&self.descriptor().config_schema)?;
        let config = &schema.check(config)?;
        let call = |config: &str| CallContext {
            tenant: "trial".into(),
            now_ms: samples::NOON_MS,
            seed: seed_for("trial", self.digest()),
            config: config.to_owned(),
            locale: Some("ru".into()),
        };
        let mut runs = Vec::new();
        match self.world() {
            World::Profile => {
                for (name, input) in samples::people(self.limits()) {
                    let run = || self.watch_fill(call(config), input.clone(), Vec::new());
                    runs.push(compare(name, run().await, run().await)?);
                }
            }
            World::Alert => {
                for (name, input) in samples::channels(self.limits()) {
                    let run = || self.watch_evaluate(call(config), input.clone(), Vec::new());
                    runs.push(compare(name, run().await, run().await)?);
                }
            }
        }
        for case in cases {
            schema.check(&case.config.to_string())?;
            runs.push(self.try_case(case).await?);
        }
        let mut report = TrialReport { cases: cases.len(), ..TrialReport::default() };
        for run in runs.into_iter().rev() {
            report = TrialReport {
                peak_memory_bytes: run.peak_memory_bytes.max(report.peak_memory_bytes),
                log_lines: run.log_lines.max(report.log_lines),
                cases: report.cases,
                ..run
            };
        }
        Ok(report)
    }

    async fn try_case(&self, case: &GoldenCase) -> Result<TrialReport, TrialError> {
        let bad = |bad| TrialError::BadCase { name: case.name.clone(), bad };
        let (played, again) = (self.play(case).await.map_err(bad)?, self.play(case).await.map_err(bad)?);
        played.compare(&again).map_err(|broken| TrialError::CaseBroken { name: case.name.clone(), broken })?;
        let figures = played.figures;
        Ok(TrialReport {
            fuel_used: figures.fuel_used,
            peak_memory_bytes: figures.peak_memory_bytes,
            log_lines: figures.logs.len() as u64 + figures.dropped_log_lines,
            ..TrialReport::default()
        })
    }
}

impl Default for TrialReport {
    fn default() -> Self {
        Self {
            outcome: "done",
            fuel_used: 0,
            output_hash: fingerprint(&json(&())),
            peak_memory_bytes: 0,
            log_lines: 0,
            cases: 0,
        }
    }
}

/// Two runs of one input are one run.
fn compare<D: Serialize>(on: &str, first: Watched<D>, second: Watched<D>) -> Result<TrialReport, TrialError> {
    let faulted = |fault| TrialError::Faulted { on: on.to_owned(), fault };
    let (first, second) = (first.into_answer().map_err(faulted)?, second.into_answer().map_err(faulted)?);
    if first.output_hash != second.output_hash {
        return Err(TrialError::TwoAnswers { first: first.output_hash, second: second.output_hash });
    }
    if first.fuel_used != second.fuel_used {
        return Err(TrialError::TwoFuels { first: first.fuel_used, second: second.fuel_used });
    }
    Ok(TrialReport {
        outcome: first.outcome.kind(),
        fuel_used: first.fuel_used,
        output_hash: first.output_hash,
        peak_memory_bytes: first.peak_memory_bytes,
        log_lines: first.logs.len() as u64 + first.dropped_log_lines,
        cases: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        outcome::{Figures, Outcome},
        profile::ProfilePatch,
    };

    fn ran(output_hash: &str, fuel_used: u64) -> Watched<ProfilePatch> {
        Watched {
            outcome: Ok(Outcome::Done(ProfilePatch::default())),
            input_hash: String::new(),
            journal_hash: String::new(),
            output_hash: output_hash.into(),
            figures: Figures { fuel_used, dropped_log_lines: 2, peak_memory_bytes: 65_536, ..Figures::default() },
        }
    }

    #[test]
    fn equal_runs_pass_and_any_difference_does_not() {
        assert!(compare("x", ran("a", 1), ran("a", 1)).is_ok_and(|report| report.log_lines == 2));
        assert_eq!(
            compare("x", ran("a", 1), ran("b", 1)),
            Err(TrialError::TwoAnswers { first: "a".into(), second: "b".into() })
        );
        assert_eq!(compare("x", ran("a", 1), ran("a", 2)), Err(TrialError::TwoFuels { first: 1, second: 2 }));
    }
}
