//! The webhook of this process: the secret agreed on with Telegram, and the bot once it is known who it is.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use chronogram_bot::{Bot, Taken};
use chronogram_http::{TelegramWebhook, WebhookAnswer};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

/// Takes what Telegram brings.
pub(crate) struct Webhook {
    url: String,
    /// Made of the bot's token: every process knows it, nobody has to keep it.
    secret: String,
    bot: OnceLock<Arc<Bot>>,
}

impl Webhook {
    pub(super) fn new(url: String, token: &str) -> Self {
        let secret = Sha256::new().chain_update("chronogram telegram webhook ").chain_update(token).finalize();
        Self { url, secret: format!("{secret:x}"), bot: OnceLock::new() }
    }

    /// Has updates brought here for `bot`, until it is stopped.
    pub(super) async fn run(&self, bot: Arc<Bot>, stop: CancellationToken) {
        self.bot.get_or_init(|| bot.clone());
        bot.run_webhook(&self.url, &self.secret, stop).await;
    }
}

#[async_trait]
impl TelegramWebhook for Webhook {
    fn knows(&self, secret: &[u8]) -> bool {
        // Digests are compared: how long that takes tells nothing about the secret itself.
        Sha256::digest(secret) == Sha256::digest(&self.secret)
    }

    async fn take(&self, update: &[u8]) -> WebhookAnswer {
        let Some(bot) = self.bot.get() else { return WebhookAnswer::NotNow };
        match bot.take(update).await {
            Taken::Durable => WebhookAnswer::Taken,
            Taken::Unreadable => WebhookAnswer::Unreadable,
            Taken::NotNow => WebhookAnswer::NotNow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_made_of_the_token_is_known() {
        let webhook = Webhook::new("https://bot.example.org/telegram/webhook".to_owned(), "1:token");
        let other = Webhook::new(webhook.url.clone(), "1:other");
        assert!(webhook.knows(webhook.secret.as_bytes()));
        assert!(!webhook.knows(other.secret.as_bytes()) && !webhook.knows(b"") && !webhook.knows(b"1:token"));
        // As Telegram wants it: 1 to 256 of A-Z, a-z, 0-9, _ and -.
        assert!(webhook.secret.len() == 64 && webhook.secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
