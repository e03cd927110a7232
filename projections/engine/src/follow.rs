//! The leader's work: follows the log and commits batch after batch, rows and checkpoint together.

use std::{error::Error, sync::Arc, time::Duration};

use chronogram_log::{Page, Position, RecordedEvent, StoreError, crash_point};
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    EngineError,
    apply::{Fault, fold},
    checkpoint,
    error::While,
    leadership::pulse,
    left_out::LeftOut,
    parked::{self, ParkedKind, Stop},
    registered::Registered,
    schema,
    shared_reader::{SharedReader, Tail},
};

/// A checkpoint that moves only over foreign events is written at most this often: other processes see it soon, and a
/// busy log does not turn into one write per event and projection.
const FOREIGN_WRITE_INTERVAL: Duration = Duration::from_millis(200);

/// Told after every step.
pub(crate) type ReachedFn<'a> = &'a (dyn Fn(Position) + Send + Sync);

/// Applies events through the session that holds the projection's lock.
pub(crate) struct Follower<'a> {
    pub(crate) reader: Arc<SharedReader>,
    pub(crate) registered: &'a Registered,
    pub(crate) connection: &'a mut PgConnection,
}

/// Where the projection stands.
struct Place {
    /// In the database.
    stored: Position,
    /// Looked at; past `stored` there were only foreign events.
    seen: Position,
    /// When `seen` is to be stored, if it is further.
    write_at: Option<Instant>,
    written_at: Instant,
    /// An event that waits for another try: once it is applied it waits no more.
    retrying: Option<Position>,
}

/// Somebody else moved the checkpoint, a rebuild that switched for one: read it again.
struct Moved;

