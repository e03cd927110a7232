//! Decisions made again: the same artifact, configuration, answers and input must bring the same output for the same fuel.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use chronogram_log::{Position, RecordedEvent};
use chronogram_model::{
    PersonId,
    person::ProfileEnriched,
    plugin::{ActivePlugin, CallStamp},
};
use chronogram_plugin_host::{Answered, CallContext, Fault, Grants, ProfileInput, ProfilePatch, Strategy, Undecided};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use sqlx::PgConnection;

use super::{
    CALLS, Judge, JudgingError, Told,
    decisions::{Decision, Made, Situation, situations},
    past::{Side, Traveller, travel},
    recorded::{Pointers, Replayed},
};
use crate::{
    plugins::{PluginError, veiled},
    profiles::input::made_from,
};

/// Which decisions are made again.
#[derive(Clone, Debug)]
pub struct AuditOptions {
    /// The newest so many.
    pub last: usize,
    /// Only of this plugin.
    pub plugin: Option<String>,
}

/// What came of making a decision again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// The same output for the same fuel.
    Same,
    /// Another output.
    OutputDiffers(String),
    /// The same output for another amount of fuel.
    FuelDiffers(String),
    /// It cannot be given what it was given then, and why that is thought to be so.
    InputDiffers(String),
    /// It cannot be made again.
    CannotRun(String),
}

/// One decision that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Where it stands in the log.
    pub position: u64,
    /// Whom it is about.
    pub person: PersonId,
    /// The plugin that decided.
    pub plugin: String,
    /// Its digest.
    pub digest: String,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What an audit found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuditReport {
    /// Decisions looked at.
    pub decisions: u64,
    /// As they were.
    pub same: u64,
    /// With another output.
    pub output_differs: u64,
    /// For another amount of fuel.
    pub fuel_differs: u64,
    /// That could not be given what they were given.
    pub input_differs: u64,
    /// That could not be made again.
    pub cannot_run: u64,
    /// All that are not the same, in the order of the log.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Whether anything is not what the log says.
    pub fn differs(&self) -> bool {
        self.output_differs + self.fuel_differs + self.input_differs > 0
    }

    fn add(&mut self, finding: Finding) {
        self.decisions += 1;
        let count = match &finding.verdict {
            Verdict::Same => {
                self.same += 1;
                return;
            }
            Verdict::OutputDiffers(_) => &mut self.output_differs,
            Verdict::FuelDiffers(_) => &mut self.fuel_differs,
            Verdict::InputDiffers(_) => &mut self.input_differs,
            Verdict::CannotRun(_) => &mut self.cannot_run,
        };
        *count += 1;
        self.findings.push(finding);
    }
}

impl Judge {
    /// Makes the newest decisions again.
    pub async fn audit(&self, options: &AuditOptions, told: Told<'_>) -> Result<AuditReport, JudgingError> {
        let wanted = self.newest(options.last, options.plugin.as_deref()).await?;
        let mut auditor = Auditor {
            judge: self,
            pointers: Pointers::default(),
            gone: HashMap::new(),
            report: AuditReport::default(),
            wanted,
        };
        if let Some(last) = auditor.wanted.last().copied() {
            travel(&self.engine, &["people", "conversations"], &[], last, &mut auditor, told).await?;
        }
        auditor.report.findings.sort_by_key(|finding| finding.position);
        Ok(auditor.report)
    }
}

struct Auditor<'a> {
    judge: &'a Judge,
    wanted: BTreeSet<Position>,
    pointers: Pointers,
    /// Artifacts that do not load, and why.
    gone: HashMap<String, String>,
    report: AuditReport,
}

#[async_trait]
impl Traveller for Auditor<'_> {
    type Stop = Decision;

    const SIDE: Side = Side::Before;

    async fn looks_at(&mut self, event: &RecordedEvent) -> Result<Option<Decision>, JudgingError> {
        if self.wanted.contains(&event.position) { self.judge.decision(event) } else { Ok(None) }
    }

    async fn stands(&mut self, rows: &mut PgConnection, stops: Vec<Decision>) -> Result<(), JudgingError> {
        let situations = situations(rows, stops, self.judge.plugins.limits()).await?;
        for situation in &situations {
            self.load(situation).await?;
        }
        let auditor = &*self;
        let calls = situations.into_iter().map(|situation| auditor.audit(situation));
        let findings: Vec<Option<Finding>> = stream::iter(calls).buffer_unordered(CALLS.get()).try_collect().await?;
        findings.into_iter().flatten().for_each(|finding| self.report.add(finding));
        Ok(())
    }
}

