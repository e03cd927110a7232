//! The journal of one call, in the log: a call that is cut off, by whatever, goes on behind its last answer.

use std::sync::Arc;

use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Actor, Clock, Codec, SharedEventStore};
use chronogram_model::{
    Authored, EventId, Origin, PersonId,
    call::{Call, CallCommand, CallEnded, CallRejection, CallState, EffectAnswered, Payment},
};
use chronogram_plugin_host::{Exchange, ProfileInput, seed_for};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ActiveStrategy;

/// Begins calls, or goes on with them.
pub(crate) struct Calls {
    store: SharedEventStore,
    handler: Handler<Call>,
    clock: Arc<dyn Clock>,
}

/// A call that is under way.
pub(crate) struct CallJournal<'a> {
    calls: &'a Calls,
    call: Uuid,
    person: PersonId,
    plugin: String,
    digest: String,
    begun: CallState,
    /// The randomness of the call, the same when it goes on.
    pub(crate) seed: String,
    /// The time of the call, the same when it goes on.
    pub(crate) called_at: Timestamp,
}

impl Calls {
    pub(crate) fn new(store: SharedEventStore, codec: Arc<Codec>, clock: Arc<dyn Clock>) -> Self {
        Self { handler: Handler::new(store.clone(), codec), store, clock }
    }

    /// The call of this strategy about this person as they are known now: one that was cut off, or a new one. One whose
    /// outcome was recorded, when the profile was filled last, and that was cut off before it ended, ends here.
    pub(crate) async fn about(
        &self,
        active: &ActiveStrategy,
        person: &PersonId,
        input: &ProfileInput,
        filled_at: Option<Timestamp>,
    ) -> Result<CallJournal<'_>, HandleError<CallRejection>> {
        let digest = active.strategy.digest();
        let grants = active.grants.as_texts().join(" ");
        // Another input, another call. A digest of words would tell who can guess them what they are: veiled.
        let mut about = Sha256::digest(serde_json::to_vec(input).unwrap_or_default()).to_vec();
        self.store.veil(&mut about);
        let origin = Origin::of(&[
            "plugin call",
            digest.as_str(),
            &active.config,
            &grants,
            &person.to_string(),
            &hex::encode(about),
        ]);
        let EventId(call) = origin.event();
        let mut begun = self.handler.state(&Call::stream_of(call)).await?;
        if begun.answered().iter().flatten().any(|answered| filled_at.is_some_and(|at| at >= answered.answered_at)) {
            self.end(call, &begun, "done").await?;
            begun = self.handler.state(&Call::stream_of(call)).await?;
        }
        let earlier = begun.answered().iter().flatten().next();
        let (seed, called_at) = match earlier {
            Some(answered) => (answered.seed.clone(), answered.called_at),
            None => (seed_for(&format!("{call} {}", begun.ended()), digest), self.clock.now()),
        };
        Ok(CallJournal {
            calls: self,
            call,
            person: person.clone(),
            plugin: active.name.clone(),
            digest: digest.to_string(),
            begun,
            seed,
            called_at,
        })
    }

    async fn end(&self, call: Uuid, begun: &CallState, outcome: &str) -> Result<(), HandleError<CallRejection>> {
        let ended = CallEnded { outcome: outcome.to_owned(), ended_at: self.clock.now() };
        let attempt = begun.ended().to_string();
        self.handle(CallCommand::End { call, ended }, &["end", &call.to_string(), &attempt]).await
    }

    async fn handle(&self, command: CallCommand, origin: &[&str]) -> Result<(), HandleError<CallRejection>> {
        let origin: Vec<&str> = ["plugin call"].iter().chain(origin).copied().collect();
        let context = Context::new(Origin::of(&origin), Actor::Automation("plugins".to_owned()));
        self.handler.handle(&command, &context).await.map(drop)
    }
}

impl CallJournal<'_> {
    /// Which call it is.
    pub(crate) fn id(&self) -> Uuid {
        self.call
    }

    /// Notes that the call has ended and what came of it was recorded: its answers are used no more.
    pub(crate) async fn end(&self, outcome: &str) -> Result<(), HandleError<CallRejection>> {
        self.calls.end(self.call, &self.begun, outcome).await
    }

    /// What was recorded before the call was cut off.
    pub(crate) fn recorded(&self) -> Vec<Option<Exchange>> {
        exchanges(&self.begun)
    }

    /// What was paid before the call was cut off, readable or not.
    pub(crate) fn paid(&self) -> impl Iterator<Item = &Payment> {
        self.begun.answered().iter().flatten().filter_map(|answered| answered.paid.as_ref())
    }

    /// Keeps an exchange and what was paid for it.
    pub(crate) async fn record(
        &self,
        index: usize,
        exchange: &Exchange,
        paid: Option<Payment>,
    ) -> Result<(), HandleError<CallRejection>> {
        let json = serde_json::to_string(exchange).map_err(|error| HandleError::Unstorable(error.to_string()))?;
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let answered = EffectAnswered {
            plugin: self.plugin.clone(),
            digest: self.digest.clone(),
            index: number,
            exchange: Authored::by(Some(self.person.clone()), json),
            paid,
            seed: self.seed.clone(),
            called_at: self.called_at,
            answered_at: self.calls.clock.now(),
        };
        let (call, attempt) = (self.call.to_string(), self.begun.ended().to_string());
        let origin = ["answer", &call, &attempt, &number.to_string()];
        self.calls.handle(CallCommand::Record { call: self.call, answered }, &origin).await
    }
}

/// What a call was answered so far. What cannot be read any more, of somebody who was erased, is a hole, and asked for
/// again like what was never answered.
pub(crate) fn exchanges(call: &CallState) -> Vec<Option<Exchange>> {
    let read = |answered: &EffectAnswered| serde_json::from_str(answered.exchange.readable()?).ok();
    call.answered().iter().map(|answered| answered.as_ref().and_then(read)).collect()
}
