//! What goes to the server in a round, and what its answers mean.

use chronogram_log::{Append, AppendError, Appended, CommandResult, Direction, Position, Revision, StoreError};
use eventstore::{BatchAppendClient, BatchWriteResult};
use futures::future::join_all;

use super::{APPEND, Open, Writer};
use crate::{
    kurrent::{
        connection::{Failure, unavailable},
        index::Notes,
        publish,
        reads::Reads,
        session::{self, Outcome},
    },
    lookups::KnownCommand,
    queue::Request,
};

impl Writer {
    /// Sends those of `open` that go, all at once, and answers whoever is known to be in the log, or refused for good.
    pub(super) async fn send(&mut self, open: &mut [Open], going: &[usize]) -> Result<(), StoreError> {
        if going.is_empty() {
            return Ok(());
        }
        let mut sessions = Vec::from_iter(self.session.take());
        let wanted = if self.contended { going.len() } else { 1 };
        while sessions.len() < wanted {
            sessions.push(self.open_session().await?);
        }
        let appends: Vec<_> = going.iter().filter_map(|index| Some(&open.get(*index)?.request.append)).collect();
        let sending = appends.iter().zip(sessions.iter().cycle()).map(|(append, session)| {
            let last = self.heads.peek(&append.stream).copied().flatten();
            let reads = &self.reads;
            async move {
                match session::send(session, append, last).await {
                    Outcome::Written(written) => placed(reads, append, last, &written).await,
                    other => Err(other),
                }
            }
        });
        let outcomes = join_all(sending).await;
        let mut notes = Notes::default();
        for (append, placed) in appends.iter().zip(&outcomes) {
            if let Ok(appended) = placed {
                note(&mut notes, append, appended);
            }
        }
        let remembered = if outcomes.iter().any(Result::is_ok) { self.index.note(&notes).await } else { Ok(()) };
        if outcomes.iter().all(Result::is_ok) {
            self.session = sessions.pop();
        }
        self.contended = outcomes.iter().any(|outcome| matches!(outcome, Err(Outcome::NotAsExpected)));
        // One refusal ends the session for all: that says nothing of the server.
        let collateral = outcomes.iter().any(|outcome| !matches!(outcome, Ok(_) | Err(Outcome::Unknown(_))));
        let mut failure = None;
        for (index, outcome) in going.iter().zip(outcomes) {
            let Some(Open { request, sent }) = open.get_mut(*index) else { continue };
            match outcome {
                Ok(appended) if remembered.is_ok() => self.acknowledge(request, appended),
                // Its answer is in the log; the next round finds it there.
                Ok(_) => {
                    *sent = true;
                    self.heads.pop(&request.append.stream);
                }
                Err(Outcome::NotAsExpected) => {
                    metrics::counter!("append_conflicts_total").increment(1);
                    self.heads.pop(&request.append.stream);
                }
                Err(Outcome::Invalid(message)) => request.answer(Err(AppendError::Invalid(message))),
                Err(Outcome::Refused(error)) => request.answer(Err(unavailable(APPEND)(error).into())),
                Err(Outcome::Unknown(error)) => {
                    *sent = true;
                    self.heads.pop(&request.append.stream);
                    failure = (!collateral).then(|| unavailable(APPEND)(error));
                }
                Err(Outcome::Written(_)) => *sent = true,
            }
        }
        remembered.and(failure.map_or(Ok(()), Err))
    }

    async fn open_session(&self) -> Result<BatchAppendClient, StoreError> {
        session::open(&self.connection).await.map_err(|error| {
            if Failure::of(&error) == Failure::ClientGone {
                self.connection.renew();
            }
            unavailable(APPEND)(error)
        })
    }

    fn acknowledge(&mut self, request: &mut Request, appended: Appended) {
        self.heads.put(request.append.stream.clone(), Some(appended.revision));
        publish(&self.published, appended.last);
        metrics::counter!("events_appended_total").increment(request.append.events.len() as u64);
        request.answer(Ok(appended));
    }
}

/// Where the events of an append ended up. The server says where the last one stands; who wants the first asks.
async fn placed(
    reads: &Reads,
    append: &Append,
    behind: Option<Revision>,
    written: &BatchWriteResult,
) -> Result<Appended, Outcome> {
    let unknown =
        || Outcome::Unknown(eventstore::Error::InternalParsingError("a success without its place".to_owned()));
    let (Some(revision), Some(position)) = (written.current_revision(), written.current_position()) else {
        return Err(unknown());
    };
    let (revision, last) = (Revision(revision), Position(position.commit));
    let first = behind.map_or(Revision(0), Revision::next);
    if revision.0 + 1 != first.0 + append.events.len() as u64 {
        // The server knew the events, and where they are is not where we meant: they are somebody else's first try.
        return Err(Outcome::NotAsExpected);
    }
    if append.events.len() == 1 {
        return Ok(Appended { first: last, last, revision, repeated: false });
    }
    match reads.stream(&append.stream, first, Direction::Forward, 1).await {
        Ok(events) => match events.first() {
            Some(event) => Ok(Appended { first: event.position, last, revision, repeated: false }),
            None => Err(unknown()),
        },
        Err(error) => Err(Outcome::Unknown(eventstore::Error::ServerError(error.to_string()))),
    }
}

fn note(notes: &mut Notes, append: &Append, appended: &Appended) {
    for event in &append.events {
        notes.event(event.id);
    }
    let result = CommandResult { first: appended.first, last: appended.last, fingerprint: append.fingerprint.clone() };
    notes.command(append.command_id, KnownCommand { result, last_revision: appended.revision });
}
