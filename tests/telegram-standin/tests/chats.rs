//! Groups, channels, topics, pins and reactions.

use chronogram_telegram_standin::{ChatId, ChatType, NewChat, NewUser};
use serde_json::json;

use crate::bot::{chatting, id};

#[tokio::test]
async fn every_sort_of_chat_can_be_looked_at() {
    let (standin, bot, anna) = chatting().await;
    for kind in [ChatType::Group, ChatType::Supergroup, ChatType::Forum, ChatType::Channel] {
        let new = NewChat { admins: vec![anna], description: Some("d".into()), ..NewChat::titled(kind, "T") };
        let chat = json!({ "chat_id": standin.chat(new).unwrap() });
        assert_eq!(bot.call("getChat", chat.clone()).await["title"], "T");
        assert_eq!(bot.call("getChatMemberCount", chat.clone()).await, 2);
        assert_eq!(bot.call("getChatAdministrators", chat.clone()).await.as_array().unwrap().len(), 2);
        let mut member = chat.clone();
        member["user_id"] = json!(anna);
        assert_eq!(bot.call("getChatMember", member.clone()).await["status"], "creator");
        member["user_id"] = json!(12_345);
        assert_eq!(bot.refused("getChatMember", member).await.1, "Bad Request: PARTICIPANT_ID_INVALID");
    }
    assert_eq!(bot.call("getChat", json!({ "chat_id": anna })).await["type"], "private");
    let words = "Bad Request: there are no administrators in the private chat".to_owned();
    assert_eq!(bot.refused("getChatAdministrators", json!({ "chat_id": anna })).await, (400, words));
}

#[tokio::test]
async fn a_channel_has_the_members_that_were_set() {
    let (standin, bot, anna) = chatting().await;
    let mut new = NewChat::titled(ChatType::Channel, "Big");
    (new.username, new.admins, new.member_count) = (Some("big".into()), vec![anna], Some(4_000));
    let channel = standin.chat(new).unwrap();
    let count = || bot.call("getChatMemberCount", json!({ "chat_id": "@BIG" }));
    assert_eq!(count().await, 4_001, "the bot came in");
    standin.set_member_count(channel, 3_990).unwrap();
    assert_eq!(count().await, 3_990);
    let bob = standin.user(NewUser::named("Bob", "en")).unwrap();
    standin.join(channel, bob).unwrap();
    assert_eq!(count().await, 3_991);
}

#[tokio::test]
async fn comings_and_goings_are_told() {
    let (standin, bot, anna) = chatting().await;
    let bob = standin.user(NewUser::named("Bob", "en")).unwrap();
    bot.call("getUpdates", json!({ "allowed_updates": ["message", "my_chat_member", "chat_member"] })).await;
    let group = standin.chat(NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Supergroup, "G") }).unwrap();
    standin.join(group, bob).unwrap();
    standin.leave(group, bob).unwrap();
    standin.remove_bot(group, anna).unwrap();
    standin.say_in(group, anna, "alone").unwrap();
    let updates = bot.updates().await;
    let told = |index: usize, kind: &str| updates[index].get(kind).cloned().unwrap_or_else(|| panic!("{updates:#?}"));
    assert_eq!(told(0, "my_chat_member")["new_chat_member"]["status"], "administrator");
    assert_eq!(told(1, "message")["new_chat_members"][0]["username"], "chronogram_bot");
    assert_eq!(told(2, "chat_member")["new_chat_member"]["status"], "member");
    assert_eq!(told(3, "message")["new_chat_members"][0]["first_name"], "Bob");
    assert_eq!(told(4, "chat_member")["new_chat_member"]["status"], "left");
    assert_eq!(told(5, "message")["left_chat_member"]["first_name"], "Bob");
    assert_eq!(told(6, "my_chat_member")["new_chat_member"]["status"], "kicked");
    assert_eq!(updates.len(), 7, "what is said after it was thrown out is not heard");
    let words = "Forbidden: bot was kicked from the supergroup chat".to_owned();
    assert_eq!(bot.refused("sendMessage", json!({ "chat_id": group, "text": "x" })).await, (403, words));
}

#[tokio::test]
async fn in_privacy_mode_only_what_is_meant_for_the_bot_is_heard() {
    let (standin, bot, anna) = chatting().await;
    let mut group = NewChat::titled(ChatType::Group, "G");
    (group.admins, group.bot_is_admin, group.bot_is_member) = (vec![anna], false, true);
    let group = standin.chat(group).unwrap();
    bot.updates().await;
    let own = bot.say(group, "hello").await;
    standin.say_in(group, anna, "not for you").unwrap();
    standin.say_in(group, anna, "/stats@other_bot").unwrap();
    standin.say_in(group, anna, "/stats").unwrap();
    standin.say_in(group, anna, "hi @chronogram_bot").unwrap();
    let answer = chronogram_telegram_standin::Speech::text("an answer").reply_to(own);
    standin.send(group, anna, answer).unwrap();
    let heard: Vec<_> = bot.updates().await.iter().map(|update| update["message"]["text"].clone()).collect();
    assert_eq!(heard, ["/stats", "hi @chronogram_bot", "an answer"]);
    bot.call("leaveChat", json!({ "chat_id": group })).await;
    let words = "Forbidden: bot is not a member of the group chat".to_owned();
    assert_eq!(bot.refused("sendMessage", json!({ "chat_id": group, "text": "x" })).await, (403, words));
}

