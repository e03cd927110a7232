//! The line that people go through: looked up and claimed, decided about, written down. Its parts work at the same time,
//! and each waits for the next, so memory holds a few people whoever many there are.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chronogram_model::PersonId;
use chronogram_plugin_host::ProfileInput;
use chronogram_read_models::people::{PersonRow, ToFill, people_to_fill};
use futures::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, Fuse, FusedFuture as _},
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    Ending, FillError, FillObserver, FillOptions, FillReport, ProfileFiller,
    claims::Claims,
    fill::while_,
    input::inputs_of,
    recording::Recorded,
    runs::{self, Run},
    strategies::Strategies,
};
use crate::models::ModelFailure;

/// People whose messages are read at once; each has 256 KiB of them at most.
const INPUTS_AT_ONCE: usize = 100;
/// People read ahead of those who decide.
const AHEAD: usize = 100;
/// People that are met while another run is at them, and looked at once more: a run works on fewer at a time.
const PASSED_MAX: usize = 10_000;
/// Answers that are written down at the same time: they share commits.
const APPENDS_AT_ONCE: usize = 512;
/// How often a run says how far it is, and looks whether it shall stop.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Saying how far a run is; over where nobody says so now.
type Telling<'a> = Fuse<BoxFuture<'a, Result<(), FillError>>>;

/// A run at work.
pub(super) struct Working<'a> {
    pub(super) filler: &'a ProfileFiller,
    pub(super) options: &'a FillOptions,
    pub(super) run: Run,
    pub(super) strategies: Strategies,
    pub(super) claims: Option<Claims>,
    pub(super) total: u64,
    /// So many questions to models at the same time.
    pub(super) questions: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
}

/// A person who can be asked about.
pub(super) struct Ready {
    pub(super) person: PersonRow,
    /// When their profile was filled last, by the log.
    pub(super) filled_at: Option<Timestamp>,
    pub(super) input: ProfileInput,
}

pub(super) struct Line<'a> {
    working: &'a Working<'a>,
    already_filled: AtomicU64,
    claimed_elsewhere: AtomicU64,
    /// Some of these.
    passed: Mutex<Vec<PersonId>>,
    is_cut: AtomicBool,
}

impl<'a> Line<'a> {
    pub(super) fn new(working: &'a Working<'a>) -> Self {
        let none = || AtomicU64::new(0);
        Self {
            working,
            already_filled: none(),
            claimed_elsewhere: none(),
            passed: Mutex::default(),
            is_cut: AtomicBool::new(false),
        }
    }

    pub(super) async fn run(&self, observer: &dyn FillObserver) -> Result<FillReport, FillError> {
        let Working { filler, options, run, strategies, total, .. } = self.working;
        let mut report = FillReport {
            run: run.id,
            resumed: run.resumed,
            strategy: options.strategy.clone(),
            plugin_digest: strategies.digest.clone(),
            dry_run: options.dry_run,
            ..FillReport::default()
        };
        observer.progress(0, *total, report.cost);
        let (ready, people) = mpsc::channel(AHEAD);
        let started = Instant::now();
        let looking = self.look_up(ready).boxed();
        let working = self.work_off(people, &mut report, observer, started).boxed();
        futures::try_join!(looking, working)?;
        report.outcome = match report.outcome {
            Ending::Done if self.working.stop.is_cancelled() => Ending::Cancelled,
            Ending::Done if self.is_cut.load(Ordering::Relaxed) => Ending::Limit,
            ending => ending,
        };
        self.sum_up(&mut report, started);
        metrics::counter!("profile_runs_total", "outcome" => report.outcome.name()).increment(1);
        if !options.dry_run {
            let told = told(&report);
            let ended = if report.outcome == Ending::Done && report.claimed_elsewhere > 0 {
                // The other one may be killed: who is left to it is then ours to fill, so this is not over yet.
                runs::tell(&filler.pool, run.id, &told, filler.now()).await.map(drop)
            } else {
                runs::end(&filler.pool, run.id, report.outcome, &told, filler.now()).await
            };
            ended.map_err(while_("end a run"))?;
        }
        Ok(report)
    }

