//! The one task of this process that appends: takes what queued up, appends it, answers everybody.

use std::{collections::HashSet, num::NonZeroUsize, sync::Arc};

use chronogram_log::{AppendError, Appended, Position, StoreError, crash_point};
use sqlx::PgConnection;
use tokio::sync::watch;

use crate::{
    batch::Plan,
    failure::Failure,
    heads::StreamHeads,
    lookups,
    queue::{Queue, Request},
    replication::Warnings,
    session::Session,
    settings::StoreSettings,
    statements,
    verdict::{Doubt, examine},
};

/// Rounds that one batch may take. Two are common (a conflict is looked up, a fence was lost); more need a connection
/// that breaks again and again.
const ROUNDS_MAX: usize = 30;

/// Events that other processes may have appended before all heads are forgotten rather than corrected one by one.
const CATCH_UP_EVENTS_MAX: u64 = 20_000;

pub(crate) struct Writer {
    queue: Queue,
    session: Session,
    heads: StreamHeads,
    /// Another process appends as well: lock first, then look, then append. Else each would lose most of its batches.
    contended: bool,
    published: watch::Sender<Position>,
    warnings: Warnings,
}

impl Writer {
    pub(crate) fn new(
        queue: Queue,
        session: Session,
        head: Position,
        published: watch::Sender<Position>,
        settings: &StoreSettings,
    ) -> Self {
        // All streams of one batch must fit, else the plan of a batch would lack the heads it has just read.
        let capacity: NonZeroUsize = settings.stream_heads_max.max(settings.batch_events_max);
        Self {
            queue,
            session,
            heads: StreamHeads::new(head, capacity),
            contended: false,
            published,
            warnings: Warnings::new(),
        }
    }

