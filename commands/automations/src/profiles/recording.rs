//! What was decided is written down, then the call that led to it is closed, then others may be at this person: in this
//! order, so that whoever is cut off between two of them goes on with what is there.

use chronogram_handlers::{Context, HandleError};
use chronogram_log::{Actor, crash_point};
use chronogram_model::{
    Origin, PersonId, Personal,
    person::{PersonCommand, PersonRejection, ProfileEnriched, ProfileEnrichmentFailed},
    plugin::PluginStamp,
};
use chronogram_plugin_host::ProfilePatch;

use super::{
    FillError,
    calling::field,
    deciding::{Decided, Verdict},
    line::Working,
    reason::Reason,
    report::{FilledOne, Outcome},
};
use crate::models::ModelFailure;

/// What became of a decision.
pub(super) enum Recorded {
    Outcome(Outcome),
    /// Nothing: the run stops.
    Halted(ModelFailure),
}

impl Working<'_> {
    pub(super) async fn record(&self, verdict: Verdict, decided: Decided<'_>) -> Result<Recorded, FillError> {
        crash_point("profiles.decided");
        let outcome = match verdict {
            Verdict::Halt(failure) => return Ok(Recorded::Halted(failure)),
            Verdict::WouldAsk { cost_most, unpriced } => Outcome::WouldAsk { cost_most, unpriced },
            Verdict::Fill { patch, stamp, fallback } => self.fill(&decided, patch, stamp, fallback).await?,
            Verdict::Fail { digest, reason } => self.fail(&decided, digest, reason).await?,
        };
        crash_point("profiles.filled");
        if let Some((desk, ended)) = &decided.call {
            desk.journal().end(ended).await?;
        }
        self.release(&decided.person).await?;
        Ok(Recorded::Outcome(outcome))
    }

    async fn fill(
        &self,
        decided: &Decided<'_>,
        patch: ProfilePatch,
        stamp: PluginStamp,
        fallback: Option<Reason>,
    ) -> Result<Outcome, FillError> {
        let person = &decided.person;
        let fallback = fallback.map(|reason| reason.code().to_owned());
        let mut filled = FilledOne {
            plugin: stamp.name.clone(),
            fallback: fallback.clone(),
            fields: patch.set.len() as u64,
            fuel: stamp.fuel,
            tokens: decided.paid.tokens,
            cost: decided.paid.cost,
            duration_us: decided.duration_us,
            position: None,
        };
        if self.options.dry_run {
            return Ok(Outcome::Filled(filled));
        }
        let proposal = ProfileEnriched {
            person: person.clone(),
            strategy: self.options.strategy.clone(),
            plugin: stamp,
            set: Personal::of(person.clone(), patch.set.into_iter().map(field).collect()),
            unset: patch.unset,
            ask: patch.ask.map(|question| Personal::of(person.clone(), question)),
            fallback_reason: fallback,
            tokens: decided.paid.tokens,
            cost: decided.paid.cost,
            duration_us: decided.duration_us,
            // Not when it was begun: a run that began since then must see that this one was faster.
            enriched_at: self.filler.now(),
        };
        let replaces = self.options.selection.replaces(self.run.since);
        let command = PersonCommand::Enrich { proposal, replaces };
        match self.filler.people.handle(&command, &self.context(person)).await {
            Ok(handled) if handled.repeated => Ok(Outcome::AlreadyFilled),
            Ok(handled) => {
                filled.position = handled.position.map(|position| position.0);
                self.count(&filled);
                Ok(Outcome::Filled(filled))
            }
            Err(HandleError::Rejected(PersonRejection::ProfileExists { .. })) => Ok(Outcome::AlreadyFilled),
            // The read model knows somebody who only wrote, and was never told by a name.
            Err(HandleError::Rejected(PersonRejection::Unknown { .. })) => Ok(self.failed(decided, "unknown_person")),
            Err(error) => Err(error.into()),
        }
    }

    async fn fail(&self, decided: &Decided<'_>, digest: String, reason: Reason) -> Result<Outcome, FillError> {
        if self.options.dry_run {
            return Ok(self.failed(decided, reason.code()));
        }
        let failed = ProfileEnrichmentFailed {
            person: decided.person.clone(),
            strategy: self.options.strategy.clone(),
            digest,
            fault: reason.code().to_owned(),
            failed_at: self.filler.now(),
        };
        match self.filler.people.handle(&PersonCommand::FailEnrichment(failed), &self.context(&decided.person)).await {
            Ok(_) => Ok(self.failed(decided, reason.code())),
            Err(HandleError::Rejected(PersonRejection::Unknown { .. })) => Ok(self.failed(decided, "unknown_person")),
            Err(error) => Err(error.into()),
        }
    }

    fn failed(&self, decided: &Decided<'_>, kind: &'static str) -> Outcome {
        if !self.options.dry_run {
            let strategy = self.options.strategy.clone();
            metrics::counter!("profiles_failed_total", "strategy" => strategy, "reason" => kind).increment(1);
        }
        Outcome::Failed { kind, tokens: decided.paid.tokens, cost: decided.paid.cost }
    }

    fn count(&self, filled: &FilledOne) {
        let strategy = || self.options.strategy.clone();
        metrics::counter!("profiles_filled_total", "strategy" => strategy(), "plugin" => filled.plugin.clone())
            .increment(1);
        if let Some(reason) = &filled.fallback {
            metrics::counter!("profile_fallbacks_total", "strategy" => strategy(), "reason" => reason.clone())
                .increment(1);
        }
        #[allow(clippy::cast_precision_loss)] // hours are far below 2⁵³ microseconds
        let seconds = filled.duration_us as f64 / 1e6;
        metrics::histogram!("profile_seconds", "strategy" => strategy()).record(seconds);
    }

    fn context(&self, person: &PersonId) -> Context {
        let origin = Origin::of(&["profiles fill", &self.run.id.to_string(), &person.to_string()]);
        Context::new(origin, Actor::Automation("profiles fill".to_owned()))
    }
}
