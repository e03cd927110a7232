//! Who fills a person: the strategy asked for, or `basic` where that one fails.

use std::time::Instant;

use chronogram_model::{PersonId, plugin::PluginStamp};
use chronogram_plugin_host::{ProfileInput, ProfilePatch};
use rust_decimal::Decimal;

use super::{
    FillError,
    calling::{About, Called, Came, fills_nothing},
    desk::{Desk, Paid},
    line::{Ready, Working},
    reason::Reason,
    strategies::Deciding,
};
use crate::{models::ModelFailure, plugins::ActiveStrategy};

/// How a person was decided about; nothing of it is in the log but what was asked on the way.
pub(super) struct Decided<'a> {
    pub(super) person: PersonId,
    pub(super) paid: Paid,
    /// The call of the strategy asked for, and how it ended: closed behind the record.
    pub(super) call: Option<(Desk<'a>, &'static str)>,
    pub(super) duration_us: u64,
}

#[allow(clippy::large_enum_variant)] // it lives until it is written down
pub(super) enum Verdict {
    /// A plugin fills the profile; with the reason why it is not that of the strategy asked for.
    Fill { patch: ProfilePatch, stamp: PluginStamp, fallback: Option<Reason> },
    /// Nobody does.
    Fail { digest: String, reason: Reason },
    /// The run stops.
    Halt(ModelFailure),
    /// Of a dry run: models would be asked.
    WouldAsk { cost_most: Decimal, unpriced: u64 },
}

impl<'a> Working<'a> {
    pub(super) async fn decide(&self, ready: Ready) -> Result<(Verdict, Decided<'a>), FillError> {
        let started = Instant::now();
        let Ready { person, filled_at, input } = ready;
        let filler = self.filler;
        let about = About {
            person: &person,
            filled_at,
            run: self.run.id,
            now: filler.now(),
            questions: self.questions.clone(),
        };
        let deciding = self.strategies.now();
        let mut decided = Decided { person: person.id.clone(), paid: Paid::default(), call: None, duration_us: 0 };
        let verdict = if self.options.dry_run {
            self.foresee(&about, &deciding, input).await
        } else {
            self.ask(&about, deciding, input, &mut decided).await?
        };
        decided.duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok((verdict, decided))
    }

    /// The strategy asked for; where it fails, basic.
    async fn ask(
        &self,
        about: &About<'_>,
        Deciding { asked, basic }: Deciding,
        input: ProfileInput,
        decided: &mut Decided<'a>,
    ) -> Result<Verdict, FillError> {
        let spare = basic.is_some().then(|| input.clone());
        let first = match &asked {
            Some(active) => {
                let called = self.filler.call(about, active, input).await?;
                self.take(about, decided, active, called, basic.is_some()).await?
            }
            None => Verdict::Fail { digest: self.strategies.digest.clone(), reason: Reason::NOT_ACTIVE },
        };
        let (Verdict::Fail { reason, .. }, Some(active), Some(input)) = (&first, &basic, spare) else {
            return Ok(first);
        };
        Ok(match self.filler.call(about, active, input).await?.came {
            Came::Decided(patch, stamp) => Verdict::Fill { patch, stamp, fallback: Some(*reason) },
            Came::Refused(reason) | Came::Faulted(reason) => failed(active, reason),
            Came::Halted(failure) => Verdict::Halt(failure),
        })
    }

    /// What the strategy asked for said.
    async fn take(
        &self,
        about: &About<'_>,
        decided: &mut Decided<'a>,
        active: &ActiveStrategy,
        called: Called<'a>,
        has_basic: bool,
    ) -> Result<Verdict, FillError> {
        decided.paid = called.paid;
        let verdict = match called.came {
            // Basic itself may find nothing; of others it is no profile.
            Came::Decided(patch, _) if has_basic && fills_nothing(&patch, about) => failed(active, Reason::EMPTY),
            Came::Decided(patch, stamp) => Verdict::Fill { patch, stamp, fallback: None },
            Came::Refused(reason) => failed(active, reason),
            Came::Faulted(reason) => {
                // Too many in a row, and somebody else decides from here on.
                self.strategies.look(&self.filler.plugins).await?;
                failed(active, reason)
            }
            Came::Halted(failure) => Verdict::Halt(failure),
        };
        let ended = if let Verdict::Fail { reason, .. } = &verdict { reason.code() } else { "done" };
        decided.call = called.desk.map(|desk| (desk, ended));
        Ok(verdict)
    }
}

pub(super) fn failed(active: &ActiveStrategy, reason: Reason) -> Verdict {
    Verdict::Fail { digest: active.strategy.digest().to_string(), reason }
}