#[tokio::test]
async fn topics_open_close_and_go_with_their_messages() {
    let (standin, bot, anna) = chatting().await;
    let forum = standin.chat(NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Forum, "F") }).unwrap();
    let topic = bot.call("createForumTopic", json!({ "chat_id": forum, "name": "Plans" })).await;
    let thread = topic["message_thread_id"].clone();
    let named = |name: &str| json!({ "chat_id": forum, "message_thread_id": thread, "name": name });
    let sent = bot.call("sendMessage", json!({ "chat_id": forum, "message_thread_id": thread, "text": "x" })).await;
    assert_eq!((sent["is_topic_message"].clone(), sent["message_thread_id"].clone()), (json!(true), thread.clone()));
    bot.call("editForumTopic", named("Deeds")).await;
    bot.call("closeForumTopic", named("")).await;
    assert_eq!(bot.refused("closeForumTopic", named("")).await.1, "Bad Request: TOPIC_NOT_MODIFIED");
    bot.call("reopenForumTopic", named("")).await;
    bot.call("deleteForumTopic", named("")).await;
    assert!(standin.message(forum, id(&sent)).unwrap().deleted);
    let gone = json!({ "chat_id": forum, "message_thread_id": thread, "text": "x" });
    assert_eq!(bot.refused("sendMessage", gone).await.1, "Bad Request: message thread not found");
    let elsewhere = json!({ "chat_id": anna, "name": "x" });
    assert_eq!(bot.refused("createForumTopic", elsewhere).await.1, "Bad Request: the chat is not a forum");
}

#[tokio::test]
async fn pins_and_reactions() {
    let (standin, bot, anna) = chatting().await;
    let sent = bot.say(anna, "pin me").await;
    let message = json!({ "chat_id": anna, "message_id": sent });
    bot.call("pinChatMessage", message.clone()).await;
    assert_eq!(bot.call("getChat", json!({ "chat_id": anna })).await["pinned_message"]["text"], "pin me");
    bot.call("unpinChatMessage", json!({ "chat_id": anna })).await;
    assert_eq!(bot.refused("unpinChatMessage", message).await.1, "Bad Request: message to unpin not found");
    let said = standin.say(anna, "x").unwrap();
    let react =
        |emoji: &str| json!({ "chat_id": anna, "message_id": said, "reaction": [{ "type": "emoji", "emoji": emoji }] });
    bot.call("setMessageReaction", react("👀")).await;
    assert_eq!(bot.refused("setMessageReaction", react("🪑")).await.1, "Bad Request: REACTION_INVALID");
    assert_eq!(standin.message(anna, said).unwrap().reactions["1"][0]["emoji"], "👀");
}

#[tokio::test]
async fn reactions_in_channels_are_counted_without_names() {
    let (standin, bot, anna) = chatting().await;
    let bob = standin.user(NewUser::named("Bob", "en")).unwrap();
    let new = NewChat { admins: vec![anna], members: vec![bob], ..NewChat::titled(ChatType::Channel, "C") };
    let channel: ChatId = standin.chat(new).unwrap();
    bot.call("getUpdates", json!({ "offset": -1, "allowed_updates": ["message_reaction_count"] })).await;
    let post = standin.say_in(channel, anna, "post").unwrap();
    standin.react(channel, anna, post, Some("🔥")).unwrap();
    standin.react(channel, bob, post, Some("🔥")).unwrap();
    let updates = bot.updates().await;
    assert_eq!(updates.last().unwrap()["message_reaction_count"]["reactions"][0]["total_count"], 2);
}

#[tokio::test]
async fn an_upgraded_group_goes_on_elsewhere_and_says_where() {
    let (standin, bot, anna) = chatting().await;
    let group = standin.chat(NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Group, "G") }).unwrap();
    bot.call("getUpdates", json!({ "offset": -1 })).await;
    let supergroup = standin.upgrade(group, anna).unwrap();
    assert!(supergroup.0 < -1_000_000_000_000, "{supergroup:?}");

    let updates = bot.call("getUpdates", json!({})).await;
    let updates = updates.as_array().unwrap();
    let told = |field: &str| updates.iter().find(|update| update["message"].get(field).is_some()).unwrap();
    assert_eq!(told("migrate_to_chat_id")["message"]["chat"]["id"], json!(group));
    assert_eq!(told("migrate_to_chat_id")["message"]["migrate_to_chat_id"], json!(supergroup));
    assert_eq!(told("migrate_from_chat_id")["message"]["chat"]["id"], json!(supergroup));
    assert_eq!(told("migrate_from_chat_id")["message"]["migrate_from_chat_id"], json!(group));

    let url = format!("{}/bot{}/sendMessage", standin.url(), standin.token());
    let words = json!({ "chat_id": group, "text": "hi" });
    let refused = reqwest::Client::new().post(url).json(&words).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let refused: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(refused["description"], "Bad Request: group chat was upgraded to a supergroup chat");
    assert_eq!(refused["parameters"], json!({ "migrate_to_chat_id": supergroup }));
    bot.call("sendMessage", json!({ "chat_id": supergroup, "text": "hi" })).await;
    assert!(standin.say_in(group, anna, "anybody?").is_err());
    assert!(standin.upgrade(group, anna).is_err(), "once is enough");
    standin.say_in(supergroup, anna, "here").unwrap();
}
