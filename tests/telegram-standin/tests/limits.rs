//! Rate limits, by a clock that is moved by hand.

use std::{sync::Arc, time::Duration};

use chronogram_telegram_standin::{ChatType, ManualClock, NewChat, NewUser, Options, RateLimits, Standin, UserId};
use serde_json::json;

use crate::bot::{Bot, with};

async fn timed() -> (Standin, Bot, UserId, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
    let (standin, bot, anna) = with(Options { clock: Arc::clone(&clock) as _, ..Options::default() }).await;
    (standin, bot, anna, clock)
}

#[tokio::test]
async fn one_message_a_second_passes_after_a_burst_of_three() {
    let (_standin, bot, anna, clock) = timed().await;
    let message = json!({ "chat_id": anna, "text": "x" });
    for _ in 0..3 {
        bot.call("sendMessage", message.clone()).await;
    }
    let refusal = bot.send("sendMessage", &message).await.unwrap_err();
    assert_eq!((refusal.status, refusal.text()), (429, "Too Many Requests: retry after 1"));
    assert_eq!(refusal.body["parameters"], json!({ "retry_after": 1 }));
    clock.advance(Duration::from_secs(1));
    bot.call("sendMessage", message.clone()).await;
    assert_eq!(bot.refused("sendMessage", message).await.0, 429);
}

#[tokio::test]
async fn twenty_a_minute_pass_to_a_group_edits_counted() {
    let (standin, bot, anna, clock) = timed().await;
    let group = standin.chat(NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Supergroup, "G") }).unwrap();
    let sent = bot.say(group, "0").await;
    for n in 1..20 {
        clock.advance(Duration::from_secs(1));
        bot.call("editMessageText", json!({ "chat_id": group, "message_id": sent, "text": n.to_string() })).await;
    }
    let refusal = bot.send("sendMessage", &json!({ "chat_id": group, "text": "x" })).await.unwrap_err();
    assert_eq!(refusal.body["parameters"], json!({ "retry_after": 41 }), "the first leaves the minute then");
    clock.advance(Duration::from_secs(41));
    bot.say(group, "x").await;
}

#[tokio::test]
async fn edits_in_private_chats_are_not_counted() {
    let (_standin, bot, anna, _clock) = timed().await;
    let sent = bot.say(anna, "0").await;
    for n in 1..40 {
        bot.call("editMessageText", json!({ "chat_id": anna, "message_id": sent, "text": n.to_string() })).await;
    }
}

#[tokio::test]
async fn thirty_a_second_pass_in_all() {
    let (standin, bot, _anna, clock) = timed().await;
    let people: Vec<UserId> = (0..31).map(|n| standin.user(NewUser::named(&format!("P{n}"), "en")).unwrap()).collect();
    for user in &people {
        standin.start(*user, None).unwrap();
    }
    for user in &people[..30] {
        bot.say(*user, "news").await;
    }
    let last = json!({ "chat_id": people[30], "text": "news" });
    assert_eq!(bot.refused("sendMessage", last.clone()).await.0, 429);
    clock.advance(Duration::from_secs(1));
    bot.call("sendMessage", last).await;
}

#[tokio::test]
async fn limits_can_be_changed_while_it_runs() {
    let (standin, bot, anna, _clock) = timed().await;
    standin.set_limits(RateLimits::off());
    for _ in 0..50 {
        bot.say(anna, "x").await;
    }
    standin.set_limits(RateLimits { chat_burst: 1, ..RateLimits::default() });
    bot.say(anna, "x").await;
    assert_eq!(bot.refused("sendMessage", json!({ "chat_id": anna, "text": "x" })).await.0, 429);
}
