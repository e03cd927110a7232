//! The one task of this process that appends: takes what queued up, sends it all at once, answers everybody.
//!
//! Each append names the exact revision it goes behind. A revision is remembered only while everything up to it is
//! indexed: what this process appended is noted before it is acknowledged, what others appended is indexed before the
//! stream's head is read into the memory. So "the index does not know this command, and the server took it behind this
//! revision" means that it is there once.

mod sending;

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
};

use chronogram_log::{AppendError, Appended, ExpectedRevision, Position, Revision, StoreError};
use chronogram_model::{CommandId, EventId, StreamName};
use eventstore::BatchAppendClient;
use futures::{StreamExt, TryStreamExt, stream};
use lru::LruCache;
use tokio::sync::watch;

use super::{
    catch_up,
    connection::{Connection, gives_up, pause},
    index::Index,
    reads::Reads,
};
use crate::{
    lookups::KnownCommand,
    queue::{Queue, Request},
    settings::StoreSettings,
    verdict::Facts,
};

const APPEND: &str = "append events";
/// Rounds in a row in which all that was sent came too late: each of them means that somebody else appended.
const LOST_ROUNDS_MAX: u32 = 100;
/// Streams whose heads are read at the same time.
const HEADS_AT_ONCE: usize = 16;

pub(super) struct Writer {
    queue: Queue,
    connection: Arc<Connection>,
    reads: Arc<Reads>,
    index: Arc<Index>,
    session: Option<BatchAppendClient>,
    /// Somebody else appends as well: each append goes by a session of its own, for a refusal ends its session for all.
    contended: bool,
    /// Last revisions (`None`: no events) of streams that are indexed up to there.
    heads: LruCache<StreamName, Option<Revision>>,
    published: watch::Sender<Position>,
}

/// Others append to the same streams, round after round.
#[derive(Debug, thiserror::Error)]
#[error("others append to the same streams again and again")]
struct Outrun;

/// An append whose caller waits.
struct Open {
    request: Request,
    /// It was sent, and what became of it is not known.
    sent: bool,
}

/// What a round knows.
struct Known {
    streams: HashMap<StreamName, Option<Revision>>,
    /// Those of them that were read in this round. What is only remembered refuses nobody, unless the stream is past what
    /// is expected of it: it never goes back.
    fresh: HashSet<StreamName>,
    commands: HashMap<CommandId, KnownCommand>,
    events: HashSet<EventId>,
}

impl Writer {
    pub(super) fn new(queue: Queue, reads: Arc<Reads>, index: Arc<Index>, settings: &StoreSettings) -> Self {
        // All streams of one batch must fit, else a round would lack the heads it has just read.
        let capacity: NonZeroUsize = settings.stream_heads_max.max(settings.batch_events_max);
        let (connection, published) = (reads.connection.clone(), reads.published.clone());
        Self {
            queue,
            connection,
            reads,
            index,
            session: None,
            contended: false,
            heads: LruCache::new(capacity),
            published,
        }
    }