impl Auditor<'_> {
    /// Notes why an artifact cannot be had, once for all of its decisions.
    async fn load(&mut self, situation: &Situation) -> Result<(), JudgingError> {
        let Made::Enriched(enriched) = &situation.decision.made else { return Ok(()) };
        let stamp = &enriched.plugin;
        if self.gone.contains_key(&stamp.digest) {
            return Ok(());
        }
        match self.judge.plugins.loaded(&stamp.name, &stamp.digest).await {
            Ok(_) => {}
            Err(PluginError::ArtifactMissing { .. }) => {
                self.gone.insert(stamp.digest.clone(), "its artifact was removed".to_owned());
            }
            Err(PluginError::Load(error)) => {
                self.gone.insert(stamp.digest.clone(), format!("its artifact does not load any more: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn audit(&self, situation: Situation) -> Result<Option<Finding>, JudgingError> {
        let Made::Enriched(enriched) = &situation.decision.made else { return Ok(None) };
        let verdict = match self.verdict(&situation, enriched).await {
            Ok(verdict) | Err(Ended::At(verdict)) => verdict,
            Err(Ended::By(error)) => return Err(error),
        };
        Ok(Some(Finding {
            position: situation.decision.position.0,
            person: enriched.person.clone(),
            plugin: enriched.plugin.name.clone(),
            digest: enriched.plugin.digest.clone(),
            verdict,
        }))
    }

    async fn verdict(&self, situation: &Situation, enriched: &ProfileEnriched) -> Result<Verdict, Ended> {
        let stamp = &enriched.plugin;
        if let Some(why) = self.gone.get(&stamp.digest) {
            return Ok(Verdict::CannotRun(why.clone()));
        }
        if !situation.decision.is_readable() {
            return Ok(Verdict::CannotRun("the person was erased: what it was made of is gone".to_owned()));
        }
        let Some((row, input)) = &situation.known else {
            return Ok(Verdict::InputDiffers("nothing was known of the person before".to_owned()));
        };
        let strategy = self.judge.plugins.loaded(&stamp.name, &stamp.digest).await?;
        let position = situation.decision.position;
        let pointers = self.judge.pointers(&self.pointers, &stamp.name, &stamp.digest, position).await?;
        let call = stamp.call.as_ref().and_then(|call| call.journal);
        let mut first = None;
        for pointer in pointers {
            let replayed = Replayed::of(self.judge.answers(call, position).await?);
            let context = situation.decision.context(row, &pointer.config, strategy.digest());
            let again = again(&strategy, &pointer, &replayed, &context, input).await?;
            if !replayed.is_whole() {
                let why = "answers that it was given cannot be read any more";
                return Ok(Verdict::CannotRun(why.to_owned()));
            }
            match again {
                Ok(answered) if self.is(&answered.input_hash, &stamp.input_hash) => {
                    return Ok(self.compared(enriched, &answered));
                }
                other => first = first.or(Some(other)),
            }
        }
        Ok(match first {
            None => Verdict::CannotRun("the log holds no activation of its artifact before it".to_owned()),
            // Where the call's randomness is not known the hash of the input says nothing; what came of it does.
            Some(Ok(answered)) if stamp.call.is_none() && self.compared(enriched, &answered) == Verdict::Same => {
                Verdict::Same
            }
            Some(Err(fault)) => Verdict::OutputDiffers(format!("it ends in a fault now: {fault}")),
            Some(Ok(_)) => Verdict::InputDiffers(why_other(stamp.call.as_ref())),
        })
    }

    fn compared(&self, enriched: &ProfileEnriched, again: &Answered<ProfilePatch>) -> Verdict {
        let stamp = &enriched.plugin;
        if !self.is(&again.output_hash, &stamp.output_hash) {
            let what = again.outcome.kind();
            return Verdict::OutputDiffers(format!("from the same input and answers it is {what}, and not the same"));
        }
        if again.fuel_used != stamp.fuel {
            return Verdict::FuelDiffers(format!("it used {} units then, {} now", stamp.fuel, again.fuel_used));
        }
        Verdict::Same
    }

    /// Whether a hash is the one that the log holds.
    fn is(&self, hash: &str, recorded: &str) -> bool {
        veiled(&*self.judge.store, hash) == recorded
    }
}

/// Why what it is given is not what it was given.
fn why_other(call: Option<&CallStamp>) -> String {
    match call {
        None => "the release that decided recorded neither seed nor time of the call".to_owned(),
        Some(call) if call.made_from != made_from() => {
            format!("its input was made from {}, here it is made from {}", call.made_from, made_from())
        }
        Some(_) => "something was heard of the person while it was decided, or rows were not those of the log \
                    (`chronogram projections verify` tells)"
            .to_owned(),
    }
}

async fn again(
    strategy: &Strategy,
    pointer: &ActivePlugin,
    replayed: &Replayed,
    context: &CallContext,
    input: &ProfileInput,
) -> Result<Result<Answered<ProfilePatch>, Fault>, Ended> {
    let grants = Grants::recorded(&pointer.grants).map_err(PluginError::from)?;
    match strategy.decide_fill(context, input, &grants, replayed, replayed).await {
        Ok(answered) => Ok(Ok(answered)),
        Err(Undecided::Fault(fault)) if fault.is_the_strategys() => Ok(Err(fault)),
        // A machine that is too busy says nothing about the decision.
        Err(Undecided::Fault(fault)) => Err(Ended::At(Verdict::CannotRun(fault.to_string()))),
        Err(Undecided::Journal(never)) => match never {},
    }
}

/// Why there is nothing more to find out about a decision.
enum Ended {
    /// This is what is to be said of it.
    At(Verdict),
    /// And of none of the others.
    By(JudgingError),
}

impl<E: Into<JudgingError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::By(error.into())
    }
}
