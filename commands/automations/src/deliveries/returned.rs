//! What Telegram said to a message, and what follows from it.

use std::time::Duration;

use chronogram_gateways::{patience::doubled, telegram::TelegramError};
use chronogram_log::crash_point;
use chronogram_model::ChatId;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{
    DeliveryError, Shared,
    budget::Budget,
    claims::{self, Claimed, Outcome},
    files, places,
    sending::Attempt,
};

/// After so long an unsent message is given up: what Telegram keeps updates for.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// The pause after the first try of a message that failed; it doubles.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest pause between two tries of one message.
const BACKOFF_MAX: Duration = Duration::from_mins(1);
/// How long everything waits when Telegram does not know our token.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(30);
/// How long nothing goes to a chat that does not hear us, until it is parked by way of the log.
const PARKING_PAUSE: Duration = Duration::from_secs(5);

/// A message that came back from Telegram.
pub(super) struct Returned {
    pub(super) claimed: Claimed,
    pub(super) attempt: Result<Attempt, DeliveryError>,
}

/// Notes what became of a message.
pub(super) async fn take_back(shared: &Shared, budget: &mut Budget, returned: Returned) -> Result<(), DeliveryError> {
    let Returned { claimed, attempt } = returned;
    let Attempt { result, remembered, learned } = attempt?;
    let (pool, now) = (&shared.parts.pool, shared.parts.clock.now());
    let chat = ChatId(claimed.chat);
    let kind = result.as_ref().map_or_else(TelegramError::kind, |_| "sent");
    metrics::counter!("outbox_attempts_total", "result" => kind).increment(1);
    if result.is_ok() {
        crash_point("outbox.sent");
    }
    for (digest, kind, file_id) in learned {
        files::remember(pool, claimed.bot, &digest, kind, &file_id).await?;
    }
    let outcome = match result {
        Ok(messages) => Outcome::PartSent(messages),
        Err(TelegramError::RetryAfter(wait)) => {
            let for_all = budget.refuse(chat, wait, Instant::now());
            tracing::info!(chat = chat.0, seconds = wait.as_secs(), for_all, "Telegram wants us to wait");
            later(now, SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX), false)
        }
        Err(TelegramError::Migrated(to)) => {
            let to = ChatId(to);
            // Back among those that wait: with them it is re-addressed.
            claims::note(pool, &claimed, &later(now, SignedDuration::ZERO, false), now).await?;
            tracing::info!(chat = chat.0, to = to.0, "a group became a supergroup");
            return places::note_migrated(shared, claimed.id, chat, to, now).await;
        }
        Err(TelegramError::Forbidden) => {
            budget.hold(chat, Instant::now() + PARKING_PAUSE);
            if chat.0 > 0 {
                places::note_blocked(shared, claimed.id, chat, now).await?;
            } else {
                // Who threw us out Telegram says in an update, which parks the group.
                places::fail_waiting(pool, claimed.bot, chat, now).await?;
            }
            Outcome::Failed("blocked")
        }
        Err(TelegramError::TopicGone) if claimed.topic.is_some() => Outcome::WithoutTopic,
        Err(TelegramError::FileUnknown) if !remembered.is_empty() => {
            // Telegram forgot it: the bytes go once more.
            for digest in &remembered {
                files::forget(pool, claimed.bot, digest).await?;
            }
            later(now, SignedDuration::ZERO, false)
        }
        Err(error) => otherwise(budget, &claimed, &error, now),
    };
    if !claims::note(pool, &claimed, &outcome, now).await? {
        tracing::warn!(message = %claimed.id, "a message came back after somebody else had taken it");
    }
    Ok(())
}

/// What follows where nothing but the message itself is concerned.
fn otherwise(budget: &mut Budget, claimed: &Claimed, error: &TelegramError, now: Timestamp) -> Outcome {
    match error {
        TelegramError::NotFound => Outcome::Failed("not_found"),
        TelegramError::TopicGone => Outcome::Failed("topic_gone"),
        TelegramError::FileUnknown => Outcome::Failed("file_unknown"),
        TelegramError::Refused { reason } => Outcome::Failed(reason),
        _ if now.duration_since(claimed.enqueued_at) > GIVE_UP_AFTER => Outcome::Failed("expired"),
        TelegramError::Unauthorized | TelegramError::Conflict => {
            tracing::error!("Telegram does not know our token: nothing goes out until it is right");
            budget.hold_all(Instant::now() + UNAUTHORIZED_PAUSE);
            later(now, backoff(claimed.attempts), false)
        }
        TelegramError::Unknown(_) => later(now, backoff(claimed.attempts), true),
        TelegramError::Unreachable(_)
        | TelegramError::RetryAfter(_)
        | TelegramError::Forbidden
        | TelegramError::Migrated(_) => later(now, backoff(claimed.attempts), false),
    }
}

fn later(now: Timestamp, pause: SignedDuration, maybe_repeated: bool) -> Outcome {
    Outcome::Later { at: now.saturating_add(pause).unwrap_or(Timestamp::MAX), maybe_repeated }
}

fn backoff(attempts: i16) -> SignedDuration {
    let pause = doubled(BACKOFF_FIRST, BACKOFF_MAX, u32::try_from(attempts).unwrap_or_default());
    SignedDuration::try_from(pause).unwrap_or_default()
}
