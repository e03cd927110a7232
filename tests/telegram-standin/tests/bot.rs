//! A bot in tests: raw calls, so that every byte is ours; each good answer is held against the specification.

use std::time::Duration;

use chronogram_telegram_standin::{ChatId, MessageId, NewUser, Options, RateLimits, Standin, UserId};
use reqwest::Client;
use serde_json::{Value, json};

use crate::spec;

/// Nothing here takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Bot {
    pub(crate) client: Client,
    pub(crate) base: String,
}

/// A refusal as it came.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Refusal {
    pub(crate) fn text(&self) -> &str {
        self.body["description"].as_str().unwrap()
    }
}

impl Bot {
    pub(crate) fn of(standin: &Standin) -> Self {
        Self::at(standin.url(), standin.token())
    }

    pub(crate) fn at(url: &str, token: &str) -> Self {
        Self { client: Client::new(), base: format!("{url}/bot{token}") }
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("{}/{method}", self.base)
    }

    /// A call whatever comes of it.
    pub(crate) async fn send(&self, method: &str, parameters: &Value) -> Result<Value, Refusal> {
        let response = self.client.post(self.url(method)).json(parameters).send().await.unwrap();
        read(method, response).await
    }

    /// A call that must succeed.
    pub(crate) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.send(method, &parameters).await.unwrap_or_else(|refusal| panic!("{method}: {refusal:?}"))
    }

    /// A call that must be refused: code and words.
    pub(crate) async fn refused(&self, method: &str, parameters: Value) -> (u16, String) {
        match self.send(method, &parameters).await {
            Ok(result) => panic!("{method} was not refused: {result}"),
            Err(refusal) => (refusal.status, refusal.text().to_owned()),
        }
    }

    pub(crate) async fn say(&self, chat: impl Into<ChatId>, text: &str) -> MessageId {
        let sent = self.call("sendMessage", json!({ "chat_id": chat.into(), "text": text })).await;
        id(&sent)
    }

    /// Updates that wait, confirmed.
    pub(crate) async fn updates(&self) -> Vec<Value> {
        let updates = self.call("getUpdates", json!({ "timeout": 0 })).await;
        let updates = updates.as_array().unwrap().clone();
        if let Some(last) = updates.last() {
            let next = last["update_id"].as_i64().unwrap() + 1;
            self.call("getUpdates", json!({ "offset": next, "limit": 1, "timeout": 0 })).await;
        }
        updates
    }
}

/// The envelope taken apart; status and `error_code` must agree.
pub(crate) async fn read(method: &str, response: reqwest::Response) -> Result<Value, Refusal> {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    if body["ok"] == true {
        assert_eq!(status, 200);
        spec::check_result(method, &body["result"]);
        return Ok(body["result"].clone());
    }
    assert_eq!(body["ok"], false);
    assert_eq!(body["error_code"], status);
    Err(Refusal { status, body })
}

pub(crate) fn id(message: &Value) -> MessageId {
    MessageId(message["message_id"].as_i64().unwrap())
}

/// A stand-in without limits, its bot, and Анна, who has started it; nothing waits.
pub(crate) async fn chatting() -> (Standin, Bot, UserId) {
    let (standin, bot, anna) = limited(RateLimits::off()).await;
    bot.updates().await;
    (standin, bot, anna)
}

pub(crate) async fn limited(limits: RateLimits) -> (Standin, Bot, UserId) {
    with(Options { limits, ..Options::default() }).await
}

pub(crate) async fn with(options: Options) -> (Standin, Bot, UserId) {
    let standin = Standin::start(options).await.unwrap();
    let bot = Bot::of(&standin);
    let anna = standin.user(NewUser { username: Some("anna".into()), ..NewUser::named("Анна", "ru") }).unwrap();
    standin.start(anna, None).unwrap();
    (standin, bot, anna)
}

/// The smallest picture: one pixel, PNG.
pub(crate) fn pixel() -> Vec<u8> {
    picture(1, 1)
}

/// The beginning of a PNG of this size; nobody here looks further.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}
