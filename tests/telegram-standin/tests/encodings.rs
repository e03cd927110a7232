//! The same call in every encoding that the real server reads.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::bot::{chatting, pixel, read};

#[tokio::test]
async fn query_json_form_and_multipart_say_the_same() {
    let (standin, bot, anna) = chatting().await;
    let (url, chat) = (bot.url("SendMessage"), anna.to_string());
    let pairs = [("chat_id", chat.as_str()), ("text", "да & нет"), ("disable_notification", "true")];
    let form =
        || Form::new().text("chat_id", chat.clone()).text("text", "да & нет").text("disable_notification", "true");
    let requests = [
        bot.client.get(&url).query(&pairs),
        bot.client.post(&url).query(&pairs),
        bot.client.post(&url).form(&pairs),
        bot.client.post(&url).multipart(form()),
        bot.client.post(&url).json(&json!({ "chat_id": anna, "text": "да & нет", "disable_notification": true })),
        bot.client.post(&url).json(&json!({ "chat_id": chat, "text": "да & нет", "disable_notification": "true" })),
    ];
    for request in requests {
        let sent = read("sendMessage", request.send().await.unwrap()).await.unwrap();
        assert_eq!(sent["text"], "да & нет");
    }
    assert_eq!(standin.statistics()[&anna.into()].sent_by_bot, 6);
}

#[tokio::test]
async fn objects_come_as_json_text_outside_json() {
    let (standin, bot, anna) = chatting().await;
    let markup = json!({ "inline_keyboard": [[{ "text": "A", "callback_data": "a" }]] }).to_string();
    let pairs = [("chat_id", anna.to_string()), ("text", "x".to_owned()), ("reply_markup", markup)];
    read("sendMessage", bot.client.post(bot.url("sendMessage")).form(&pairs).send().await.unwrap()).await.unwrap();
    assert_eq!(standin.transcript(anna).pop().unwrap().buttons()[0][0].text, "A");
}

#[tokio::test]
async fn a_photo_comes_as_a_part_or_attached_by_name() {
    let (standin, bot, anna) = chatting().await;
    let part = || Part::bytes(pixel()).file_name("p.png").mime_str("image/png").unwrap();
    let direct = Form::new().text("chat_id", anna.to_string()).part("photo", part());
    let attached = Form::new().text("chat_id", anna.to_string()).text("photo", "attach://f0").part("f0", part());
    for form in [direct, attached] {
        let sent = bot.client.post(bot.url("SendPhoto")).multipart(form).send().await.unwrap();
        let sent = read("sendPhoto", sent).await.unwrap();
        assert_eq!(standin.file(sent["photo"][0]["file_id"].as_str().unwrap()), Some(pixel()));
    }
}

#[tokio::test]
async fn broken_bodies_are_bad_requests() {
    let (_standin, bot, _) = chatting().await;
    for (kind, body) in [
        ("application/json", "{"),
        ("application/json", "[1]"),
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=y", "x"),
    ] {
        let request = bot.client.post(bot.url("sendMessage")).header("Content-Type", kind).body(body);
        let refusal = read("sendMessage", request.send().await.unwrap()).await.unwrap_err();
        assert_eq!(refusal.status, 400, "{kind}: {body}");
    }
}
