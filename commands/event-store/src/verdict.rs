//! What becomes of appends that did not simply go in: repeats, conflicts, known events. Always asked of Postgres, for
//! what this process remembers may be old.

use std::collections::{HashMap, HashSet};

use chronogram_log::{Append, AppendError, Appended, Position, Revision};
use chronogram_model::{CommandId, EventId, StreamName};
use sqlx::PgConnection;

use crate::{
    heads::StreamHeads,
    lookups::{self, KnownCommand},
    queue::Request,
    replication,
};

/// Why we look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Something of the batch is in the log already, or a stream is not as expected.
    Repeats,
    /// The connection broke: what was sent may have been committed.
    OutcomeUnknown,
}

/// Answers whoever has an answer now and keeps the others in `open`. Gives the last position that was seen.
pub(crate) async fn examine(
    connection: &mut PgConnection,
    heads: &mut StreamHeads,
    open: &mut Vec<Request>,
    doubt: Doubt,
) -> Result<Position, sqlx::Error> {
    let names: HashSet<&StreamName> = open.iter().map(|request| &request.append.stream).collect();
    let command_ids: Vec<_> = open.iter().map(|request| request.append.command_id.0).collect();
    let event_ids: Vec<_> = open.iter().flat_map(|request| &request.append.events).map(|event| event.id.0).collect();
    // Streams first: a command that another process commits in between is then found, and is no conflict.
    let streams = lookups::streams(&mut *connection, &names).await?;
    let commands = lookups::commands(&mut *connection, &command_ids).await?;
    let events = lookups::events(&mut *connection, &event_ids).await?;
    if !commands.is_empty() || !events.is_empty() {
        replication::confirm(connection).await?;
    }

    // What was committed before the batch was sent is a repeat; what stands behind may be the batch itself.
    let sent_behind = (doubt == Doubt::OutcomeUnknown).then_some(heads.as_of());
    let facts = Facts { streams: &streams, commands: &commands, events: &events, sent_behind };
    let mut seen = Position::START;
    for request in open.iter_mut() {
        let Some(verdict) = facts.verdict(&request.append) else { continue };
        match &verdict {
            Ok(appended) => {
                seen = seen.max(appended.last);
                if !appended.repeated {
                    metrics::counter!("events_appended_total").increment(request.append.events.len() as u64);
                }
            }
            Err(AppendError::Conflict { .. }) => metrics::counter!("append_conflicts_total").increment(1),
            Err(_) => {}
        }
        request.answer(verdict);
    }
    open.retain(Request::is_open);
    for (stream, revision) in streams {
        heads.put(stream, revision);
    }
    Ok(seen)
}

/// What is known of streams, commands and events that are asked for.
pub(crate) struct Facts<'a> {
    pub(crate) streams: &'a HashMap<StreamName, Option<Revision>>,
    pub(crate) commands: &'a HashMap<CommandId, KnownCommand>,
    pub(crate) events: &'a HashSet<EventId>,
    /// Commands behind this position may have been sent just now; `None`: all of them are repeats.
    pub(crate) sent_behind: Option<Position>,
}

impl Facts<'_> {
    /// `None`: nothing speaks against the append.
    pub(crate) fn verdict(&self, append: &Append) -> Option<Result<Appended, AppendError>> {
        if let Some(known) = self.commands.get(&append.command_id) {
            return Some(self.repeat(append, known));
        }
        let actual = self.streams.get(&append.stream).copied().flatten();
        if !append.expected.accepts(actual) {
            let (stream, expected) = (append.stream.clone(), append.expected);
            return Some(Err(AppendError::Conflict { stream, expected, actual }));
        }
        let known: HashSet<_> = append.events.iter().map(|e| e.id).filter(|id| self.events.contains(id)).collect();
        (!known.is_empty()).then_some(Err(AppendError::EventsKnown(known)))
    }

    fn repeat(&self, append: &Append, known: &KnownCommand) -> Result<Appended, AppendError> {
        let result = &known.result;
        if let (Some(then), Some(now)) = (&result.fingerprint, &append.fingerprint)
            && then != now
        {
            return Err(AppendError::FingerprintMismatch(append.command_id));
        }
        let repeated = self.sent_behind.is_none_or(|behind| result.first <= behind);
        Ok(Appended { first: result.first, last: result.last, revision: known.last_revision, repeated })
    }
}
