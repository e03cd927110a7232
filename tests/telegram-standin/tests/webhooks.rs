//! Webhooks: delivered in order, repeated until taken, with the secret.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use chronogram_telegram_standin::{NewUser, Options, RateLimits};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::bot::{PATIENCE, with};

/// A bot's own server: notes what comes, refuses as many as it is told.
#[derive(Clone)]
struct Receiver {
    got: watch::Sender<Vec<(Option<String>, Value)>>,
    refusals: Arc<Mutex<u32>>,
    url: String,
}

impl Receiver {
    async fn listening() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { got: watch::Sender::new(Vec::new()), refusals: Arc::default(), url };
        let app = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    /// What came, once there is so much.
    async fn got(&self, count: usize) -> Vec<(Option<String>, Value)> {
        let mut got = self.got.subscribe();
        let enough = got.wait_for(|got| got.len() >= count);
        tokio::time::timeout(PATIENCE, enough).await.unwrap().unwrap().clone()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, Json(update): Json<Value>) -> Response {
    let secret = headers.get("X-Telegram-Bot-Api-Secret-Token").map(|secret| secret.to_str().unwrap().to_owned());
    let answer = if update["message"]["text"] == "answer me" {
        let chat = &update["message"]["chat"]["id"];
        Json(json!({ "method": "sendMessage", "chat_id": chat, "text": "by reply" })).into_response()
    } else {
        StatusCode::OK.into_response()
    };
    receiver.got.send_modify(|got| got.push((secret, update)));
    let mut refusals = receiver.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    answer
}

fn fast() -> Options {
    Options { webhook_pause: Duration::from_millis(5), limits: RateLimits::off(), ..Options::default() }
}

fn text(got: &(Option<String>, Value)) -> String {
    got.1["message"]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn updates_come_in_order_with_the_secret_and_are_repeated_until_taken() {
    let (standin, bot, anna) = with(fast()).await;
    let receiver = Receiver::listening().await;
    *receiver.refusals.lock().unwrap() = 3;
    let hook = json!({ "url": receiver.url, "secret_token": "s3cret_-", "drop_pending_updates": true });
    bot.call("setWebhook", hook).await;
    for said in ["one", "two", "three"] {
        standin.say(anna, said).unwrap();
    }
    let got = receiver.got(6).await;
    assert_eq!(got.iter().map(text).collect::<Vec<_>>(), ["one", "one", "one", "one", "two", "three"]);
    assert!(got.iter().all(|(secret, _)| secret.as_deref() == Some("s3cret_-")));
    assert!(standin.wait_until_taken(PATIENCE).await);
    let info = bot.call("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Wrong response from the webhook: 502 Bad Gateway");
    assert_eq!(info["pending_update_count"], 0);
}

#[tokio::test]
async fn one_chat_that_is_refused_holds_up_no_other() {
    let (standin, bot, anna) = with(Options { webhook_pause: Duration::from_hours(1), ..fast() }).await;
    let bob = standin.user(NewUser::named("Bob", "en")).unwrap();
    let receiver = Receiver::listening().await;
    bot.call("setWebhook", json!({ "url": receiver.url, "drop_pending_updates": true })).await;
    *receiver.refusals.lock().unwrap() = 1;
    standin.say(anna, "refused").unwrap();
    receiver.got(1).await;
    standin.say(anna, "behind it").unwrap();
    standin.say(bob, "on its own").unwrap();
    assert_eq!(receiver.got(2).await.iter().map(text).collect::<Vec<_>>(), ["refused", "on its own"]);
}

#[tokio::test]
async fn polling_and_webhook_exclude_each_other() {
    let (_standin, bot, _) = with(fast()).await;
    let receiver = Receiver::listening().await;
    bot.call("setWebhook", json!({ "url": receiver.url })).await;
    let words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the \
                 webhook first";
    assert_eq!(bot.refused("getUpdates", json!({})).await, (409, words.to_owned()));
    receiver.got(1).await;
    bot.call("deleteWebhook", json!({})).await;
    assert_eq!(bot.call("getWebhookInfo", json!({})).await["url"], "");
    bot.call("getUpdates", json!({})).await;
}

#[tokio::test]
async fn a_webhook_may_answer_with_a_method() {
    let (standin, bot, anna) = with(fast()).await;
    let receiver = Receiver::listening().await;
    bot.call("setWebhook", json!({ "url": receiver.url })).await;
    let asked = standin.say(anna, "answer me").unwrap();
    assert_eq!(standin.wait_for_bot_message(anna, asked, PATIENCE).await.unwrap().text, "by reply");
}

#[tokio::test]
async fn addresses_and_secrets_are_looked_at() {
    let (_standin, bot, _) = with(fast()).await;
    for (url, secret, words) in [
        ("http://example.org/x", "", "bad webhook: An HTTPS URL must be provided for webhook"),
        ("https://example.org:1234/x", "", "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("nonsense", "", "bad webhook: invalid webhook URL specified"),
        ("https://example.org/x", "wrong secret", "secret token contains unallowed characters"),
    ] {
        let refused = bot.refused("setWebhook", json!({ "url": url, "secret_token": secret })).await;
        assert_eq!(refused, (400, format!("Bad Request: {words}")));
    }
    let form =
        reqwest::multipart::Form::new().text("url", "https://example.org/x").text("allowed_updates", "[\"message\"]");
    let response = bot.client.post(bot.url("SetWebhook")).multipart(form).send().await.unwrap();
    crate::bot::read("setWebhook", response).await.unwrap();
    assert_eq!(bot.call("getWebhookInfo", json!({})).await["allowed_updates"], json!(["message"]));
    bot.call("setWebhook", json!({ "url": "" })).await;
}
