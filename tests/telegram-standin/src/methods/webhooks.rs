//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use serde_json::{Map, Value, json};

use crate::{
    api::{ApiError, Call, Outcome},
    state::{Change, Webhook},
    updates,
};

const CONNECTIONS: std::ops::RangeInclusive<i64> = 1..=100;
const CONNECTIONS_DEFAULT: i64 = 40;
const SECRET_MAX: usize = 256;
const PORTS: &[u16] = &[443, 80, 88, 8443];

/// Pushes updates to an address from now on; an empty address ends that.
pub(crate) fn set(call: &mut Call<'_>) -> Outcome {
    let Some(url) = call.parameters.text("url").map(str::to_owned) else { return delete(call) };
    check_url(&url)?;
    let secret = call.parameters.text("secret_token").map(str::to_owned);
    if let Some(secret) = &secret {
        let is_plain = secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !is_plain {
            return Err(ApiError::bad("secret token contains unallowed characters"));
        }
        if secret.len() > SECRET_MAX {
            return Err(ApiError::bad("secret token is too long"));
        }
    }
    let connections = call.parameters.integer("max_connections").unwrap_or(CONNECTIONS_DEFAULT);
    let connections = connections.clamp(*CONNECTIONS.start(), *CONNECTIONS.end());
    if let Some(allowed) = call.parameters.texts("allowed_updates")? {
        let known = allowed.into_iter().filter(|kind| updates::KINDS.contains(&kind.as_str())).collect();
        call.world.put(Change::AllowedUpdates(known));
    }
    drop_pending(call);
    call.world.put(Change::Webhook(Some(Webhook {
        url,
        secret,
        max_connections: usize::try_from(connections).unwrap_or(1),
        ip_address: call.parameters.text("ip_address").map(str::to_owned),
        has_certificate: call.parameters.files.contains_key("certificate"),
    })));
    // Whoever polls now is told that it is over.
    call.hub.polls.send_modify(|polls| *polls += 1);
    Ok(json!(true))
}

/// Back to `getUpdates`.
#[expect(clippy::unnecessary_wraps, reason = "all methods have one shape")]
pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    drop_pending(call);
    if call.world.webhook.is_some() {
        call.world.put(Change::Webhook(None));
    }
    Ok(json!(true))
}

fn drop_pending(call: &mut Call<'_>) {
    if call.parameters.flag("drop_pending_updates") {
        let below = call.world.next_update();
        call.world.put(Change::Confirmed { below });
    }
}

/// What is set, how much waits and what went wrong last.
#[expect(clippy::unnecessary_wraps, reason = "all methods have one shape")]
pub(crate) fn info(call: &mut Call<'_>) -> Outcome {
    let mut info = Map::new();
    let webhook = call.world.webhook.as_ref();
    info.insert("url".to_owned(), json!(webhook.map(|webhook| webhook.url.as_str()).unwrap_or_default()));
    info.insert("has_custom_certificate".to_owned(), json!(webhook.is_some_and(|webhook| webhook.has_certificate)));
    info.insert("pending_update_count".to_owned(), json!(call.world.pending(call.now).count()));
    if let Some(webhook) = webhook {
        info.insert("max_connections".to_owned(), json!(webhook.max_connections));
        info.insert("ip_address".to_owned(), json!(webhook.ip_address.as_deref().unwrap_or("127.0.0.1")));
        if let Some(error) = &call.world.webhook_error {
            info.insert("last_error_date".to_owned(), json!(error.at));
            info.insert("last_error_message".to_owned(), json!(error.message));
        }
    }
    if !call.world.allowed_updates.is_empty() {
        info.insert("allowed_updates".to_owned(), json!(call.world.allowed_updates));
    }
    Ok(Value::Object(info))
}

/// HTTPS on Telegram's ports; unlike on the real server also plain HTTP to this machine, on any port.
fn check_url(url: &str) -> Result<(), ApiError> {
    let refused = |why: &str| Err(ApiError::bad(format!("bad webhook: {why}")));
    let Ok(parsed) = reqwest::Url::parse(url) else { return refused("invalid webhook URL specified") };
    let is_loopback = match parsed.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => return refused("invalid webhook URL specified"),
    };
    match parsed.scheme() {
        "http" if is_loopback => Ok(()),
        "https" if parsed.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) => Ok(()),
        "https" => refused("Webhook can be set up only on ports 80, 88, 443 or 8443"),
        _ => refused("An HTTPS URL must be provided for webhook"),
    }
}
