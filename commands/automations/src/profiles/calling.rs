//! One call of the strategy about one person: straight, where it asks for nothing; with a journal, where it may.

use chronogram_model::{EventId, Origin, plugin::CallStamp};
use chronogram_plugin_host::{CallContext, Fault, Filled, ProfileInput, Undecided, seed_for};
use chronogram_read_models::people::PersonRow;
use jiff::Timestamp;

use super::{
    FillError, FillOptions, ProfileFiller,
    input::{milliseconds, read_from},
};
use crate::plugins::{ActiveStrategy, CallJournal};

/// How a call ended, and the journal that is to be closed once that is recorded.
pub(super) struct Asked<'a> {
    pub(super) filled: Result<Filled, Fault>,
    /// What it was told beside its input.
    pub(super) told: CallStamp,
    pub(super) journal: Option<CallJournal<'a>>,
}

impl ProfileFiller {
    pub(super) async fn ask(
        &self,
        person: &PersonRow,
        input: ProfileInput,
        active: &ActiveStrategy,
        options: &FillOptions,
        (origin, now): (&Origin, Timestamp),
    ) -> Result<Asked<'_>, FillError> {
        let EventId(event) = origin.event();
        let call = CallContext {
            tenant: "default".to_owned(),
            now_ms: milliseconds(now),
            seed: seed_for(&event.to_string(), active.strategy.digest()),
            config: active.config.clone(),
            locale: person.language.clone(),
        };
        let told = CallStamp { seed: call.seed.clone(), called_at: now, read_from: read_from(), journal: None };
        // Who only wants to know what would be done asks nobody and pays for nothing.
        if active.strategy.descriptor().wants.is_empty() || options.dry_run {
            return Ok(Asked { filled: active.strategy.fill(call, input).await, told, journal: None });
        }
        let journal = self.calls.about(active, &person.id, &input).await?;
        let told = CallStamp {
            seed: journal.seed.clone(),
            called_at: journal.called_at,
            journal: Some(journal.id()),
            ..told
        };
        let call = CallContext { now_ms: milliseconds(journal.called_at), seed: journal.seed.clone(), ..call };
        let decided = active.strategy.decide_fill(&call, &input, &active.grants, self.effects.as_ref(), &journal).await;
        let filled = match decided {
            Ok(filled) => Ok(filled),
            Err(Undecided::Fault(fault)) => Err(fault),
            Err(Undecided::Journal(error)) => return Err(error.into()),
        };
        Ok(Asked { filled, told, journal: Some(journal) })
    }
}
