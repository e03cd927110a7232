//! Faults on demand, and disorder in updates.

use chronogram_telegram_standin::{Fault, FaultKind};
use serde_json::json;

use crate::bot::{PATIENCE, chatting};

#[tokio::test]
async fn a_fault_meets_its_method_and_chat_and_is_used_up() {
    let (standin, bot, anna) = chatting().await;
    standin.fail_next(Fault::next(FaultKind::TooManyRequests { retry_after: 7 }).of("sendMessage").to(anna));
    bot.call("getMe", json!({})).await;
    let message = json!({ "chat_id": anna, "text": "x" });
    let refusal = bot.send("sendMessage", &message).await.unwrap_err();
    assert_eq!((refusal.status, refusal.body["parameters"]["retry_after"].clone()), (429, json!(7)));
    let text = "Internal Server Error: restart".to_owned();
    standin.fail_next(Fault::next(FaultKind::Status { code: 500, description: text.clone() }).times(2));
    assert_eq!(bot.refused("sendMessage", message.clone()).await, (500, text.clone()));
    bot.call("getUpdates", json!({})).await;
    assert_eq!(bot.refused("getMe", json!({})).await, (500, text));
    bot.call("sendMessage", message).await;
    assert!(standin.faults().is_empty());
}

#[tokio::test]
async fn a_cut_before_leaves_nothing_and_a_cut_after_leaves_the_message() {
    let (standin, bot, anna) = chatting().await;
    let send =
        |text: &str| bot.client.post(bot.url("sendMessage")).json(&json!({ "chat_id": anna, "text": text })).send();
    standin.fail_next(Fault::next(FaultKind::CutBefore));
    assert!(send("before").await.is_err());
    standin.fail_next(Fault::next(FaultKind::CutAfter));
    assert!(send("after").await.is_err());
    let texts: Vec<_> = standin.transcript(anna).into_iter().filter(|it| it.from_bot).map(|it| it.text).collect();
    assert_eq!(texts, ["after"]);
    let calls = standin.calls_of("sendMessage");
    assert!(calls.iter().all(|call| call.status.is_none() && call.fault.is_some()), "{calls:#?}");
}

#[tokio::test]
async fn a_hanging_call_never_answers() {
    let (standin, bot, anna) = chatting().await;
    standin.fail_next(Fault::next(FaultKind::HangAfter).of("sendMessage"));
    let hanging = bot.client.post(bot.url("sendMessage")).json(&json!({ "chat_id": anna, "text": "x" })).send();
    let hanging = tokio::spawn(hanging);
    let start = standin.transcript(anna)[0].id;
    assert_eq!(standin.wait_for_bot_message(anna, start, PATIENCE).await.unwrap().text, "x");
    assert!(!hanging.is_finished());
    standin.stop().await;
    assert!(hanging.await.unwrap().is_err(), "the end of the stand-in cuts it");
}

#[tokio::test]
async fn doubled_updates_come_once_more_after_they_were_confirmed() {
    let (standin, bot, anna) = chatting().await;
    standin.duplicate_next(1);
    standin.say(anna, "twice").unwrap();
    standin.say(anna, "once").unwrap();
    let first = bot.call("getUpdates", json!({})).await;
    let next = first[1]["update_id"].as_i64().unwrap() + 1;
    let second = bot.call("getUpdates", json!({ "offset": next })).await;
    assert_eq!(second.as_array().unwrap().len(), 1);
    assert_eq!(second[0], first[0]);
    assert_eq!(bot.call("getUpdates", json!({ "offset": next })).await, json!([]));
}

#[tokio::test]
async fn a_reversed_batch_has_the_newest_first() {
    let (standin, bot, anna) = chatting().await;
    standin.reverse_next_batch();
    standin.say(anna, "one").unwrap();
    standin.say(anna, "two").unwrap();
    let texts = |updates: serde_json::Value| -> Vec<serde_json::Value> {
        updates.as_array().unwrap().iter().map(|update| update["message"]["text"].clone()).collect()
    };
    assert_eq!(texts(bot.call("getUpdates", json!({})).await), ["two", "one"]);
    assert_eq!(texts(bot.call("getUpdates", json!({})).await), ["one", "two"]);
}

#[tokio::test]
async fn updates_made_by_hand_come_as_they_are() {
    let (standin, bot, _) = chatting().await;
    let id = standin.inject("poll", json!({ "nonsense": true })).unwrap();
    let response = bot.client.post(bot.url("getUpdates")).send().await.unwrap();
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["result"], json!([{ "update_id": id, "poll": { "nonsense": true } }]));
}
