//! Sends what waits, as fast as Telegram takes it.

use std::{sync::Arc, time::Duration};

use chronogram_gateways::telegram::TelegramError;
use chronogram_log::crash_point;
use chronogram_model::{ChatId, MessageId, conversation::Outgoing};
use jiff::{SignedDuration, Timestamp};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    DeliveryError, Shared,
    budget::Budget,
    outbox::{self, Claimed, Outcome},
    settle, status,
};

/// Messages on their way at the same time: what Telegram takes in a second, were each to take a second.
const UNDER_WAY_MAX: usize = 30;
/// How long the sender sleeps when nobody wakes it.
const SLEEP_MAX: Duration = Duration::from_millis(500);
/// How long one request may take; a lease is longer.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// How long a stop waits for what is on its way; what is left goes out again later, marked.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// After so long an unsent message is given up: what Telegram keeps updates for.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// The longest pause between two tries of one message.
const BACKOFF_MAX: SignedDuration = SignedDuration::from_secs(60);
/// How often the outbox is looked over: rows whose lease is over, and its figures for the metrics.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(5);
/// How long everything waits when Telegram does not know our token.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(30);

/// A message that came back from Telegram.
struct Returned {
    claimed: Claimed,
    result: Result<Option<MessageId>, TelegramError>,
}

/// Sends until it is stopped; what is on its way then is waited for.
pub(super) async fn run(shared: Arc<Shared>, stop: CancellationToken) -> Result<(), DeliveryError> {
    let (pool, bot) = (&shared.parts.pool, shared.parts.bot);
    // We are the only sender: what stands as on its way was somebody's who was killed.
    let taken_back = outbox::reclaim(pool, bot, true, shared.parts.clock.now()).await?;
    if taken_back > 0 {
        tracing::warn!(
            messages = taken_back,
            "messages were on their way when their sender ended; they go out again, marked"
        );
    }
    settle::settle_all(&shared).await?;
    let mut budget = Budget::default();
    let mut under_way: JoinSet<Returned> = JoinSet::new();
    let mut look_over_at = Instant::now();
    let mut stopping_since = None;
    loop {
        if Instant::now() >= look_over_at {
            // Their sending broke off without a word.
            outbox::reclaim(pool, bot, false, shared.parts.clock.now()).await?;
            status::tell(&status::outbox_status(pool).await?, shared.parts.clock.now());
            look_over_at = Instant::now() + LOOK_OVER_EVERY;
        }
        let mut wake_at = Instant::now() + SLEEP_MAX;
        if !stop.is_cancelled() {
            wake_at = wake_at.min(send_ready(&shared, &mut budget, &mut under_way).await?);
        } else if under_way.is_empty() || stopping_since.get_or_insert_with(Instant::now).elapsed() > STOP_PATIENCE {
            return Ok(());
        }
        tokio::select! {
            Some(returned) = under_way.join_next() => {
                if let Ok(returned) = returned {
                    take_back(&shared, &mut budget, returned).await?;
                }
                // Others that came back meanwhile share one look into the outbox.
                while let Some(Ok(returned)) = under_way.try_join_next() {
                    take_back(&shared, &mut budget, returned).await?;
                }
                settle::settle_all(&shared).await?;
            }
            () = shared.wake.notified() => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            () = tokio::time::sleep_until(wake_at) => {}
        }
    }
}

/// Claims and sends what the budget allows. Gives the moment when more may be allowed.
async fn send_ready(
    shared: &Arc<Shared>,
    budget: &mut Budget,
    under_way: &mut JoinSet<Returned>,
) -> Result<Instant, DeliveryError> {
    let clock_now = shared.parts.clock.now();
    let mut next = Instant::now() + SLEEP_MAX;
    let room = UNDER_WAY_MAX.saturating_sub(under_way.len());
    if room == 0 {
        return Ok(next);
    }
    let now = Instant::now();
    let mut chosen = Vec::new();
    for candidate in outbox::candidates(&shared.parts.pool, shared.parts.bot, clock_now).await? {
        if chosen.len() == room {
            break;
        }
        let chat = ChatId(candidate.chat);
        // An answer to a pressed button is no message: Telegram does not count it.
        let at = if candidate.kind == "answer_press" { now } else { budget.next(chat, now) };
        if at > now {
            next = next.min(at);
            continue;
        }
        if candidate.kind != "answer_press" {
            budget.take(chat, now);
        }
        chosen.push(candidate.id);
    }
    if chosen.is_empty() {
        return Ok(next);
    }
    for claimed in outbox::claim(&shared.parts.pool, &chosen, clock_now).await? {
        crash_point("outbox.claimed");
        let shared = shared.clone();
        under_way.spawn(async move {
            let sent = tokio::time::timeout(SEND_PATIENCE, send(&shared, &claimed)).await;
            let result = sent.unwrap_or_else(|_| Err(TelegramError::no_answer()));
            Returned { claimed, result }
        });
    }
    Ok(next)
}

