//! `sendMessage` and its refusals; formatting, keyboards, replies.

use chronogram_telegram_standin::{MessageId, NewUser, UserId};
use serde_json::json;

use crate::bot::{Bot, chatting, id};

#[tokio::test]
async fn a_wrong_token_is_unauthorized_and_an_unknown_method_not_found() {
    let (standin, bot, _) = chatting().await;
    let stranger = Bot::at(standin.url(), "1:wrong");
    assert_eq!(stranger.refused("getMe", json!({})).await, (401, "Unauthorized".into()));
    assert_eq!(bot.refused("makeCoffee", json!({})).await, (404, "Not Found".into()));
    let me = bot.call("getMe", json!({})).await;
    assert_eq!((me["is_bot"].clone(), me["username"].clone()), (json!(true), json!("chronogram_bot")));
}

#[tokio::test]
async fn a_message_comes_back_as_it_is_shown() {
    let (standin, bot, anna) = chatting().await;
    let sent = bot.call("sendMessage", json!({ "chat_id": anna, "text": "привет" })).await;
    assert_eq!(sent["text"], "привет");
    assert_eq!(sent["chat"]["first_name"], "Анна");
    let shown = standin.transcript(anna).pop().unwrap();
    assert_eq!((shown.text.as_str(), shown.from_bot, shown.id), ("привет", true, id(&sent)));
}

#[tokio::test]
async fn whom_a_bot_may_write_to() {
    let (standin, bot, anna) = chatting().await;
    let to = |chat: i64| json!({ "chat_id": chat, "text": "x" });
    assert_eq!(bot.refused("sendMessage", to(99)).await, (400, "Bad Request: chat not found".into()));
    let silent = standin.user(NewUser::named("Bob", "en")).unwrap();
    assert_eq!(
        bot.refused("sendMessage", to(silent.0)).await,
        (403, "Forbidden: bot can't initiate conversation with a user".into())
    );
    standin.block(anna).unwrap();
    assert_eq!(bot.refused("sendMessage", to(anna.0)).await, (403, "Forbidden: bot was blocked by the user".into()));
    standin.unblock(anna).unwrap();
    bot.say(anna, "again").await;
}

#[tokio::test]
async fn texts_are_measured_in_utf16_units_after_their_formatting_was_read() {
    let (_standin, bot, anna) = chatting().await;
    let send = |text: String| json!({ "chat_id": anna, "text": text, "parse_mode": "HTML" });
    bot.call("sendMessage", send("x".repeat(4096))).await;
    bot.call("sendMessage", send(format!("<b>{}</b>", "я".repeat(4096)))).await;
    bot.call("sendMessage", send("😀".repeat(2048))).await;
    let too_long = (400, "Bad Request: message is too long".to_owned());
    assert_eq!(bot.refused("sendMessage", send("x".repeat(4097))).await, too_long);
    assert_eq!(bot.refused("sendMessage", send(format!("{}x", "😀".repeat(2048)))).await, too_long);
}

