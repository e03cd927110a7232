//! `getUpdates`: long polling, one reader at a time.

use std::time::Duration;

use serde_json::Value;

use crate::{
    api::{ApiError, Outcome, Parameters},
    hub::{Hub, hold},
    ids::UpdateId,
    limits::UPDATES_MAX,
    state::{Change, Update, World},
    updates,
};

/// The real server waits no longer either.
const TIMEOUT_MAX_SECONDS: i64 = 50;

/// Answers as soon as there is something, or when the time-out is over.
pub(crate) async fn poll(hub: &Hub, parameters: &Parameters) -> Outcome {
    let allowed = parameters.texts("allowed_updates")?;
    let limit = usize::try_from(parameters.integer("limit").unwrap_or(0)).unwrap_or(0);
    let limit = if limit == 0 { UPDATES_MAX } else { limit.min(UPDATES_MAX) };
    let timeout = parameters.integer("timeout").unwrap_or(0).clamp(0, TIMEOUT_MAX_SECONDS);
    if hub.read(|world| world.webhook.is_some()) {
        return Err(ApiError::conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ));
    }
    // Whoever polled until now is told that it is over.
    hub.polls.send_modify(|polls| *polls += 1);
    let mut others = hub.polls.subscribe();
    let mine = *others.borrow_and_update();
    let offset = parameters.integer("offset").unwrap_or(0);
    hub.write(|world| begin(hub, world, allowed, offset));
    let batch = hub.wait(Duration::from_secs(timeout.unsigned_abs()), || take(hub, limit));
    tokio::select! {
        // The sender is the hub's own: it outlives the call.
        _changed = others.wait_for(|polls| *polls != mine) => Err(superseded(hub)),
        batch = batch => Ok(Value::Array(batch.unwrap_or_default())),
        () = hub.stop.cancelled() => Ok(Value::Array(Vec::new())),
    }
}

fn superseded(hub: &Hub) -> ApiError {
    if hub.read(|world| world.webhook.is_some()) {
        return ApiError::conflict("terminated by setWebhook request");
    }
    ApiError::conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
}

/// Remembers what is wanted and forgets what the offset confirms.
fn begin(hub: &Hub, world: &mut World, allowed: Option<Vec<String>>, offset: i64) {
    if let Some(allowed) = allowed {
        let known: Vec<String> = allowed.into_iter().filter(|kind| updates::KINDS.contains(&kind.as_str())).collect();
        if known != world.allowed_updates {
            world.put(Change::AllowedUpdates(known));
        }
    }
    let now = hub.now();
    let below = if offset < 0 {
        let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let first_kept = world.pending(now).rev().take(keep).last().map(|update| update.id);
        first_kept.unwrap_or_else(|| world.next_update())
    } else {
        UpdateId(offset)
    };
    let confirmed: Vec<Update> = world.updates.iter().filter(|update| update.id < below).cloned().collect();
    if confirmed.is_empty() {
        return;
    }
    let repeats = confirmed.into_iter().filter(|update| update.twice);
    hold(&hub.disorder).repeats.extend(repeats);
    world.put(Change::Confirmed { below });
}

/// What waits, if anything does. The two locks are never held together here: `begin` takes them the other way round.
fn take(hub: &Hub, limit: usize) -> Option<Vec<Value>> {
    let (repeats, reverse) = {
        let mut disorder = hold(&hub.disorder);
        (std::mem::take(&mut disorder.repeats), disorder.reverse)
    };
    let now = hub.now();
    let mut batch: Vec<Value> =
        hub.read(|world| repeats.iter().chain(world.pending(now)).take(limit).map(Update::render).collect());
    // A batch of one has no order to lose: wait for two.
    if reverse && batch.len() > 1 {
        batch.reverse();
        hold(&hub.disorder).reverse = false;
    }
    (!batch.is_empty()).then_some(batch)
}