    /// Works until the queue is closed and empty; whatever happens to Postgres meanwhile.
    pub(crate) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            if let Some(alone) = self.settle(batch).await {
                // Postgres refused the data of one of them: who it is shows when each goes by itself.
                for request in alone {
                    self.settle(vec![request]).await;
                }
            }
        }
        self.session.close().await;
        tracing::debug!(position = self.heads.as_of().0, "the event store's writer has stopped");
    }

    /// Answers every request, or hands back those that must be tried one by one.
    async fn settle(&mut self, mut open: Vec<Request>) -> Option<Vec<Request>> {
        let mut doubt = None;
        let mut last_failure: Option<Arc<sqlx::Error>> = None;
        for _ in 0..ROUNDS_MAX {
            if open.is_empty() {
                return None;
            }
            let mut connection = match self.session.take().await {
                Ok(connection) => connection,
                Err(error) => {
                    tracing::warn!(error = %error, appends = open.len(), "appends fail: Postgres cannot be reached");
                    refuse(&mut open, &unavailable(Arc::new(error)));
                    return None;
                }
            };
            let Err(error) = self.round(&mut connection, &mut open, doubt.take()).await else {
                self.session.keep(connection);
                continue;
            };
            let failure = Failure::of(&error);
            if !matches!(failure, Failure::Lost) && statements::roll_back(&mut connection).await.is_ok() {
                self.session.keep(connection);
            }
            let error = Arc::new(error);
            match failure {
                Failure::Lost => {
                    tracing::warn!(error = %error, "the outcome of an append is not known; reading back what became of it");
                    doubt = Some(Doubt::OutcomeUnknown);
                }
                Failure::Known => doubt = Some(Doubt::Repeats),
                Failure::StaleHeads => {
                    self.heads.forget();
                    self.contended = true;
                }
                Failure::Again => {}
                Failure::HeadBehindEvents => {
                    let position = Position(self.heads.as_of().0 + 1);
                    let detail = "es.head stands before the last event of es.event".to_owned();
                    refuse(&mut open, &StoreError::Corrupt { position, detail });
                    return None;
                }
                Failure::Data { .. } if open.len() > 1 => return Some(open),
                Failure::Data { sqlstate } => {
                    let message = format!("Postgres does not take the data of this append (SQLSTATE {sqlstate})");
                    for request in &mut open {
                        request.answer(Err(AppendError::Invalid(message.clone())));
                    }
                    return None;
                }
                Failure::Refused => {
                    tracing::warn!(error = %error, appends = open.len(), "Postgres refuses to append");
                    refuse(&mut open, &unavailable(error));
                    return None;
                }
            }
            last_failure = Some(error);
        }
        let source = last_failure.unwrap_or_else(|| Arc::new(sqlx::Error::WorkerCrashed));
        tracing::warn!(error = %source, rounds = ROUNDS_MAX, appends = open.len(), "appends are given up");
        refuse(&mut open, &unavailable(source));
        None
    }

    /// One try: appends what can be, answers what is known. Whoever is still open afterwards goes into the next round.
    async fn round(
        &mut self,
        connection: &mut PgConnection,
        open: &mut Vec<Request>,
        doubt: Option<Doubt>,
    ) -> Result<(), sqlx::Error> {
        if let Some(doubt) = doubt {
            let seen = examine(connection, &mut self.heads, open, doubt).await?;
            self.publish(seen);
        }
        let went_in = if self.contended {
            self.append_locked(connection, open).await?
        } else {
            self.load_heads(connection, open).await?;
            let plan = Plan::of(open, &self.heads);
            crash_point("append.before_insert");
            if plan.entries.is_empty() {
                Vec::new()
            } else if self.warnings.none_while(statements::append(connection, self.heads.as_of(), &plan)).await? {
                crash_point("append.after_commit");
                plan.results(self.heads.as_of())
            } else {
                self.contended = true;
                return Ok(());
            }
        };
        self.acknowledge(open, went_in);
        if !open.is_empty() {
            let seen = examine(connection, &mut self.heads, open, Doubt::Repeats).await?;
            self.publish(seen);
        }
        Ok(())
    }

    /// The sure way: nobody can append between the look and the append.
    async fn append_locked(
        &mut self,
        connection: &mut PgConnection,
        open: &[Request],
    ) -> Result<Vec<(usize, Appended)>, sqlx::Error> {
        let head = statements::lock_head(connection).await?;
        self.contended = head != self.heads.as_of();
        self.catch_up(connection, head).await?;
        self.load_heads(connection, open).await?;
        let plan = Plan::of(open, &self.heads);
        if plan.entries.is_empty() {
            statements::roll_back(connection).await?;
            return Ok(Vec::new());
        }
        if !statements::append(connection, head, &plan).await? {
            return Err(sqlx::Error::Protocol("es.head moved although it was locked".to_owned()));
        }
        crash_point("append.before_commit");
        self.warnings.none_while(statements::commit(connection)).await?;
        crash_point("append.after_locked_commit");
        Ok(plan.results(head))
    }

    /// Learns what other processes appended up to `head`.
    async fn catch_up(&mut self, connection: &mut PgConnection, head: Position) -> Result<(), sqlx::Error> {
        let as_of = self.heads.as_of();
        if head.0.saturating_sub(as_of.0) > CATCH_UP_EVENTS_MAX {
            self.heads.forget();
        } else if head > as_of {
            for (stream, revision) in lookups::streams_between(connection, as_of, head).await? {
                self.heads.correct(&stream, revision);
            }
        }
        self.heads.advance(head);
        self.publish(head);
        Ok(())
    }

    /// Reads the heads that the batch needs and nobody remembers.
    async fn load_heads(&mut self, connection: &mut PgConnection, open: &[Request]) -> Result<(), sqlx::Error> {
        let unknown = open.iter().map(|request| &request.append.stream).filter(|stream| !self.heads.knows(stream));
        let unknown: HashSet<_> = unknown.collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for (stream, revision) in lookups::streams(connection, &unknown).await? {
            self.heads.put(stream, revision);
        }
        Ok(())
    }

    /// Remembers and tells what is committed; those who got their answer leave.
    fn acknowledge(&mut self, open: &mut Vec<Request>, went_in: Vec<(usize, Appended)>) {
        let Some((_, last)) = went_in.last() else { return };
        self.heads.advance(last.last);
        self.publish(last.last);
        for (index, appended) in went_in {
            let Some(request) = open.get_mut(index) else { continue };
            self.heads.put(request.append.stream.clone(), Some(appended.revision));
            metrics::counter!("events_appended_total").increment(request.append.events.len() as u64);
            crash_point("append.before_answer");
            request.answer(Ok(appended));
        }
        open.retain(Request::is_open);
    }

    fn publish(&self, head: Position) {
        self.published.send_if_modified(|published| {
            let moved = head > *published;
            *published = head.max(*published);
            moved
        });
    }
}

fn unavailable(source: Arc<sqlx::Error>) -> StoreError {
    StoreError::Unavailable { operation: "append events", source }
}

fn refuse(open: &mut [Request], error: &StoreError) {
    for request in open {
        request.answer(Err(error.clone().into()));
    }
}