    /// The first part: everybody wanted, and at the end those once more whom another run was at when they were met.
    async fn look_up(&self, ready: mpsc::Sender<Ready>) -> Result<(), FillError> {
        let Working { options, run, .. } = self.working;
        let mut wanted = options.selection.to_fill(run.since);
        let mut left = options.limit.unwrap_or(u64::MAX);
        self.walk(&wanted, &mut left, &ready).await?;
        let passed = std::mem::take(&mut *self.passed());
        if !passed.is_empty() {
            self.claimed_elsewhere.fetch_sub(passed.len() as u64, Ordering::Relaxed);
            wanted.among = Some(passed);
            self.walk(&wanted, &mut left, &ready).await?;
        }
        Ok(())
    }

    /// In batches, with what is known of each.
    async fn walk(&self, wanted: &ToFill, left: &mut u64, ready: &mpsc::Sender<Ready>) -> Result<(), FillError> {
        let Working { filler, options, strategies, stop, .. } = self.working;
        let mut after = None::<PersonId>;
        loop {
            let limit = options.batch_size.min(u32::try_from((*left).max(1)).unwrap_or(u32::MAX));
            let batch = people_to_fill(&filler.queries, wanted, after.as_ref(), limit).await?;
            let Some(last) = batch.last() else { return Ok(()) };
            if *left == 0 {
                self.is_cut.store(true, Ordering::Relaxed);
                return Ok(());
            }
            if after.replace(last.id.clone()).is_some() {
                strategies.look(&filler.plugins).await?;
            }
            let ours = self.claim(batch).await?;
            for people in ours.chunks(INPUTS_AT_ONCE) {
                let rows: Vec<PersonRow> = people.iter().map(|(person, _)| person.clone()).collect();
                let inputs = inputs_of(&filler.queries, &rows, filler.plugins.limits()).await?;
                for ((person, filled_at), input) in people.iter().cloned().zip(inputs) {
                    *left = left.saturating_sub(1);
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => return Ok(()),
                        sent = ready.send(Ready { person, filled_at, input }) => if sent.is_err() { return Ok(()) },
                    }
                }
            }
        }
    }

    fn passed(&self) -> MutexGuard<'_, Vec<PersonId>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those whom nobody else is at, and who may yet be filled: the log knows what the read model is yet to fold.
    async fn claim(&self, mut batch: Vec<PersonRow>) -> Result<Vec<(PersonRow, Option<Timestamp>)>, FillError> {
        let Working { filler, options, run, claims, .. } = self.working;
        if let Some(claims) = claims {
            let ids: Vec<PersonId> = batch.iter().map(|person| person.id.clone()).collect();
            let ours = claims.take(&ids).await.map_err(while_("claim people"))?;
            self.claimed_elsewhere.fetch_add((ids.len() - ours.len()) as u64, Ordering::Relaxed);
            batch.retain(|person| ours.contains(&person.id));
            let mut passed = self.passed();
            let room = PASSED_MAX.saturating_sub(passed.len());
            passed.extend(ids.into_iter().filter(|id| !ours.contains(id)).take(room));
        }
        let streams: Vec<_> = batch.iter().map(|person| person.id.stream()).collect();
        let states = filler.people.states(&streams).await?;
        let replaces = options.selection.replaces(run.since);
        let mut ours = Vec::with_capacity(batch.len());
        for (person, state) in batch.into_iter().zip(states) {
            if state.may_be_filled(replaces) {
                ours.push((person, state.filled_at()));
            } else {
                self.already_filled.fetch_add(1, Ordering::Relaxed);
                self.working.release(&person.id).await?;
            }
        }
        Ok(ours)
    }

    /// The other parts: so many people are decided about at once, and what was decided is written down.
    async fn work_off(
        &self,
        people: mpsc::Receiver<Ready>,
        report: &mut FillReport,
        observer: &dyn FillObserver,
        started: Instant,
    ) -> Result<(), FillError> {
        let working = self.working;
        let workers = working.options.workers.max(1);
        // While so many wait for a model, others are on their way to it or back: answers that come all at once keep each
        // other waiting at the books. One worker has nobody beside it.
        let workers = 2 * workers - 1;
        let free = Arc::new(Semaphore::new(workers));
        let people: BoxStream<'_, (Ready, OwnedSemaphorePermit)> =
            stream::unfold((people, free), next).take_until(working.stop.cancelled()).boxed();
        let recorded = people.map(|(ready, worker)| working.one(ready, worker));
        let mut recorded = Box::pin(recorded.buffer_unordered(workers + APPENDS_AT_ONCE));
        let mut tell = tokio::time::interval(TELL_EVERY);
        tell.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Told beside the work and never instead of it: who is at work may hold the connection that telling waits for.
        let mut telling = Telling::terminated();
        loop {
            tokio::select! {
                next = recorded.next() => match next.transpose()? {
                    // What is still being told must not come after the end of the run.
                    None if telling.is_terminated() => return Ok(()),
                    None => return telling.await,
                    Some(Recorded::Outcome(outcome)) => {
                        report.add(outcome);
                        let passed = self.already_filled.load(Ordering::Relaxed);
                        let done = report.people + passed;
                        observer.progress(done, working.total.max(done), report.cost);
                    }
                    Some(Recorded::Halted(ModelFailure::BudgetSpent(account))) => {
                        report.outcome = Ending::BudgetExhausted;
                        report.spent = Some(account.to_string());
                        working.stop.cancel();
                    }
                    Some(Recorded::Halted(failure)) => return Err(FillError::Models(failure)),
                },
                _ = tell.tick(), if telling.is_terminated() => {
                    telling = self.tell(report.clone(), started).boxed().fuse();
                }
                told = &mut telling, if !telling.is_terminated() => told?,
            }
        }
    }

    async fn tell(&self, mut report: FillReport, started: Instant) -> Result<(), FillError> {
        let Working { filler, options, run, stop, .. } = self.working;
        if options.dry_run {
            return Ok(());
        }
        self.sum_up(&mut report, started);
        let cancelled = runs::tell(&filler.pool, run.id, &told(&report), filler.now()).await;
        if cancelled.map_err(while_("tell how far a run is"))? {
            stop.cancel();
        }
        Ok(())
    }

    fn sum_up(&self, report: &mut FillReport, started: Instant) {
        report.already_filled += self.already_filled.load(Ordering::Relaxed);
        report.claimed_elsewhere = self.claimed_elsewhere.load(Ordering::Relaxed);
        report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
}

