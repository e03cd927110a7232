//! Load, decide, append; again when somebody else was faster; the first answer when it is a repeat.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chronogram_log::{
    Append, AppendError, Appended, Codec, DecodeError, Direction, EventFilter, ExpectedRevision, Position,
    RecordedEvent, Revision, SharedEventStore, StoreError, encode,
};
use chronogram_model::{CommandId, Decider, EventId, StreamName};

use crate::{
    Context,
    states::{Folded, States},
};

/// Events read at once while folding a stream.
const PAGE_EVENTS: usize = 1_000;

/// Events of each stream that are read at once with others: more than most have.
const EACH_EVENTS: usize = 32;

/// How often a command is decided again after a conflict. Each try means that another command got through, so this
/// many in a row on one stream is a stampede, better answered with an error than with more load.
const ATTEMPTS_MAX: usize = 32;

/// Runs the commands of one decider.
pub struct Handler<D: Decider> {
    store: SharedEventStore,
    codec: Arc<Codec>,
    states: States<D::State>,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Handled<E> {
    /// Its events; none when nothing was new.
    pub events: Vec<E>,
    /// Where its last event stands; where there is none, the end of what the decision saw is not known to be needed.
    pub position: Option<Position>,
    /// True when this command was handled before and this is its first result.
    pub repeated: bool,
}

/// Why a command had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError<R: std::error::Error> {
    /// The domain says no.
    #[error(transparent)]
    Rejected(R),
    /// The id was used before for another request.
    #[error("this idempotency key was used before for a different request")]
    FingerprintMismatch(CommandId),
    /// Others kept changing the stream.
    #[error("stream {0} changes too fast; send the command again")]
    Contended(StreamName),
    /// A stored event cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// An event cannot be written, or breaks a limit of the log.
    #[error("the command's events cannot be stored: {0}")]
    Unstorable(String),
    /// The log failed; the same command may be sent again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<D: Decider> Handler<D> {
    /// A handler on `store`.
    pub fn new(store: SharedEventStore, codec: Arc<Codec>) -> Self {
        Self { store, codec, states: States::new() }
    }

    /// Handles a command: all of its events are durable when this returns, or none.
    pub async fn handle(
        &self,
        command: &D::Command,
        context: &Context,
    ) -> Result<Handled<D::Event>, HandleError<D::Rejection>> {
        let stream = D::stream(command);
        let mut kept = self.states.turn(&stream).await;
        // Out of its place while we work: who is cancelled or panics half-way leaves nothing half-folded behind.
        let mut folded = std::mem::take(&mut *kept);
        let handled = self.decide_and_append(&stream, &mut folded, command, context).await;
        *kept = folded;
        handled
    }

    async fn decide_and_append(
        &self,
        stream: &StreamName,
        folded: &mut Folded<D::State>,
        command: &D::Command,
        context: &Context,
    ) -> Result<Handled<D::Event>, HandleError<D::Rejection>> {
        let command_id = context.command_id(D::name(command), stream);
        // A kept state is good enough to append on, for the expected revision tells when it is old. What appends
        // nothing tells nothing: there the rest of the stream is read first.
        let mut is_current = false;
        if folded.last.is_none() {
            self.catch_up(stream, folded).await?;
            is_current = true;
        }
        for _ in 0..ATTEMPTS_MAX {
            let events = match D::decide(&folded.state, command) {
                Ok(events) if !events.is_empty() => events,
                verdict if is_current => return self.without_events(verdict, command_id, context).await,
                _ => {
                    self.catch_up(stream, folded).await?;
                    is_current = true;
                    continue;
                }
            };
            match self.append(stream, command_id, context, folded.last, &events).await {
                Ok(appended) if appended.repeated => {
                    let events = self.events_between(appended.first, appended.last).await?;
                    return Ok(Handled { events, position: Some(appended.last), repeated: true });
                }
                Ok(appended) => {
                    folded.state = events.iter().fold(std::mem::take(&mut folded.state), D::evolve);
                    folded.last = Some(appended.revision);
                    return Ok(Handled { events, position: Some(appended.last), repeated: false });
                }
                Err(AppendError::Conflict { .. }) => {
                    self.catch_up(stream, folded).await?;
                    is_current = true;
                }
                Err(AppendError::FingerprintMismatch(id)) => return Err(HandleError::FingerprintMismatch(id)),
                Err(error @ (AppendError::Invalid(_) | AppendError::EventsKnown(_))) => {
                    return Err(HandleError::Unstorable(error.to_string()));
                }
                Err(AppendError::Store(error)) => return Err(error.into()),
            }
        }
        Err(HandleError::Contended(stream.clone()))
    }

    /// What a command is told that appends nothing: a repeat must see its first answer, for by now the state holds
    /// what the first one did.
    async fn without_events(
        &self,
        verdict: Result<Vec<D::Event>, D::Rejection>,
        command_id: CommandId,
        context: &Context,
    ) -> Result<Handled<D::Event>, HandleError<D::Rejection>> {
        match self.first_result(command_id, context).await? {
            Some(handled) => Ok(handled),
            None => verdict
                .map(|_| Handled { events: Vec::new(), position: None, repeated: false })
                .map_err(HandleError::Rejected),
        }
    }