impl Follower<'_> {
    /// Works until `until` is reached (`None`: for ever) or the token is cancelled; a batch begun is finished.
    pub(crate) async fn follow(
        &mut self,
        until: Option<Position>,
        token: &CancellationToken,
        reached: ReachedFn<'_>,
    ) -> Result<(), EngineError> {
        loop {
            let stored = checkpoint::open(self.connection, self.registered).await?;
            let head = self.reader.head().await?;
            if head < stored {
                return Err(EngineError::AheadOfLog { name: self.registered.name.to_owned(), position: stored, head });
            }
            if let Ok(()) = self.follow_from(stored, until, token, reached).await? {
                return Ok(());
            }
            tracing::info!(
                projection = self.registered.name,
                "the checkpoint was moved by another process: going on there"
            );
        }
    }

    async fn follow_from(
        &mut self,
        stored: Position,
        until: Option<Position>,
        token: &CancellationToken,
        reached: ReachedFn<'_>,
    ) -> Result<Result<(), Moved>, EngineError> {
        let left_out = LeftOut::of(self.connection, self.registered).await?;
        let retrying = parked::first_waiting(self.connection, self.registered).await?;
        let mut log = Tail::new(self.reader.clone(), self.registered.filter.clone(), stored);
        let mut place = Place { stored, seen: stored, write_at: None, written_at: Instant::now(), retrying };
        loop {
            self.registered.publish(place.seen);
            reached(place.seen);
            if until.is_some_and(|until| place.seen >= until) {
                return self.write_seen(&mut place).await;
            }
            let mut batch = tokio::select! {
                biased;
                () = token.cancelled() => return self.write_seen(&mut place).await,
                error = pulse(self.connection) => return Err(error).while_("go on leading"),
                () = reach(place.write_at) => {
                    if let Err(moved) = self.write_seen(&mut place).await? {
                        return Ok(Err(moved));
                    }
                    continue;
                }
                batch = log.next() => match batch {
                    Err(StoreError::Corrupt { position, detail }) => {
                        let stop = Stop { position, kind: ParkedKind::Corrupt, reason: detail };
                        return Err(self.stop(stop, None).await);
                    }
                    batch => batch?,
                },
            };
            left_out.leave_out(&mut batch.events);
            if batch.events.is_empty() {
                place.seen = batch.up_to;
                let due = place.written_at + FOREIGN_WRITE_INTERVAL;
                place.write_at.get_or_insert(due);
            } else if let Err(moved) = self.apply(&batch, &mut place).await? {
                return Ok(Err(moved));
            }
        }
    }

    /// Stores a checkpoint that only foreign events moved.
    async fn write_seen(&mut self, place: &mut Place) -> Result<Result<(), Moved>, EngineError> {
        if place.seen > place.stored {
            match self.commit(place, place.seen, &[]).await {
                Ok(true) => place.wrote(place.seen),
                Ok(false) => return Ok(Err(Moved)),
                Err(fault) => return Err(fault.into_error(self.registered, &[])),
            }
        }
        Ok(Ok(()))
    }

    /// Applies a whole batch; one that is refused is cut until the event to blame stands alone.
    async fn apply(&mut self, batch: &Page, place: &mut Place) -> Result<Result<(), Moved>, EngineError> {
        let mut rest = batch.events.as_slice();
        let mut size = rest.len();
        while let (Some(first), Some((part, behind))) = (rest.first(), rest.split_at_checked(size)) {
            let up_to = match part.last() {
                Some(last) if !behind.is_empty() => last.position,
                _ => batch.up_to,
            };
            let began = Instant::now();
            match self.commit(place, up_to, part).await {
                Ok(true) => {
                    metrics::histogram!("projection_batch_seconds", "projection" => self.registered.name)
                        .record(began.elapsed());
                    metrics::counter!("projection_events_total", "projection" => self.registered.name)
                        .increment(part.len() as u64);
                    place.wrote(up_to);
                    self.registered.publish(up_to);
                    rest = behind;
                    size = rest.len();
                }
                Ok(false) => return Ok(Err(Moved)),
                Err(Fault::Poison { position, reason }) => {
                    match part.iter().take_while(|event| event.position < position).count() {
                        before if 0 < before && before < part.len() => size = before,
                        _ => {
                            let stop = Stop { position, kind: ParkedKind::Poison, reason };
                            return Err(self.stop(stop, part.iter().find(|event| event.position == position)).await);
                        }
                    }
                }
                Err(Fault::Refused { kind, reason }) if size == 1 => {
                    return Err(self.stop(Stop { position: first.position, kind, reason }, Some(first)).await);
                }
                Err(Fault::Refused { .. }) => size /= 2,
                Err(Fault::Database(source)) => return Err(source).while_("write the rows of a batch"),
            }
        }
        Ok(Ok(()))
    }

    /// One transaction: checkpoint, then rows. `false`: the checkpoint was not where `place` says, nothing was done.
    async fn commit(&mut self, place: &Place, to: Position, events: &[RecordedEvent]) -> Result<bool, Fault> {
        let mut transaction = self.connection.begin().await?;
        schema::enter(&mut transaction, &self.registered.live_schema()).await?;
        let mut done = checkpoint::advance(&mut transaction, self.registered, place.stored, to).await?;
        crash_point("projection.before_rows");
        let folded = if done { fold(self.registered, events, &mut transaction).await } else { Ok(()) };
        done &= folded.is_ok();
        if done {
            if place.retrying.is_some_and(|waiting| waiting <= to) {
                parked::applied(&mut transaction, self.registered, to).await?;
            }
            crash_point("projection.before_commit");
            transaction.commit().await?;
            crash_point("projection.after_commit");
        } else {
            transaction.rollback().await?;
        }
        folded.map(|()| done)
    }

    /// Records the end of this projection's work; where even that fails, the log of the process still says it.
    async fn stop(&mut self, stop: Stop, event: Option<&RecordedEvent>) -> EngineError {
        if let Err(error) = parked::park(self.connection, self.registered, &stop, event).await {
            tracing::warn!(projection = self.registered.name, error = &error as &dyn Error, "its stop is not recorded");
        }
        EngineError::Stopped { name: self.registered.name.to_owned(), position: stop.position, reason: stop.reason }
    }
}

impl Place {
    fn wrote(&mut self, position: Position) {
        let retrying = self.retrying.filter(|waiting| *waiting > position);
        *self = Self { stored: position, seen: position, write_at: None, written_at: Instant::now(), retrying };
    }
}

/// Returns at that moment; never where there is none.
async fn reach(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