impl Working<'_> {
    /// One person: a worker decides, and is free for the next while this is written down.
    fn one(&self, ready: Ready, worker: OwnedSemaphorePermit) -> BoxFuture<'_, Result<Recorded, FillError>> {
        async move {
            let (verdict, decided) = self.decide(ready).await?;
            drop(worker);
            self.record(verdict, decided).await
        }
        .boxed()
    }

    /// What came of a person is in the log, or nothing came of them.
    pub(super) async fn release(&self, person: &PersonId) -> Result<(), FillError> {
        match &self.claims {
            Some(claims) => claims.release(person).await.map_err(while_("release a claim")),
            None => Ok(()),
        }
    }
}

/// The next one on the line. Nobody is taken off before a worker is free: who waits waits in the channel, which is short.
async fn next(
    (mut people, free): (mpsc::Receiver<Ready>, Arc<Semaphore>),
) -> Option<((Ready, OwnedSemaphorePermit), (mpsc::Receiver<Ready>, Arc<Semaphore>))> {
    let worker = free.clone().acquire_owned().await.ok()?;
    let ready = people.recv().await?;
    Some(((ready, worker), (people, free)))
}

/// A report holds nothing that is no JSON.
fn told(report: &FillReport) -> serde_json::Value {
    serde_json::to_value(report).unwrap_or_default()
}
