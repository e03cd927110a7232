//! One call of a strategy about one person: straight, where it asks for nothing; at a desk, where it may.

use std::sync::Arc;

use chronogram_model::{
    EventId, Origin,
    person::ProfileField,
    plugin::{CallStamp, PluginStamp},
};
use chronogram_plugin_host::{
    CallContext, Fault, Filled, ProfileInput, ProfileOutcome, ProfilePatch, Undecided, seed_for,
};
use chronogram_read_models::people::PersonRow;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    FillError, ProfileFiller,
    desk::{Asking, Desk, Paid},
    input::{language_of, made_from, milliseconds},
    reason::Reason,
};
use crate::{
    models::{Grant, ModelFailure},
    plugins::{ActiveStrategy, veiled},
};

/// Whom a call is about, in which run.
pub(super) struct About<'a> {
    pub(super) person: &'a PersonRow,
    /// When their profile was filled last, by the log.
    pub(super) filled_at: Option<Timestamp>,
    pub(super) run: Uuid,
    pub(super) now: Timestamp,
    /// So many questions to models at the same time.
    pub(super) questions: Arc<Semaphore>,
}

/// What came of a call.
#[allow(clippy::large_enum_variant)] // it lives until it is looked at
pub(super) enum Came {
    Decided(ProfilePatch, PluginStamp),
    /// It says that it cannot.
    Refused(Reason),
    /// It broke the contract; it may have been put aside for it.
    Faulted(Reason),
    /// Nothing counts: the run stops, and goes on another time.
    Halted(ModelFailure),
}

/// A call that came to its end.
pub(super) struct Asked<'a> {
    pub(super) ended: Result<Filled, Fault>,
    /// Why its end does not count.
    pub(super) halted: Option<ModelFailure>,
    /// What it was told beside its input.
    pub(super) told: CallStamp,
    pub(super) paid: Paid,
    pub(super) desk: Option<Desk<'a>>,
}

/// A call that was made.
pub(super) struct Called<'a> {
    pub(super) came: Came,
    pub(super) paid: Paid,
    /// Its journal, to be closed behind what came of it.
    pub(super) desk: Option<Desk<'a>>,
}

impl About<'_> {
    /// The same whenever this run asks about this person.
    pub(super) fn origin(&self) -> Origin {
        Origin::of(&["profiles fill", &self.run.to_string(), &self.person.id.to_string()])
    }

    pub(super) fn context(&self, active: &ActiveStrategy) -> CallContext {
        let EventId(event) = self.origin().event();
        CallContext {
            tenant: "default".to_owned(),
            now_ms: milliseconds(self.now),
            seed: seed_for(&event.to_string(), active.strategy.digest()),
            config: active.config.clone(),
            locale: language_of(self.person).map(str::to_owned),
        }
    }
}

impl ProfileFiller {
    pub(super) async fn call(
        &self,
        about: &About<'_>,
        active: &ActiveStrategy,
        input: ProfileInput,
    ) -> Result<Called<'_>, FillError> {
        let Asked { ended, halted, told, paid, desk } = self.ask(about, active, input).await?;
        if let Some(failure) = halted {
            return Ok(Called { came: Came::Halted(failure), paid, desk: None });
        }
        Ok(Called { came: self.judge(about, active, ended, told).await?, paid, desk })
    }

    /// Asks, and makes nothing of how it ends.
    pub(super) async fn ask(
        &self,
        about: &About<'_>,
        active: &ActiveStrategy,
        input: ProfileInput,
    ) -> Result<Asked<'_>, FillError> {
        let context = about.context(active);
        let (seed, called_at) = (context.seed.clone(), about.now);
        let told = CallStamp { seed, called_at, made_from: made_from(), journal: None };
        if active.strategy.descriptor().wants.is_empty() {
            // On any core: the line has the next people to read and answers to write meanwhile.
            let strategy = active.strategy.clone();
            let called = tokio::spawn(async move { strategy.fill(context, input).await });
            let ended = called.await.unwrap_or_else(|lost| Err(Fault::HostFailed { why: lost.to_string() }));
            return Ok(Asked { ended, halted: None, told, paid: Paid::default(), desk: None });
        }
        let person = about.person.id.clone();
        let journal = self.calls.about(active, &person, &input, about.filled_at).await?;
        let (seed, called_at) = (journal.seed.clone(), journal.called_at);
        let context = CallContext { now_ms: milliseconds(called_at), seed: seed.clone(), ..context };
        let told = CallStamp { seed, called_at, journal: Some(journal.id()), ..told };
        let grant = Grant { plugin: active.name.clone(), run: about.run };
        let asking = Asking { models: self.models.as_ref(), questions: about.questions.clone(), grant, person };
        let desk = Desk::new(journal, asking, self.effects.as_ref());
        let decided = active.strategy.decide_fill(&context, &input, &active.grants, &desk, &desk).await;
        let halted = desk.halted();
        let ended = match decided {
            Ok(filled) => Ok(filled),
            Err(Undecided::Fault(fault)) => Err(fault),
            Err(Undecided::Journal(error)) => return Err(error.into()),
        };
        Ok(Asked { ended, halted, told, paid: desk.paid(), desk: Some(desk) })
    }

    /// Notes how the call ended; faults in a row put a strategy aside.
    async fn judge(
        &self,
        about: &About<'_>,
        active: &ActiveStrategy,
        ended: Result<Filled, Fault>,
        told: CallStamp,
    ) -> Result<Came, FillError> {
        let filled = match ended {
            Ok(filled) => filled,
            Err(fault) => {
                let EventId(event) = about.origin().event();
                self.plugins
                    .record_fault(active, &fault, &[&event.to_string(), active.strategy.digest().as_str()])
                    .await?;
                return Ok(Came::Faulted(Reason::of_fault(&fault)));
            }
        };
        self.plugins.record_outcome(active);
        let stamp = self.veiled(PluginStamp {
            name: active.name.clone(),
            digest: active.strategy.digest().to_string(),
            wit_version: active.strategy.wit_version().to_owned(),
            input_hash: filled.input_hash,
            journal_hash: filled.journal_hash,
            output_hash: filled.output_hash,
            fuel: filled.fuel_used,
            call: Some(told),
        });
        Ok(match filled.outcome {
            ProfileOutcome::Done(patch) => Came::Decided(patch, stamp),
            ProfileOutcome::Refused(refusal) => Came::Refused(Reason::of_refusal(&refusal)),
            // It is answered until it decides, but for one that wants nothing: that one is held to it by the host.
            ProfileOutcome::Suspended(_) => Came::Refused(Reason::of_fault(&Fault::TooManyRounds { limit: 0 })),
        })
    }

    /// Hashes of what was said and answered tell the same call again, and nobody what it was about.
    fn veiled(&self, mut stamp: PluginStamp) -> PluginStamp {
        for hash in [&mut stamp.input_hash, &mut stamp.journal_hash, &mut stamp.output_hash] {
            *hash = veiled(&*self.store, hash);
        }
        stamp
    }
}

/// Whether nothing of it fills a profile, nor takes something out of one that is there.
pub(super) fn fills_nothing(patch: &ProfilePatch, about: &About<'_>) -> bool {
    let takes_nothing = patch.unset.is_empty() || about.filled_at.is_none();
    takes_nothing && patch.set.iter().all(|field| field.value.trim().is_empty())
}

pub(super) fn field(field: chronogram_plugin_host::ProfileField) -> ProfileField {
    ProfileField { key: field.key, value: field.value, confidence: field.confidence, evidence: field.evidence }
}
