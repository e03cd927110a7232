//! Pushing updates: in order within a chat, several chats at once, each repeated until it is taken.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use reqwest::{Client, header::CONTENT_TYPE};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    api,
    hub::Hub,
    ids::{ChatId, UpdateId},
    state::{Change, Update, Webhook},
};

/// Whoever does not answer within this failed.
const ANSWER_PATIENCE: Duration = Duration::from_mins(1);
/// The pause doubles so many times and no further.
const DOUBLINGS_MAX: u32 = 6;

/// What one delivery came to.
struct Delivered {
    update: Update,
    outcome: Result<Option<Value>, String>,
}

/// A chat whose first update was refused.
struct Waiting {
    failures: u32,
    until: Instant,
}

/// Delivers until the hub stops.
pub(crate) async fn deliver(hub: Arc<Hub>) {
    let client = match Client::builder().timeout(ANSWER_PATIENCE).redirect(reqwest::redirect::Policy::none()).build() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no HTTP client: webhooks are not served");
            return;
        }
    };
    let mut bell = hub.listen();
    let mut waiting: HashMap<Option<ChatId>, Waiting> = HashMap::new();
    let mut under_way: HashSet<Option<ChatId>> = HashSet::new();
    let mut deliveries = FuturesUnordered::new();
    loop {
        bell.borrow_and_update();
        if let Some(webhook) = hub.read(|world| world.webhook.clone()) {
            let now = Instant::now();
            for update in ready(&hub, &webhook, &waiting, &under_way, now) {
                under_way.insert(update.chat);
                deliveries.push(send(client.clone(), webhook.clone(), update));
            }
        } else {
            waiting.clear();
        }
        let wake = waiting.values().map(|waiting| waiting.until).filter(|until| *until > Instant::now()).min();
        let pause = async {
            match wake {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = hub.stop.cancelled() => return,
            changed = bell.changed() => if changed.is_err() { return },
            () = pause => {}
            Some(delivered) = deliveries.next() => {
                under_way.remove(&delivered.update.chat);
                settle(&hub, delivered, &mut waiting).await;
            }
        }
    }
}

/// The first update of each chat that is neither under way nor waiting to be repeated.
fn ready(
    hub: &Hub,
    webhook: &Webhook,
    waiting: &HashMap<Option<ChatId>, Waiting>,
    under_way: &HashSet<Option<ChatId>>,
    now: Instant,
) -> Vec<Update> {
    let mut taken = under_way.clone();
    let free = webhook.max_connections.saturating_sub(under_way.len());
    hub.read(|world| {
        let first_of_chat = world.pending(hub.now()).filter(|update| {
            let is_held = waiting.get(&update.chat).is_some_and(|waiting| waiting.until > now);
            !is_held && taken.insert(update.chat)
        });
        first_of_chat.take(free).cloned().collect()
    })
}

async fn send(client: Client, webhook: Webhook, update: Update) -> Delivered {
    let mut request =
        client.post(&webhook.url).header(CONTENT_TYPE, "application/json").body(update.render().to_string());
    if let Some(secret) = &webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let outcome = match request.send().await {
        Ok(response) if response.status().is_success() => {
            Ok(response.bytes().await.ok().and_then(|body| serde_json::from_slice(&body).ok()))
        }
        Ok(response) => {
            let status = response.status();
            let reason = status.canonical_reason().unwrap_or_default();
            Err(format!("Wrong response from the webhook: {} {reason}", status.as_u16()))
        }
        Err(error) if error.is_timeout() => Err("Read timeout expired".to_owned()),
        Err(error) if error.is_connect() => Err("Connection refused".to_owned()),
        Err(_) => Err("Connection closed".to_owned()),
    };
    Delivered { update, outcome }
}

async fn settle(hub: &Hub, delivered: Delivered, waiting: &mut HashMap<Option<ChatId>, Waiting>) {
    let Delivered { mut update, outcome } = delivered;
    match outcome {
        Ok(reply) => {
            waiting.remove(&update.chat);
            let id = update.id;
            let again = std::mem::take(&mut update.twice);
            hub.write(|world| {
                // Marked as delivered once, it stays in its place and is delivered once more.
                if again { world.put(Change::Repeat(id)) } else { world.put(Change::Delivered(id)) }
            });
            if let Some(Value::Object(fields)) = reply {
                drop(api::carry_out_reply(hub, fields).await);
            }
        }
        Err(message) => {
            let failures = waiting.get(&update.chat).map_or(0, |waiting| waiting.failures);
            let pause = hub.options.webhook_pause * 2u32.pow(failures.min(DOUBLINGS_MAX));
            waiting.insert(update.chat, Waiting { failures: failures + 1, until: Instant::now() + pause });
            note_failure(hub, update.id, message);
        }
    }
}

fn note_failure(hub: &Hub, update: UpdateId, message: String) {
    tracing::info!(%update, message, "the webhook refused an update; it is repeated");
    let at = hub.now();
    hub.write(|world| world.put(Change::WebhookFailed(crate::state::WebhookError { at, message })));
}
