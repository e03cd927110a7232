//! Sends what waits, as fast as Telegram takes it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use chronogram_gateways::telegram::TelegramError;
use chronogram_log::crash_point;
use chronogram_model::ChatId;
use sqlx::types::Uuid;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{Id, JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    DeliveryError, Shared,
    actions::AskedAction,
    budget::Budget,
    claims::{self, Claimed},
    files,
    returned::{self, Returned},
    sending, settle, status,
    turns::Turns,
};

/// Messages on their way at the same time: what Telegram takes in a second, were each to take a second.
const UNDER_WAY_MAX: usize = 30;
/// Of these, how many may hold files: each is in memory while it is on its way.
const UPLOADS_MAX: usize = 2;
/// How long the sender sleeps when nobody wakes it.
const SLEEP_MAX: Duration = Duration::from_millis(500);
/// How long a stop waits for what is on its way; what is left goes out again later, marked.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// How often the outbox is looked over: rows whose sending broke off, and its figures for the metrics.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(5);
/// How often files that nobody needs are swept away.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// A claim that took longer is left alone: we stood still, and another process may have what we claimed by now.
const CLAIM_PATIENCE: Duration = Duration::from_secs(5);
/// How long an action may take; then it shows nothing that is still true.
const ACTION_PATIENCE: Duration = Duration::from_secs(5);

/// What came back from Telegram.
enum Back {
    Message(Box<Returned>),
    Action(ChatId, Result<(), TelegramError>),
}

/// Sends until it is stopped; what is on its way then is waited for. `leader` is the process of Postgres that holds the
/// lock for us.
pub(super) async fn run(shared: Arc<Shared>, leader: i32, stop: CancellationToken) -> Result<(), DeliveryError> {
    // We are the only sender: what stands as on its way was somebody's who was killed.
    let taken_back = claims::reclaim(&shared.parts.pool, leader, shared.parts.bot, &[]).await?;
    if taken_back > 0 {
        tracing::warn!(
            messages = taken_back,
            "messages were on their way when their sender ended; they go out again, marked"
        );
    }
    let mut sender = Sender {
        shared: shared.clone(),
        leader,
        budget: Budget::default(),
        turns: Turns::default(),
        under_way: JoinSet::new(),
        ids: HashMap::new(),
        uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
    };
    let (mut look_over_at, mut sweep_at) = (Instant::now(), Instant::now());
    let mut stopping_since = None;
    loop {
        settle::settle_all(&shared).await?;
        if Instant::now() >= look_over_at {
            sender.look_over().await?;
            look_over_at = Instant::now() + LOOK_OVER_EVERY;
        }
        if Instant::now() >= sweep_at {
            files::sweep(&shared).await?;
            sweep_at = Instant::now() + SWEEP_EVERY;
        }
        let mut wake_at = Instant::now() + SLEEP_MAX;
        if !stop.is_cancelled() {
            wake_at = wake_at.min(sender.send_ready().await?);
        } else if sender.ids.is_empty() || stopping_since.get_or_insert_with(Instant::now).elapsed() > STOP_PATIENCE {
            return Ok(());
        }
        tokio::select! {
            Some(back) = sender.under_way.join_next_with_id() => {
                sender.take_back(back).await?;
                // Others that came back meanwhile share one look into the outbox.
                while let Some(back) = sender.under_way.try_join_next_with_id() {
                    sender.take_back(back).await?;
                }
            }
            () = shared.parts.actions.asked() => sender.act(),
            () = shared.wake.notified() => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            () = tokio::time::sleep_until(wake_at) => {}
        }
    }
}

struct OnItsWay {
    id: Uuid,
    /// How many messages it counts as.
    messages: usize,
}

/// What is claimed next.
struct Chosen {
    messages: usize,
    upload: Option<OwnedSemaphorePermit>,
}

struct Sender {
    shared: Arc<Shared>,
    leader: i32,
    budget: Budget,
    turns: Turns,
    under_way: JoinSet<Back>,
    /// Which rows are on their way, by the tasks that send them.
    ids: HashMap<Id, OnItsWay>,
    uploads: Arc<Semaphore>,
}

impl Sender {
    async fn look_over(&self) -> Result<(), DeliveryError> {
        let (pool, bot) = (&self.shared.parts.pool, self.shared.parts.bot);
        let under_way: Vec<Uuid> = self.ids.values().map(|row| row.id).collect();
        claims::reclaim(pool, self.leader, bot, &under_way).await?;
        status::tell(&status::outbox_status(pool).await?, self.shared.parts.clock.now());
        Ok(())
    }

