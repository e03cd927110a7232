//! What people do: buttons, blocking, deep links; and waiting for the bot.

use std::{sync::Arc, time::Duration};

use chronogram_telegram_standin::{Answer, ControlError, ManualClock, Options};
use serde_json::json;

use crate::bot::{PATIENCE, chatting, id, with};

#[tokio::test]
async fn a_pressed_button_gets_the_bots_answer() {
    let (standin, bot, anna) = chatting().await;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Yes", "callback_data": "y:1" }]] });
    let sent = bot.call("sendMessage", json!({ "chat_id": anna, "text": "?", "reply_markup": keyboard })).await;
    let shown = standin.message(anna, id(&sent)).unwrap();
    let control = standin.control().clone();
    let pressed = tokio::spawn(async move { control.press(anna, &shown, "Yes", PATIENCE).await });
    let updates = bot.call("getUpdates", json!({ "timeout": 20 })).await;
    let query = &updates[0]["callback_query"];
    assert_eq!((query["data"].clone(), query["message"]["message_id"].clone()), (json!("y:1"), json!(id(&sent))));
    let long = json!({ "callback_query_id": query["id"], "text": "x".repeat(201) });
    assert_eq!(bot.refused("answerCallbackQuery", long).await.1, "Bad Request: MESSAGE_TOO_LONG");
    let answer = json!({ "callback_query_id": query["id"], "text": "done", "show_alert": true });
    bot.call("answerCallbackQuery", answer.clone()).await;
    let expected = Answer { text: Some("done".into()), show_alert: true, url: None };
    assert_eq!(pressed.await.unwrap(), Ok(expected));
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid".to_owned();
    assert_eq!(bot.refused("answerCallbackQuery", answer).await, (400, words));
}

#[tokio::test]
async fn a_button_that_is_not_there_cannot_be_pressed() {
    let (standin, bot, anna) = chatting().await;
    let sent = bot.say(anna, "no buttons").await;
    let refused = standin.press_only(anna, anna.into(), sent, "Yes");
    assert_eq!(refused, Err(ControlError::NoSuchButton("Yes".into(), Vec::new())));
}

#[tokio::test]
async fn an_answer_can_come_too_late() {
    let clock = Arc::new(ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
    let (standin, bot, anna) = with(Options { clock: Arc::clone(&clock) as _, ..Options::default() }).await;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Yes", "callback_data": "y" }]] });
    let sent = bot.call("sendMessage", json!({ "chat_id": anna, "text": "?", "reply_markup": keyboard })).await;
    let query = standin.press_only(anna, anna.into(), id(&sent), "y").unwrap();
    clock.advance(Duration::from_mins(2));
    assert_eq!(bot.refused("answerCallbackQuery", json!({ "callback_query_id": query })).await.0, 400);
}

#[tokio::test]
async fn a_deep_link_starts_the_bot_with_its_parameter() {
    let (standin, bot, anna) = chatting().await;
    standin.start(anna, Some("ref_42")).unwrap();
    let update = bot.updates().await.pop().unwrap();
    assert_eq!(update["message"]["text"], "/start ref_42");
    assert_eq!(update["message"]["entities"][0]["length"], 6);
}

#[tokio::test]
async fn blocking_is_told_and_silences_both() {
    let (standin, bot, anna) = chatting().await;
    standin.block(anna).unwrap();
    assert_eq!(standin.say(anna, "x"), Err(ControlError::Blocked(anna)));
    standin.start(anna, None).unwrap();
    let updates = bot.updates().await;
    assert_eq!(updates[0]["my_chat_member"]["new_chat_member"]["status"], "kicked");
    assert_eq!(updates[1]["my_chat_member"]["new_chat_member"]["status"], "member");
    assert_eq!(updates[2]["message"]["text"], "/start");
}

#[tokio::test]
async fn waiting_ends_with_the_message_or_with_the_patience() {
    let (standin, bot, anna) = chatting().await;
    let asked = standin.say(anna, "?").unwrap();
    assert_eq!(standin.wait_for_bot_message(anna, asked, Duration::ZERO).await, None);
    let control = standin.control().clone();
    let waiting = tokio::spawn(async move { control.wait_for_bot_message(anna, asked, PATIENCE).await });
    bot.say(anna, "!").await;
    assert_eq!(waiting.await.unwrap().unwrap().text, "!");
    assert!(!standin.wait_until_taken(Duration::ZERO).await);
    bot.updates().await;
    assert!(standin.wait_until_taken(PATIENCE).await);
}