    /// Works until the queue is closed and empty; whatever happens to the server meanwhile.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            let open = batch.into_iter().map(|request| Open { request, sent: false }).collect();
            self.settle(open).await;
        }
        tracing::debug!("the event store's writer has stopped");
    }

    /// Answers every request.
    async fn settle(&mut self, mut open: Vec<Open>) {
        let (mut failed, mut lost) = (0, 0);
        while !open.is_empty() {
            let before = open.len();
            let round = self.round(&mut open).await;
            open.retain(|open| open.request.is_open());
            if open.len() < before {
                (failed, lost) = (0, 0);
                continue;
            }
            if round.is_err() {
                failed += 1;
            } else {
                lost += 1;
            }
            let hopeless = matches!(round, Err(StoreError::Corrupt { .. }));
            if hopeless || gives_up(failed) || lost == LOST_ROUNDS_MAX {
                let error = round
                    .err()
                    .unwrap_or_else(|| StoreError::Unavailable { operation: APPEND, source: Arc::new(Outrun) });
                tracing::warn!(error = %error, appends = open.len(), "appends are given up");
                for open in &mut open {
                    open.request.answer(Err(error.clone().into()));
                }
                return;
            }
            if round.is_err() {
                tokio::time::sleep(pause(failed)).await;
            }
        }
    }

    /// One try: answers what is known, sends what can be. Whoever is still open afterwards goes into the next round.
    async fn round(&mut self, open: &mut [Open]) -> Result<(), StoreError> {
        let known = self.look(open).await?;
        let facts =
            Facts { streams: &known.streams, commands: &known.commands, events: &known.events, sent_behind: None };
        for Open { request, sent } in open.iter_mut() {
            match facts.verdict(&request.append) {
                None => {}
                Some(Err(AppendError::Conflict { stream, expected, actual }))
                    if !known.fresh.contains(&stream) && !is_past(expected, actual) =>
                {
                    self.heads.pop(&stream);
                }
                // It was no repeat when it was sent.
                Some(Ok(found)) => request.answer(Ok(Appended { repeated: found.repeated && !*sent, ..found })),
                Some(refused) => request.answer(refused),
            }
        }
        let going = self.going(open, &known);
        self.send(open, &going).await
    }

    /// What is to be known before anything is sent.
    async fn look(&mut self, open: &[Open]) -> Result<Known, StoreError> {
        let appends = || open.iter().map(|open| &open.request.append);
        let names: HashSet<&StreamName> = appends().map(|append| &append.stream).collect();
        let unknown: Vec<_> = names.iter().filter(|name| self.heads.get(**name).is_none()).copied().cloned().collect();
        let mut fresh = HashSet::new();
        if !unknown.is_empty() {
            // First the heads, then the index up to the head of the log: what is behind the heads is indexed.
            let reads = self.reads.clone();
            let heads: Vec<_> = stream::iter(unknown)
                .map(|name| async {
                    let last = reads.last_of(&name).await?;
                    Ok::<_, StoreError>((name, last.map(|event| event.revision)))
                })
                .buffer_unordered(HEADS_AT_ONCE)
                .try_collect()
                .await?;
            catch_up::to_the_head(&self.reads, &self.index).await?;
            for (name, last) in heads {
                fresh.insert(name.clone());
                self.heads.put(name, last);
            }
        }
        let streams = names.iter().filter_map(|name| Some(((*name).clone(), *self.heads.get(*name)?))).collect();
        let commands: Vec<_> = appends().map(|append| append.command_id).collect();
        let events: Vec<_> = appends().flat_map(|append| &append.events).map(|event| event.id).collect();
        // Events first: a command that another process notes in between is then found, and its events are no strangers.
        let events = self.index.events(&events).await?;
        let commands = self.index.commands(&commands).await?;
        Ok(Known { streams, fresh, commands, events })
    }

    /// Which of the open ones go now: one a stream, and none that repeats something of another.
    fn going(&self, open: &[Open], known: &Known) -> Vec<usize> {
        let (mut streams, mut commands, mut events) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut going = Vec::new();
        for (index, Open { request, .. }) in open.iter().enumerate() {
            let append = &request.append;
            let remembered = known.streams.contains_key(&append.stream) && self.heads.contains(&append.stream);
            let repeats =
                commands.contains(&append.command_id) || append.events.iter().any(|event| events.contains(&event.id));
            if request.is_open() && remembered && !repeats && streams.insert(&append.stream) {
                commands.insert(append.command_id);
                events.extend(append.events.iter().map(|event| event.id));
                going.push(index);
            }
        }
        going
    }
}

/// Whether a stream that is at `actual`, or further by now, is past what is expected of it for good.
fn is_past(expected: ExpectedRevision, actual: Option<Revision>) -> bool {
    match expected {
        ExpectedRevision::Any => false,
        ExpectedRevision::NoStream => actual.is_some(),
        ExpectedRevision::Exact(revision) => actual > Some(revision),
    }
}