async fn send(shared: &Shared, claimed: &Claimed) -> Result<Option<MessageId>, TelegramError> {
    let telegram = &shared.parts.telegram;
    let chat = ChatId(claimed.chat);
    let Ok((part, is_first)) = claimed.next_part() else {
        return Err(TelegramError::Refused { reason: "unreadable_row" });
    };
    match part {
        Outgoing::Send(message) => {
            let reply_to = claimed.in_reply_to.filter(|_| is_first).map(MessageId);
            telegram.send(chat, &message, reply_to).await.map(Some)
        }
        Outgoing::Edit { message_id, message } => telegram.edit(chat, message_id, &message).await.map(|()| None),
        Outgoing::AnswerPress { press, text } => telegram.answer_press(&press, text.as_deref()).await.map(|()| None),
    }
}

async fn take_back(shared: &Shared, budget: &mut Budget, returned: Returned) -> Result<(), DeliveryError> {
    let Returned { claimed, result } = returned;
    let (pool, bot, now) = (&shared.parts.pool, shared.parts.bot, shared.parts.clock.now());
    let chat = ChatId(claimed.chat);
    let kind = result.as_ref().map_or_else(TelegramError::kind, |_| "sent");
    metrics::counter!("outbox_attempts_total", "result" => kind).increment(1);
    if result.is_ok() {
        crash_point("outbox.sent");
    }
    let outcome = match result {
        Ok(message) => Outcome::PartSent(message),
        Err(TelegramError::RetryAfter(wait)) => {
            let for_all = budget.refuse(chat, wait, Instant::now());
            tracing::info!(chat = chat.0, seconds = wait.as_secs(), for_all, "Telegram wants us to wait");
            later(now, SignedDuration::try_from(wait).unwrap_or(BACKOFF_MAX), false)
        }
        Err(_) if now.duration_since(claimed.enqueued_at) > GIVE_UP_AFTER => Outcome::Failed("expired"),
        Err(TelegramError::Unreachable(_)) => later(now, backoff(claimed.attempts), false),
        Err(TelegramError::Unknown(_)) => later(now, backoff(claimed.attempts), true),
        Err(TelegramError::Unauthorized | TelegramError::Conflict) => {
            tracing::error!("Telegram does not know our token: nothing goes out until it is right");
            budget.hold_all(Instant::now() + UNAUTHORIZED_PAUSE);
            later(now, backoff(claimed.attempts), false)
        }
        Err(TelegramError::Forbidden) => Outcome::Failed("blocked"),
        Err(TelegramError::NotFound) => Outcome::Failed("not_found"),
        Err(TelegramError::Migrated(_)) => Outcome::Failed("migrated"),
        Err(TelegramError::Refused { reason }) => Outcome::Failed(reason),
    };
    let parked = matches!(outcome, Outcome::Failed("blocked"));
    if !outbox::note(pool, &claimed, &outcome, now).await? {
        tracing::warn!(message = %claimed.id, "a message came back after its lease was over");
    }
    if parked {
        outbox::park(pool, bot, chat, "blocked", now).await?;
    }
    Ok(())
}

fn later(now: Timestamp, pause: SignedDuration, maybe_repeated: bool) -> Outcome {
    Outcome::Later { at: now.saturating_add(pause).unwrap_or(Timestamp::MAX), maybe_repeated }
}

/// One second, then twice as long each time.
fn backoff(attempts: i16) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(6);
    SignedDuration::from_secs(1 << doublings).min(BACKOFF_MAX)
}
