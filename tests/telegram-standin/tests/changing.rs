//! Edits, deletions, forwards and copies.

use chronogram_telegram_standin::{ChatType, MessageId, NewChat};
use serde_json::json;

use crate::bot::{chatting, id};

const SAME: &str = "Bad Request: message is not modified: specified new message content and reply markup are exactly \
                    the same as a current content and reply markup of the message";

#[tokio::test]
async fn an_edit_must_change_something_and_is_remembered() {
    let (standin, bot, anna) = chatting().await;
    let sent = bot.say(anna, "one").await;
    let edit = |text: &str| json!({ "chat_id": anna, "message_id": sent, "text": text });
    assert_eq!(bot.refused("editMessageText", edit("one")).await, (400, SAME.to_owned()));
    let edited = bot.call("editMessageText", edit("two")).await;
    assert_eq!((edited["text"].clone(), edited["edit_date"].is_i64()), (json!("two"), true));
    assert_eq!(bot.refused("editMessageText", edit(&"x".repeat(4097))).await.1, "Bad Request: MESSAGE_TOO_LONG");
    let keyboard = json!({ "inline_keyboard": [[{ "text": "A", "callback_data": "a" }]] });
    let markup = json!({ "chat_id": anna, "message_id": sent, "reply_markup": keyboard });
    bot.call("editMessageReplyMarkup", markup.clone()).await;
    assert_eq!(bot.refused("editMessageReplyMarkup", markup).await, (400, SAME.to_owned()));
    bot.call("editMessageText", edit("two")).await;
    let shown = standin.message(anna, sent).unwrap();
    let before: Vec<_> = shown.versions.iter().map(|version| version["text"].clone()).collect();
    assert_eq!(before, ["one", "two", "two"]);
    assert!(shown.buttons().is_empty(), "an edit without a keyboard takes it away");
}

#[tokio::test]
async fn only_the_bots_own_messages_that_are_there_can_be_edited() {
    let (standin, bot, anna) = chatting().await;
    let theirs = standin.say(anna, "mine").unwrap();
    let edit = |message: MessageId| json!({ "chat_id": anna, "message_id": message, "text": "x" });
    let refused = |words: &str| (400, format!("Bad Request: {words}"));
    assert_eq!(bot.refused("editMessageText", edit(theirs)).await, refused("message can't be edited"));
    assert_eq!(bot.refused("editMessageText", edit(MessageId(999))).await, refused("message to edit not found"));
    let sent = bot.say(anna, "gone soon").await;
    standin.delete(anna, sent).unwrap();
    assert_eq!(bot.refused("editMessageText", edit(sent)).await, refused("message to edit not found"));
    let caption = json!({ "chat_id": anna, "message_id": bot.say(anna, "text").await, "caption": "x" });
    assert_eq!(bot.refused("editMessageCaption", caption).await, refused("there is no caption in the message to edit"));
}

#[tokio::test]
async fn deletions_find_their_message_once() {
    let (standin, bot, anna) = chatting().await;
    let (one, two) = (bot.say(anna, "1").await, standin.say(anna, "2").unwrap());
    bot.call("deleteMessage", json!({ "chat_id": anna, "message_id": one })).await;
    let again = bot.refused("deleteMessage", json!({ "chat_id": anna, "message_id": one })).await;
    assert_eq!(again, (400, "Bad Request: message to delete not found".into()));
    bot.call("deleteMessages", json!({ "chat_id": anna, "message_ids": [one, two, 999] })).await;
    assert!(standin.message(anna, two).unwrap().deleted);
    let none = json!({ "chat_id": anna, "message_ids": [] });
    assert_eq!(bot.refused("deleteMessages", none).await.1, "Bad Request: message identifiers are not specified");
}

#[tokio::test]
async fn in_groups_others_messages_are_deleted_by_administrators_only() {
    let (standin, bot, anna) = chatting().await;
    let mut group = NewChat::titled(ChatType::Supergroup, "G");
    (group.admins, group.bot_is_admin, group.bot_is_member) = (vec![anna], false, true);
    let group = standin.chat(group).unwrap();
    let said = standin.say_in(group, anna, "x").unwrap();
    let delete = json!({ "chat_id": group, "message_id": said });
    let refused = bot.refused("deleteMessage", delete.clone()).await;
    assert_eq!(refused, (400, "Bad Request: message can't be deleted".into()));
    standin.promote(group, anna, standin.bot()).unwrap();
    bot.call("deleteMessage", delete).await;
}

#[tokio::test]
async fn forwards_say_where_they_come_from_and_copies_do_not() {
    let (standin, bot, anna) = chatting().await;
    let mut channel = NewChat::titled(ChatType::Channel, "News");
    (channel.username, channel.admins) = (Some("news".into()), vec![anna]);
    let channel = standin.chat(channel).unwrap();
    let post = standin.say_in(channel, anna, "post").unwrap();
    let other = standin.say_in(channel, anna, "other").unwrap();
    let one = json!({ "chat_id": anna, "from_chat_id": "@news", "message_id": post });
    let forwarded = bot.call("forwardMessage", one.clone()).await;
    assert_eq!(forwarded["forward_origin"]["chat"]["username"], "news");
    let copied = bot.call("copyMessage", one).await;
    assert!(standin.message(anna, id(&copied)).unwrap().message.get("forward_origin").is_none());
    let several = json!({ "chat_id": anna, "from_chat_id": channel, "message_ids": [post, other] });
    assert_eq!(bot.call("forwardMessages", several.clone()).await.as_array().unwrap().len(), 2);
    assert_eq!(bot.call("copyMessages", several).await.as_array().unwrap().len(), 2);
    let gone = json!({ "chat_id": anna, "from_chat_id": channel, "message_id": 99 });
    let words = |what: &str| (400, format!("Bad Request: message to {what} not found"));
    assert_eq!(bot.refused("forwardMessage", gone.clone()).await, words("forward"));
    assert_eq!(bot.refused("copyMessage", gone).await, words("copy"));
}
