//! `getUpdates`: long polls, offsets, one reader at a time, kinds of updates.

use std::time::Duration;

use chronogram_telegram_standin::{ChatType, ManualClock, NewChat, Options, Speech};
use serde_json::{Value, json};

use crate::bot::{Bot, PATIENCE, chatting, with};

fn ids(updates: &Value) -> Vec<i64> {
    updates.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn updates_repeat_until_an_offset_confirms_them() {
    let (standin, bot, anna) = chatting().await;
    for text in ["one", "two", "three"] {
        standin.say(anna, text).unwrap();
    }
    let all = ids(&bot.call("getUpdates", json!({})).await);
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert_eq!(ids(&bot.call("getUpdates", json!({ "limit": 2 })).await), all[..2]);
    assert_eq!(ids(&bot.call("getUpdates", json!({ "offset": all[1] })).await), all[1..]);
    assert_eq!(ids(&bot.call("getUpdates", json!({})).await), all[1..], "the first is forgotten");
    standin.say(anna, "four").unwrap();
    assert_eq!(ids(&bot.call("getUpdates", json!({ "offset": -1 })).await), [all[2] + 1], "all but the last go");
    assert!(ids(&bot.call("getUpdates", json!({ "offset": all[2] + 2 })).await).is_empty());
}

#[tokio::test]
async fn a_long_poll_answers_as_soon_as_something_happens() {
    let (standin, bot, anna) = chatting().await;
    let poll = tokio::spawn(async move { bot.call("getUpdates", json!({ "timeout": 50 })).await });
    standin.wait_for_call(PATIENCE, |call| call.parameters["timeout"] == 50).await.unwrap();
    standin.say(anna, "now").unwrap();
    let updates = tokio::time::timeout(PATIENCE, poll).await.unwrap().unwrap();
    assert_eq!(updates[0]["message"]["text"], "now");
}

#[tokio::test]
async fn a_second_poll_ends_the_first_with_409() {
    let (standin, bot, anna) = chatting().await;
    let other = Bot::of(&standin);
    let first = tokio::spawn(async move { bot.refused("getUpdates", json!({ "timeout": 49 })).await });
    standin.wait_for_call(PATIENCE, |call| call.parameters["timeout"] == 49).await.unwrap();
    let second = tokio::spawn(async move { other.call("getUpdates", json!({ "timeout": 48 })).await });
    let words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    let ended = tokio::time::timeout(PATIENCE, first).await.unwrap().unwrap();
    assert_eq!(ended, (409, words.to_owned()));
    standin.say(anna, "for the second").unwrap();
    let got = tokio::time::timeout(PATIENCE, second).await.unwrap().unwrap();
    assert_eq!(got[0]["message"]["text"], "for the second");
}

#[tokio::test]
async fn kinds_that_nobody_asked_for_are_not_sent() {
    let (standin, bot, anna) = chatting().await;
    let said = standin.say(anna, "x").unwrap();
    standin.react(anna, anna, said, Some("👍")).unwrap();
    assert_eq!(bot.updates().await.len(), 1, "no message_reaction by default");
    bot.call("getUpdates", json!({ "allowed_updates": ["message_reaction", "nonsense"] })).await;
    standin.say(anna, "unheard").unwrap();
    standin.react(anna, anna, said, None).unwrap();
    let updates = bot.updates().await;
    assert_eq!(updates.len(), 1);
    assert_eq!(updates[0]["message_reaction"]["old_reaction"][0]["emoji"], "👍");
    bot.call("getUpdates", json!({ "allowed_updates": [] })).await;
    standin.say(anna, "heard").unwrap();
    assert_eq!(bot.updates().await[0]["message"]["text"], "heard");
}

#[tokio::test]
async fn updates_are_kept_for_a_day() {
    let clock = std::sync::Arc::new(ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
    let (standin, bot, anna) = with(Options { clock: clock.clone(), ..Options::default() }).await;
    clock.advance(Duration::from_hours(23));
    standin.say(anna, "later").unwrap();
    assert_eq!(ids(&bot.call("getUpdates", json!({})).await).len(), 2);
    clock.advance(Duration::from_hours(2));
    let left = bot.call("getUpdates", json!({})).await;
    assert_eq!(left[0]["message"]["text"], "later");
    clock.advance(Duration::from_hours(24));
    assert!(ids(&bot.call("getUpdates", json!({})).await).is_empty());
}

#[tokio::test]
async fn every_kind_of_thing_people_do_has_its_update() {
    let (standin, bot, anna) = chatting().await;
    let channel = standin
        .chat(NewChat {
            admins: vec![anna],
            username: Some("news".into()),
            ..NewChat::titled(ChatType::Channel, "News")
        })
        .unwrap();
    let said = standin.say(anna, "/start@chronogram_bot hello").unwrap();
    standin.edit(anna, anna, said, "edited").unwrap();
    let post = standin.say_in(channel, anna, "post").unwrap();
    standin.edit(channel, anna, post, "post edited").unwrap();
    standin.send(anna, anna, Speech::location(55.75, 37.61)).unwrap();
    standin.send(anna, anna, Speech::contact("+70000000000", "Боря")).unwrap();
    standin.send(anna, anna, Speech::voice(b"OggS".to_vec(), 3)).unwrap();
    standin.send(anna, anna, Speech::document("a.csv", "text/csv", b"a,b".to_vec()).caption("table")).unwrap();
    standin.send(anna, anna, Speech::text("old").dated(1_600_000_000)).unwrap();
    let updates = bot.updates().await;
    let kinds: Vec<String> = updates
        .iter()
        .map(|update| update.as_object().unwrap().keys().find(|key| *key != "update_id").unwrap().clone())
        .collect();
    assert_eq!(kinds[..5], ["my_chat_member", "message", "edited_message", "channel_post", "edited_channel_post"]);
    assert_eq!(updates[1]["message"]["entities"][0], json!({ "type": "bot_command", "offset": 0, "length": 21 }));
    assert!(updates[2]["edited_message"]["edit_date"].is_i64());
    assert_eq!(updates[3]["channel_post"]["sender_chat"]["username"], "news");
    assert_eq!(updates[5]["message"]["location"]["latitude"], 55.75);
    assert_eq!(updates[6]["message"]["contact"]["first_name"], "Боря");
    assert_eq!(updates[7]["message"]["voice"]["duration"], 3);
    assert_eq!(updates[8]["message"]["caption"], "table");
    assert_eq!(updates[9]["message"]["date"], 1_600_000_000);
}
