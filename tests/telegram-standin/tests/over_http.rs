//! The control API over HTTP, and the page.

use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bot::{PATIENCE, chatting, picture};

async fn order(url: &str, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let request = reqwest::Client::new().request(method, format!("{url}/standin/{path}"));
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_whole_conversation_can_be_had_over_http() {
    let (standin, bot, _) = chatting().await;
    let ask = async |method: Method, path: String, body: Value| {
        let (status, answer) = order(standin.url(), method, &path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let bob = ask(Method::POST, "users".into(), json!({ "first_name": "Bob", "language_code": "en" })).await;
    let bob = bob["id"].as_i64().unwrap();
    ask(Method::POST, format!("users/{bob}/start?parameter=x"), Value::Null).await;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Go", "callback_data": "go" }]] });
    bot.call("sendMessage", json!({ "chat_id": bob, "text": "hi", "reply_markup": keyboard })).await;
    let shown = ask(Method::GET, format!("chats/{bob}/wait?after=0&patience_ms=20000"), Value::Null).await;
    assert_eq!(shown["text"], "hi");
    let place = json!({ "from": bob, "location": { "latitude": 1.5, "longitude": 2.5 } });
    let said = ask(Method::POST, format!("chats/{bob}/messages"), place).await["message_id"].clone();
    ask(Method::DELETE, format!("chats/{bob}/messages/{said}"), Value::Null).await;
    let said = ask(Method::POST, format!("chats/{bob}/messages"), json!({ "from": bob, "text": "a" })).await;
    let path = format!("chats/{bob}/messages/{}", said["message_id"]);
    ask(Method::PATCH, path.clone(), json!({ "from": bob, "text": "b" })).await;
    ask(Method::PUT, format!("{path}/reaction"), json!({ "from": bob, "emoji": "🔥" })).await;
    let press = format!("chats/{bob}/messages/{}/press", shown["id"]);
    let body = json!({ "from": bob, "button": "Go", "patience_ms": 1 });
    assert_eq!(order(standin.url(), Method::POST, &press, body).await.0, StatusCode::GATEWAY_TIMEOUT);
    let new = json!({ "type": "channel", "title": "C", "username": "c", "bot_is_admin": true, "admins": [bob] });
    let channel = ask(Method::POST, "chats".into(), new).await["id"].clone();
    ask(Method::PUT, format!("chats/{channel}/member-count"), json!({ "count": 7 })).await;
    ask(Method::PUT, format!("chats/{channel}/members/{bob}"), json!({ "status": "left" })).await;
    ask(Method::POST, format!("users/{bob}/block"), Value::Null).await;
    let transcript = ask(Method::GET, format!("chats/{bob}/transcript"), Value::Null).await;
    let texts: Vec<_> = transcript.as_array().unwrap().iter().map(|it| it["text"].clone()).collect();
    assert_eq!(texts, ["/start x", "hi", "", "b"]);
    assert_eq!(transcript[3]["versions"][0]["text"], "a");
    let statistics = ask(Method::GET, "statistics".into(), Value::Null).await;
    assert_eq!(statistics[bob.to_string()]["sent_by_bot"], 1);
    let calls = ask(Method::GET, "calls?method=sendMessage".into(), Value::Null).await;
    assert_eq!(calls[0]["parameters"]["text"], "hi");
}

#[tokio::test]
async fn faults_limits_and_updates_are_set_over_http() {
    let (standin, bot, anna) = chatting().await;
    let url = standin.url();
    let fault = json!({ "kind": "too_many_requests", "retry_after": 3, "method": "sendMessage" });
    assert_eq!(order(url, Method::POST, "faults", fault).await.0, 200);
    assert_eq!(bot.refused("sendMessage", json!({ "chat_id": anna, "text": "x" })).await.0, 429);
    order(url, Method::PUT, "limits", json!({ "on": true, "chat_burst": 5 })).await;
    assert_eq!(standin.limits().chat_burst, 5);
    let poll = json!({ "kind": "message", "body": { "chat": { "id": 1 } } });
    assert_eq!(order(url, Method::POST, "updates", poll).await.0, 200);
    order(url, Method::PUT, "updates/duplicate", json!({ "updates": 1 })).await;
    order(url, Method::PUT, "updates/reverse", Value::Null).await;
    order(url, Method::DELETE, "faults", Value::Null).await;
    assert_eq!(standin.pending_updates().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_in_an_order_is_said() {
    let (standin, _bot, anna) = chatting().await;
    let refused = async |method: Method, path: &str, body: Value| {
        let (status, answer) = order(standin.url(), method, path, body).await;
        (status.as_u16(), answer["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(Method::POST, "users/99/start", Value::Null).await, (404, "there is no user 99".into()));
    let path = format!("chats/{anna}/messages");
    assert_eq!(refused(Method::POST, &path, json!({ "from": anna })).await.0, 400);
    assert!(refused(Method::POST, &path, json!({ "from": anna, "txt": "x" })).await.1.contains("txt"));
    assert_eq!(order(standin.url(), Method::GET, "nowhere", Value::Null).await.0, 404);
}

#[tokio::test]
async fn foreign_pages_and_names_give_no_orders() {
    let (standin, bot, anna) = chatting().await;
    let url = format!("{}/standin/users/{anna}/block", standin.url());
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let response = bot.client.post(&url).header(name, value).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
    }
    assert!(!standin.is_blocked(anna));
    assert_eq!(bot.client.post(&url).header("origin", standin.url()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_page_comes_with_a_policy_against_foreign_scripts() {
    let (standin, bot, anna) = chatting().await;
    let page = bot.client.get(standin.url()).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
    let page = page.text().await.unwrap();
    assert!(page.contains("STAND-IN — not Telegram"));
    for file in ["icon.svg", "style.css", "api.js", "entities.js", "bubbles.js", "composer.js", "main.js"] {
        let response = bot.client.get(format!("{}/page/{file}", standin.url())).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(!text.contains("innerHTML") && !text.contains("insertAdjacentHTML"), "{file} puts text in as HTML");
    }
    let said = standin.send(anna, anna, chronogram_telegram_standin::Speech::photo(picture(4, 4))).unwrap();
    let id = standin.message(anna, said).unwrap().message["photo"][0]["file_id"].as_str().unwrap().to_owned();
    let photo = bot.client.get(format!("{}/standin/files/{id}", standin.url())).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn the_page_is_told_what_is_new() {
    let (standin, bot, anna) = chatting().await;
    let mut news = bot.client.get(format!("{}/standin/events", standin.url())).send().await.unwrap().bytes_stream();
    let mut heard = String::new();
    let mut until = async |piece: &str| {
        while !heard.contains(piece) {
            heard.push_str(std::str::from_utf8(&news.next().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, until("lists")).await.unwrap();
    bot.say(anna, "x").await;
    tokio::time::timeout(PATIENCE, until(&format!("\"chat\":{anna}"))).await.unwrap();
    bot.call("sendChatAction", json!({ "chat_id": anna, "action": "typing" })).await;
    tokio::time::timeout(PATIENCE, until("typing")).await.unwrap();
}