    /// Claims and sends what the budget allows. Gives the moment when more may be allowed.
    async fn send_ready(&mut self) -> Result<Instant, DeliveryError> {
        let (now, clock_now) = (Instant::now(), self.shared.parts.clock.now());
        let mut next = now + SLEEP_MAX;
        if let Some(until) = self.budget.all_held(now) {
            return Ok(until);
        }
        let room = UNDER_WAY_MAX.saturating_sub(self.ids.len());
        if room == 0 {
            return Ok(next);
        }
        let (pool, bot) = (&self.shared.parts.pool, self.shared.parts.bot);
        let closed = self.budget.closed(now);
        next = closed.1.map_or(next, |open_at| next.min(open_at));
        let waiting = claims::candidates(pool, bot, clock_now, &closed.0, &self.budget.held(now)).await?;
        let mut waiting = VecDeque::from(waiting);
        let mut chosen = HashMap::new();
        while let Some(candidate) = self.turns.next(&mut waiting).filter(|_| chosen.len() < room) {
            let (chat, messages) = (ChatId(candidate.chat), usize::try_from(candidate.messages).unwrap_or(1));
            let at = if candidate.is_counted() {
                self.budget.next(chat, messages, now)
            } else {
                self.budget.next_uncounted(chat, now)
            };
            if at > now {
                next = next.min(at);
                continue;
            }
            let mut upload = None;
            if candidate.is_upload() {
                upload = self.uploads.clone().try_acquire_owned().ok();
                if upload.is_none() {
                    continue;
                }
            }
            let messages = if candidate.is_counted() { messages } else { 0 };
            if messages > 0 {
                self.budget.take(chat, messages, now);
            }
            self.turns.taken();
            chosen.insert(candidate.id, Chosen { messages, upload });
        }
        if chosen.is_empty() {
            return Ok(next);
        }
        let ids: Vec<Uuid> = chosen.keys().copied().collect();
        let claimed = claims::claim(&self.shared.parts.pool, self.leader, &ids, clock_now).await?;
        for claimed in claimed.into_iter().filter(|_| now.elapsed() < CLAIM_PATIENCE) {
            crash_point("outbox.claimed");
            if let Some(chosen) = chosen.remove(&claimed.id) {
                self.send(claimed, chosen);
            }
        }
        // Withdrawn between the look and the claim, or not ours any more: they never went.
        for withdrawn in chosen.into_values() {
            self.budget.back(withdrawn.messages, now);
        }
        Ok(next)
    }

    fn send(&mut self, claimed: Claimed, chosen: Chosen) {
        let Chosen { messages, upload } = chosen;
        let (shared, id) = (self.shared.clone(), claimed.id);
        let task = self.under_way.spawn(async move {
            let attempt = sending::send(&shared, &claimed).await;
            drop(upload);
            Back::Message(Box::new(Returned { claimed, attempt }))
        });
        self.ids.insert(task.id(), OnItsWay { id, messages });
    }

    /// Shows what is being done, where that costs nobody anything.
    fn act(&mut self) {
        let now = Instant::now();
        for AskedAction { chat, topic, action, .. } in self.shared.parts.actions.take(now) {
            if !self.budget.act(chat, now) {
                metrics::counter!("outbox_actions_total", "result" => "dropped").increment(1);
                continue;
            }
            let telegram = self.shared.parts.telegram.clone();
            self.under_way.spawn(async move {
                let shown = tokio::time::timeout(ACTION_PATIENCE, telegram.act(chat, topic, action)).await;
                Back::Action(chat, shown.unwrap_or_else(|_| Err(TelegramError::no_answer())))
            });
        }
    }

    async fn take_back(&mut self, back: Result<(Id, Back), JoinError>) -> Result<(), DeliveryError> {
        let (task, back) = match back {
            Ok((task, back)) => (task, Some(back)),
            // Its row is taken back when the outbox is looked over.
            Err(error) => (error.id(), None),
        };
        if let Some(row) = self.ids.remove(&task) {
            self.budget.back(row.messages, Instant::now());
        }
        match back {
            Some(Back::Message(returned)) => returned::take_back(&self.shared, &mut self.budget, *returned).await,
            Some(Back::Action(chat, result)) => {
                let kind = result.as_ref().map_or_else(TelegramError::kind, |()| "shown");
                metrics::counter!("outbox_actions_total", "result" => kind).increment(1);
                if let Err(TelegramError::RetryAfter(wait)) = result {
                    self.budget.refuse(chat, wait, Instant::now());
                }
                Ok(())
            }
            None => Ok(()),
        }
    }
}
