//! Two strategies beside each other: the same people, the same input, nothing recorded as a profile.
//!
//! What they ask is performed, paid and recorded as always, so the same comparison another time costs nothing: a
//! comparison is a run named by what it compares, and a question is paid for once.

mod report;
mod sample;

use std::{sync::Arc, time::Instant};

use chronogram_model::{EventId, Origin};
use chronogram_plugin_host::{Filled, ProfileInput, ProfileOutcome, ProfilePatch};
use chronogram_read_models::people::PersonRow;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use report::{ComparedKey, ComparedSide, Comparison, Mean};

use self::report::Told;
use super::{
    BASIC, FillError, ProfileFiller,
    calling::{About, Asked, fills_nothing},
    desk::{Desk, Paid},
    input::inputs_of,
    plugin_of,
    reason::Reason,
};
use crate::plugins::ActiveStrategy;

/// People whose messages are read at once; each has 256 KiB of them at most.
const INPUTS_AT_ONCE: usize = 100;

/// What is compared.
#[derive(Clone, Debug)]
pub struct CompareOptions {
    /// One strategy: `basic`, `llm`, `hybrid`, or an operator's own.
    pub a: String,
    /// The other one.
    pub b: String,
    /// How many people.
    pub sample: u32,
    /// What chooses them.
    pub seed: u64,
    /// People asked about at the same time.
    pub workers: usize,
}

/// What one strategy came to about one person.
pub(super) struct Said {
    pub(super) came: Result<ProfilePatch, Reason>,
    pub(super) paid: Paid,
    pub(super) fuel: Option<u64>,
    pub(super) duration_us: u64,
}

impl ProfileFiller {
    /// Compares two strategies.
    pub async fn compare(
        &self,
        options: &CompareOptions,
        told: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<Comparison, FillError> {
        let a = self.plugins.active(&plugin_of(&options.a)).await?;
        let b = self.plugins.active(&plugin_of(&options.b)).await?;
        let run = run_of(options, [&a, &b]);
        let sample = self.sample(options.seed, options.sample).await?;
        let mut comparison = Comparison::of(options, [&a, &b], sample.with_messages, sample.without_messages);
        let questions = Arc::new(Semaphore::new(options.workers.max(1)));
        let total = sample.people.len() as u64;
        told(0, total);
        for people in sample.people.chunks(INPUTS_AT_ONCE) {
            let inputs = inputs_of(&self.queries, people, self.plugins.limits()).await?;
            let pairs = people.iter().cloned().zip(inputs);
            let asked = pairs.map(|(person, input)| self.ask_both((run, questions.clone()), person, input, [&a, &b]));
            let mut answers = stream::iter(asked).buffer_unordered(options.workers.max(1));
            while let Some([a, b]) = answers.try_next().await? {
                comparison.add(&a, &b);
                told(comparison.people, total);
            }
        }
        Ok(comparison)
    }

    /// One after the other: where both are one, the second goes by what the first was answered.
    async fn ask_both(
        &self,
        (run, questions): (Uuid, Arc<Semaphore>),
        person: PersonRow,
        input: ProfileInput,
        strategies: [&ActiveStrategy; 2],
    ) -> Result<[Told; 2], FillError> {
        let [a, b] = strategies;
        let about = About { person: &person, filled_at: person.profile_enriched_at, run, questions, now: self.now() };
        let first = self.ask_one(&about, a, input.clone()).await?;
        Ok([first.into(), self.ask_one(&about, b, input).await?.into()])
    }

    async fn ask_one(
        &self,
        about: &About<'_>,
        active: &ActiveStrategy,
        input: ProfileInput,
    ) -> Result<Said, FillError> {
        let started = Instant::now();
        let Asked { ended, halted, desk, .. } = self.ask(about, active, input).await?;
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        if let Some(failure) = halted {
            return Err(FillError::Models(failure));
        }
        let fuel = ended.as_ref().ok().map(|filled| filled.fuel_used);
        let came = match ended {
            Err(fault) => Err(Reason::of_fault(&fault)),
            Ok(filled) => came(filled, about, active.name != plugin_of(BASIC)),
        };
        // The same comparison again finds its answers in the log.
        let paid = desk.as_ref().map(Desk::paid_now).unwrap_or_default();
        if let Some(desk) = &desk {
            desk.journal().end(came.as_ref().err().map_or("compared", |reason| reason.code())).await?;
        }
        Ok(Said { came, paid, fuel, duration_us })
    }
}

/// Whoever decides nothing would be filled by basic; of basic itself, nothing is an answer too.
fn came(filled: Filled, about: &About<'_>, falls_back: bool) -> Result<ProfilePatch, Reason> {
    match filled.outcome {
        ProfileOutcome::Done(patch) if falls_back && fills_nothing(&patch, about) => Err(Reason::EMPTY),
        ProfileOutcome::Done(patch) => Ok(patch),
        ProfileOutcome::Refused(refusal) => Err(Reason::of_refusal(&refusal)),
        ProfileOutcome::Suspended(_) => Err(Reason::EMPTY),
    }
}

/// The same comparison is the same run: what it was answered is known, and noted once.
fn run_of(options: &CompareOptions, strategies: [&ActiveStrategy; 2]) -> Uuid {
    let digests = strategies.map(|active| active.strategy.digest().to_string());
    let [a, b] = strategies.map(|active| active.config.as_str());
    let (sample, seed) = (options.sample.to_string(), options.seed.to_string());
    let [first, second] = &digests;
    let EventId(run) = Origin::of(&["profiles compare", first, a, second, b, &sample, &seed]).event();
    run
}