    /// The first result of the command `name` on `stream` under this context, where it was handled before: for what is
    /// looked at before the command is made, and may have changed since.
    pub async fn earlier(
        &self,
        name: &str,
        stream: &StreamName,
        context: &Context,
    ) -> Result<Option<Handled<D::Event>>, HandleError<D::Rejection>> {
        self.first_result(context.command_id(name, stream), context).await
    }

    /// The present state of a stream.
    pub async fn state(&self, stream: &StreamName) -> Result<D::State, HandleError<D::Rejection>> {
        let mut kept = self.states.turn(stream).await;
        let mut folded = std::mem::take(&mut *kept);
        self.catch_up(stream, &mut folded).await?;
        *kept = folded;
        Ok(kept.state.clone())
    }

    /// The present states of many streams, in their order, with few questions to the log. A command on one of them right
    /// after needs no other.
    pub async fn states(&self, streams: &[StreamName]) -> Result<Vec<D::State>, HandleError<D::Rejection>> {
        // In one order, so that two who do this never wait for each other.
        let names: BTreeSet<&StreamName> = streams.iter().collect();
        let mut turns = BTreeMap::new();
        for name in names {
            turns.insert(name, self.states.turn(name).await);
        }
        let wanted: Vec<_> = turns.iter().map(|(name, kept)| ((*name).clone(), next_of(kept.last))).collect();
        let read = self.store.read_streams(&wanted, EACH_EVENTS).await?;
        let mut counts: HashMap<&StreamName, usize> = HashMap::new();
        for recorded in &read {
            let Some(kept) = turns.get_mut(&recorded.stream) else { continue };
            if let Some(event) = self.codec.decode::<D::Event>(recorded)? {
                kept.state = D::evolve(std::mem::take(&mut kept.state), &event);
            }
            kept.last = Some(recorded.revision);
            *counts.entry(&recorded.stream).or_default() += 1;
        }
        for (name, _) in counts.into_iter().filter(|(_, count)| *count == EACH_EVENTS) {
            let Some(kept) = turns.get_mut(name) else { continue };
            let mut folded = std::mem::take(&mut **kept);
            self.catch_up(name, &mut folded).await?;
            **kept = folded;
        }
        Ok(streams.iter().map(|name| turns.get(name).map(|kept| kept.state.clone()).unwrap_or_default()).collect())
    }

    /// Folds what was appended since.
    async fn catch_up(
        &self,
        stream: &StreamName,
        folded: &mut Folded<D::State>,
    ) -> Result<(), HandleError<D::Rejection>> {
        loop {
            let from = next_of(folded.last);
            let page = self.store.read_stream(stream, from, Direction::Forward, PAGE_EVENTS).await?;
            let is_last_page = page.len() < PAGE_EVENTS;
            for recorded in page {
                if let Some(event) = self.codec.decode::<D::Event>(&recorded)? {
                    folded.state = D::evolve(std::mem::take(&mut folded.state), &event);
                }
                folded.last = Some(recorded.revision);
            }
            if is_last_page {
                return Ok(());
            }
        }
    }

    async fn append(
        &self,
        stream: &StreamName,
        command_id: CommandId,
        context: &Context,
        last: Option<Revision>,
        events: &[D::Event],
    ) -> Result<Appended, AppendError> {
        let metadata = context.metadata(command_id);
        let events = events
            .iter()
            .enumerate()
            .map(|(index, event)| encode(EventId::of(command_id, index), event, &metadata))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| AppendError::Invalid(error.to_string()))?;
        self.store
            .append(Append {
                command_id,
                fingerprint: context.fingerprint.clone(),
                stream: stream.clone(),
                expected: last.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact),
                events,
            })
            .await
    }

    async fn first_result(
        &self,
        command_id: CommandId,
        context: &Context,
    ) -> Result<Option<Handled<D::Event>>, HandleError<D::Rejection>> {
        let Some(first) = self.store.find_command(command_id).await? else { return Ok(None) };
        if first.fingerprint != context.fingerprint {
            return Err(HandleError::FingerprintMismatch(command_id));
        }
        let events = self.events_between(first.first, first.last).await?;
        Ok(Some(Handled { events, position: Some(first.last), repeated: true }))
    }

    async fn events_between(
        &self,
        first: Position,
        last: Position,
    ) -> Result<Vec<D::Event>, HandleError<D::Rejection>> {
        let before = Position(first.0.saturating_sub(1));
        let count = usize::try_from(last.0.saturating_sub(before.0)).unwrap_or(usize::MAX);
        let page = self.store.read_all(before, &EventFilter::all(), count).await?;
        let own = page.events.iter().take_while(|event: &&RecordedEvent| event.position <= last);
        let decoded = own.map(|event| self.codec.decode::<D::Event>(event));
        Ok(decoded.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn next_of(last: Option<Revision>) -> Revision {
    last.map_or(Revision(0), Revision::next)
}
