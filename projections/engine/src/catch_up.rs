//! For commands: wait until projections are where they should be, and do the work where nobody else does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chronogram_log::Position;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineError, Progress, ProgressFn, checkpoint,
    error::While,
    follow::{Follower, ReachedFn},
    leadership::Candidate,
    registered::Registered,
    replay::union,
    shared_reader::SharedReader,
};

/// How often another process's progress is read, and whether it is still there.
const OTHERS_POLL: Duration = Duration::from_millis(100);

impl Engine {
    /// Waits until all projections reached `until`, a position of the log; where nobody leads one, this process does.
    /// A stopped projection is an error; the others are caught up all the same.
    pub async fn catch_up(&self, until: Position, progress: ProgressFn<'_>) -> Result<(), EngineError> {
        self.catch_up_named(&[], until, progress).await
    }

    /// The same for these projections; no name: all.
    pub async fn catch_up_named(
        &self,
        names: &[&str],
        until: Position,
        progress: ProgressFn<'_>,
    ) -> Result<(), EngineError> {
        let selected = self.select(names)?;
        let places: Vec<AtomicU64> = selected.iter().map(|_| AtomicU64::new(0)).collect();
        let reader = self.shared_reader(&selected);
        let total = until.0.saturating_mul(selected.len() as u64);
        let work = selected.iter().zip(&places).map(|(registered, place)| {
            let (places, reader) = (&places, reader.clone());
            async move {
                let reached = |position: Position| {
                    place.store(position.0.min(until.0), Ordering::Relaxed);
                    let done = places.iter().map(|place| place.load(Ordering::Relaxed)).sum();
                    progress(Progress { done, total });
                };
                self.catch_up_one(registered, until, reader, &reached).await
            }
        });
        futures::future::join_all(work).await.into_iter().collect()
    }

    async fn catch_up_one(
        &self,
        registered: &Registered,
        until: Position,
        reader: Arc<SharedReader>,
        reached: ReachedFn<'_>,
    ) -> Result<(), EngineError> {
        if self.look(registered, until, reached).await? {
            return Ok(());
        }
        let mut candidate = self.candidate(registered, "catch-up").await?;
        while !candidate.wins().await.while_("take a projection's lock")? {
            if self.look(registered, until, reached).await? {
                return Ok(());
            }
            if let Some(stopped) =
                checkpoint::read(&self.sessions.pool, registered).await?.and_then(|row| row.stop(registered))
            {
                return Err(stopped);
            }
            tokio::time::sleep(OTHERS_POLL).await;
        }
        let mut leadership = candidate.into_leadership();
        leadership.lives_by_its_pulse().await.while_("take a projection's lock")?;
        let connection = leadership.connection();
        let mut follower = Follower { reader, registered, connection };
        let result = follower.follow(Some(until), &CancellationToken::new(), reached).await;
        leadership.give_up().await;
        result
    }

    /// Somebody who would apply this projection.
    pub(crate) async fn candidate(&self, registered: &Registered, work: &str) -> Result<Candidate, EngineError> {
        let name = format!("chronogram {work} {}", registered.name);
        let candidate = Candidate::open(&self.sessions.pool, registered.apply_lock(), &name).await;
        candidate.while_("open a connection for a projection")
    }

    /// One reader of the log for these.
    pub(crate) fn shared_reader(&self, projections: &[Arc<Registered>]) -> Arc<SharedReader> {
        let wanted = union(projections.iter().map(|registered| &registered.filter));
        SharedReader::new(self.sessions.store.clone(), wanted, self.batches.live)
    }

    /// Whether it is there, by the checkpoint.
    async fn look(
        &self,
        registered: &Registered,
        until: Position,
        reached: ReachedFn<'_>,
    ) -> Result<bool, EngineError> {
        let Some(row) = checkpoint::read(&self.sessions.pool, registered).await? else { return Ok(false) };
        if row.fingerprint != registered.fingerprint {
            return Err(registered.mismatch());
        }
        let position = row.position();
        registered.publish(position);
        reached(position);
        Ok(position >= until)
    }
}