#[tokio::test]
async fn what_is_missing_or_of_a_wrong_type_is_refused_in_telegrams_words() {
    let (_standin, bot, anna) = chatting().await;
    for (method, parameters, words) in [
        ("sendMessage", json!({ "text": "x" }), "chat_id is empty"),
        ("sendMessage", json!({ "chat_id": anna }), "message text is empty"),
        ("sendMessage", json!({ "chat_id": anna, "text": " \n " }), "message text is empty"),
        ("sendMessage", json!({ "chat_id": anna, "text": "<b></b>", "parse_mode": "HTML" }), "message text is empty"),
        ("sendMessage", json!({ "chat_id": "anna", "text": "x" }), "chat not found"),
        ("sendMessage", json!({ "chat_id": anna, "text": ["x"] }), "parameter text must be a String"),
        ("sendMessage", json!({ "chat_id": anna, "text": "x", "parse_mode": "RTF" }), "unsupported parse_mode"),
        (
            "sendMessage",
            json!({ "chat_id": anna, "text": "x", "message_thread_id": "y" }),
            "invalid message_thread_id specified",
        ),
        (
            "sendMessage",
            json!({ "chat_id": anna, "text": "x", "reply_markup": "{" }),
            "can't parse reply_markup JSON object",
        ),
        (
            "sendMessage",
            json!({ "chat_id": anna, "text": "<b>x", "parse_mode": "html" }),
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ("sendPhoto", json!({ "chat_id": anna }), "there is no photo in the request"),
        ("deleteMessage", json!({ "chat_id": anna }), "message identifier is not specified"),
        ("getChatMember", json!({ "chat_id": anna }), "invalid user_id specified"),
        ("sendChatAction", json!({ "chat_id": anna, "action": "dancing" }), "wrong parameter action in request"),
    ] {
        assert_eq!(bot.refused(method, parameters).await, (400, format!("Bad Request: {words}")));
    }
    bot.call("sendChatAction", json!({ "chat_id": anna, "action": "typing" })).await;
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_noted() {
    let (standin, bot, anna) = chatting().await;
    bot.call("sendMessage", json!({ "chat_id": anna, "text": "x", "colour": "red" })).await;
    let call = standin.calls_of("sendMessage").pop().unwrap();
    assert_eq!(call.unknown, ["colour"]);
    assert_eq!((call.status, call.chat), (Some(200), Some(anna.into())));
}

#[tokio::test]
async fn buttons_are_looked_at_one_by_one() {
    let (_standin, bot, anna) = chatting().await;
    let send = |button: serde_json::Value| json!({ "chat_id": anna, "text": "x", "reply_markup": { "inline_keyboard": [[button]] } });
    bot.call("sendMessage", send(json!({ "text": "ok", "callback_data": "я".repeat(32) }))).await;
    bot.call("sendMessage", send(json!({ "text": "ok", "url": "https://example.org" }))).await;
    let refused = |words: &str| (400, format!("Bad Request: {words}"));
    for data in [String::new(), "я".repeat(33)] {
        let button = json!({ "text": "x", "callback_data": data });
        assert_eq!(bot.refused("sendMessage", send(button)).await, refused("BUTTON_DATA_INVALID"));
    }
    assert_eq!(
        bot.refused("sendMessage", send(json!({ "text": "x" }))).await,
        refused("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    );
    assert!(bot.refused("sendMessage", send(json!({ "text": "x", "url": "nonsense" }))).await.1.contains("is invalid"));
    let many: Vec<_> = (0..101).map(|n| json!([{ "text": "x", "callback_data": n.to_string() }])).collect();
    let many = json!({ "chat_id": anna, "text": "x", "reply_markup": { "inline_keyboard": many } });
    assert_eq!(bot.refused("sendMessage", many).await, refused("reply markup is too long"));
}

#[tokio::test]
async fn a_reply_needs_its_message_unless_it_may_go_without() {
    let (standin, bot, anna) = chatting().await;
    let asked = standin.say(anna, "how?").unwrap();
    let reply = |to: MessageId, alone: bool| {
        let reply = json!({ "message_id": to, "allow_sending_without_reply": alone });
        json!({ "chat_id": anna, "text": "so", "reply_parameters": reply })
    };
    let sent = bot.call("sendMessage", reply(asked, false)).await;
    assert_eq!(sent["reply_to_message"]["text"], "how?");
    let gone = MessageId(9999);
    let words = "Bad Request: message to be replied not found".to_owned();
    assert_eq!(bot.refused("sendMessage", reply(gone, false)).await, (400, words));
    let sent = bot.call("sendMessage", reply(gone, true)).await;
    assert!(sent.get("reply_to_message").is_none());
    let quoting = json!({ "chat_id": anna, "text": "so", "reply_parameters": { "message_id": asked, "quote": "ow" } });
    assert_eq!(bot.call("sendMessage", quoting).await["quote"]["position"], 1);
}

#[tokio::test]
async fn entities_come_back_with_offsets_in_utf16_units() {
    let (_standin, bot, anna) = chatting().await;
    let text = json!({ "chat_id": anna, "text": "😀 *жирно* /help", "parse_mode": "MarkdownV2" });
    let sent = bot.call("sendMessage", text).await;
    assert_eq!(
        sent["entities"],
        json!([{ "type": "bold", "offset": 3, "length": 5 }, { "type": "bot_command", "offset": 9, "length": 5 }])
    );
}

#[tokio::test]
async fn the_menu_follows_scope_and_language() {
    let (standin, bot, anna) = chatting().await;
    let bob = standin.user(NewUser::named("Bob", "en")).unwrap();
    standin.start(bob, None).unwrap();
    let menu = |command: &str| json!([{ "command": command, "description": "does it" }]);
    bot.call("setMyCommands", json!({ "commands": menu("start") })).await;
    bot.call("setMyCommands", json!({ "commands": menu("nachat"), "language_code": "ru" })).await;
    let scope = json!({ "type": "chat", "chat_id": bob });
    bot.call("setMyCommands", json!({ "commands": menu("admin"), "scope": scope })).await;
    let first = |user: UserId| standin.menu(user, user).first().map(|(command, _)| command.clone()).unwrap();
    assert_eq!((first(anna), first(bob)), ("nachat".to_owned(), "admin".to_owned()));
    assert_eq!(bot.call("getMyCommands", json!({ "language_code": "ru" })).await[0]["command"], "nachat");
    bot.call("deleteMyCommands", json!({ "scope": scope })).await;
    assert_eq!(first(bob), "start");
    for command in ["Start", "", "with space"] {
        let wrong = bot.refused("setMyCommands", json!({ "commands": menu(command) })).await;
        assert_eq!(wrong.1, "Bad Request: BOT_COMMAND_INVALID");
    }
}
