//! `POST /telegram/webhook`: Telegram brings an update. 200 says that everything that follows from it is durable;
//! anything else makes Telegram bring it again.

use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderName, StatusCode},
};

use crate::{HttpState, body, failure::Failure};

/// Where Telegram puts the secret that proves it is Telegram.
const SECRET: HeaderName = HeaderName::from_static("x-telegram-bot-api-secret-token");
/// The largest updates known, polls and long posts with entities, have some 100 KiB.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// It is durable.
    Taken,
    /// It is no update.
    Unreadable,
    /// Bring it again.
    NotNow,
}

/// Takes updates.
#[async_trait]
pub trait TelegramWebhook: Send + Sync + 'static {
    /// Whether this is the secret we agreed on with Telegram; says nothing by the time it takes.
    fn knows(&self, secret: &[u8]) -> bool;

    /// Takes one update, as Telegram wrote it.
    async fn take(&self, update: &[u8]) -> WebhookAnswer;
}

pub(crate) async fn handle(State(state): State<HttpState>, request: Request) -> Result<StatusCode, Failure> {
    let Some(telegram) = state.0.telegram.clone() else {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "no webhook here: set TELEGRAM_WEBHOOK_URL, and run the roles api and bot in this process",
        ));
    };
    let (head, body) = request.into_parts();
    if !head.headers.get(SECRET).is_some_and(|secret| telegram.knows(secret.as_bytes())) {
        let detail = "the header X-Telegram-Bot-Api-Secret-Token must carry the secret that was given to Telegram";
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail));
    }
    let body = body::json(&head.headers, body, BODY_BYTES_MAX).await?;
    // A task of its own: Telegram hanging up stops no append halfway.
    let taking = state.0.tasks.spawn(async move { telegram.take(&body).await });
    match taking.await {
        Ok(WebhookAnswer::Taken) => Ok(StatusCode::OK),
        Ok(WebhookAnswer::Unreadable) => {
            Err(Failure::bad_request("the body must be an Update of the Bot API, with its update_id"))
        }
        Ok(WebhookAnswer::NotNow) => Err(Failure::unavailable("the update cannot be recorded now; bring it again")),
        Err(_panicked) => {
            let error_id = state.random_id();
            tracing::error!(error.id = %error_id, "taking an update panicked");
            Err(Failure::internal(error_id))
        }
    }
}
