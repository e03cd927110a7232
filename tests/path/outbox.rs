//! The outbox, end to end: everything that goes out goes out once, to where it belongs, as fast as Telegram takes it.

use std::time::Duration;

use chronogram_automations::deliveries::{keep_file, parked_chats};
use chronogram_model::conversation::{AlbumKind, CaptionedFile, FileKind, Outgoing, OutgoingMessage};
use chronogram_telegram_standin::{ChatId, ChatType, Fault, FaultKind, MessageId, NewChat, Speech, UserId};
use serde_json::{Value, json};

use crate::world::{PATIENCE, World};

/// A real picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

fn caption(text: &str) -> OutgoingMessage {
    OutgoingMessage { text: text.to_owned(), ..OutgoingMessage::default() }
}

async fn photo(world: &World, text: &str) -> CaptionedFile {
    let file = keep_file(&world.database.pool, FileKind::Photo, "chart.png", PIXEL).await.unwrap();
    CaptionedFile { file, caption: caption(text) }
}

/// What the bot has put into a chat, oldest first.
fn shown(world: &World, chat: impl Into<ChatId>) -> Vec<Value> {
    let messages = world.telegram.transcript(chat).into_iter().filter(|message| message.from_bot);
    messages.map(|message| message.message).collect()
}

async fn call(world: &World, method: &str, body: Value) -> Value {
    let url = format!("{}/bot{}/{method}", world.telegram.url(), world.telegram.token());
    let answer = chronogram_tests::http_client().post(url).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
    answer["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_once_whatever_is_killed_and_its_bytes_travel_once() {
    let world = World::new().await;
    let people: Vec<UserId> = (0..8).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let up = world.up();
    for person in &people {
        world.ask(*person, "/start").await;
    }
    up.stop().unwrap();
    world.telegram.forget_calls();

    // A file that nobody asks for after all: whoever put it in was killed. And one that is asked for from everybody.
    keep_file(&world.database.pool, FileKind::Document, "orphan.txt", b"orphan").await.unwrap();
    for (number, person) in people.iter().enumerate() {
        let photo = photo(&world, &format!("chart {number}")).await;
        world.ask_for(number, (*person).into(), None, Outgoing::Photo(photo)).await;
    }
    let aged = "update delivery.file set stored_at = stored_at - interval '8 days'";
    sqlx::query(aged).execute(&world.database.pool).await.unwrap();

    // Killed while the first are on their way, again and again.
    for _ in 0..3 {
        let up = world.up();
        let calls = world.telegram.calls_of("sendPhoto").len();
        let more = async {
            while world.telegram.calls_of("sendPhoto").len() == calls {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), more).await;
        up.kill().unwrap();
    }
    let up = world.up();
    world.until_events("ReplySent", "", 16).await;
    up.stop().unwrap();

    // Those that were on their way when it was killed may be there twice, and the log says which; nobody else's.
    let repeats = usize::try_from(world.events("ReplySent", "\"maybe_repeated\":true").await).unwrap();
    let photos = |person: UserId| shown(&world, person).iter().filter(|message| message.get("photo").is_some()).count();
    let twice = people.iter().filter(|person| photos(**person) > 1).count();
    assert!(people.iter().all(|person| photos(*person) >= 1), "everybody has it");
    assert!(twice <= repeats, "{twice} have it twice, {repeats} are marked");
    let sent: Vec<Value> = people.iter().flat_map(|person| shown(&world, *person)).collect();
    for number in 0..8 {
        assert!(sent.iter().any(|message| message["caption"] == format!("chart {number}")), "chart {number}");
    }
    // Once Telegram has the bytes it is told its own name of them; killed before that is noted, they travel again.
    let calls = world.telegram.calls_of("sendPhoto");
    assert!(calls.iter().any(|call| call.parameters["photo"].is_string()), "{calls:?}");
    let files: i64 = sqlx::query_scalar("select count(*) from delivery.file where encode(bytes, 'escape') = 'orphan'")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(files, 0, "nobody ever asked for it");
    assert_eq!(world.events("ReplyFailed", "").await, 0);
    let words: i64 = sqlx::query_scalar("select count(*) from es.event where data::text like '%IHDR%'")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(words, 0, "no event holds bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn albums_and_long_captions_arrive_whole() {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let up = world.up();
    world.ask(anna, "/start").await;
    let long = "слово ".repeat(300);
    let items = vec![photo(&world, "first").await, photo(&world, "second").await, photo(&world, &long).await];
    world.ask_for(1, anna.into(), None, Outgoing::MediaGroup { of: AlbumKind::Photos, items }).await;
    world.until_events("ReplySent", "", 2).await;
    up.stop().unwrap();

    let sent = shown(&world, anna).split_off(1);
    assert_eq!(sent.len(), 4, "{sent:?}");
    let (album, words) = sent.split_at(3);
    assert!(album.iter().all(|message| message["media_group_id"] == album[0]["media_group_id"]), "{album:?}");
    assert_eq!(
        (&album[0]["caption"], &album[1]["caption"], album[2].get("caption")),
        (&json!("first"), &json!("second"), None)
    );
    assert_eq!(words[0]["text"].as_str().unwrap().trim_end(), long.trim_end());
    let sent = "select json_array_length(data->'message_ids') from es.event where type = 'ReplySent' order by position desc limit 1";
    let ids: i32 = sqlx::query_scalar(sent).fetch_one(&world.database.pool).await.unwrap();
    assert_eq!(ids, 4, "the log knows every message");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_became_a_supergroup_gets_what_waits_for_it_once_and_in_order() {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let new = NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Group, "Клуб") };
    let group = world.telegram.chat(new).unwrap();
    let up = world.up();
    let said = world.telegram.say_in(group, anna, "/remind 20s встреча").unwrap();
    let answer = world.telegram.wait_for_bot_message(group, said, PATIENCE).await.expect("an answer");
    assert!(answer.text.contains("встреча"), "{}", answer.text);
    up.kill().unwrap();

    for number in 0..3 {
        world.ask_for_words(number, group, &format!("word {number}")).await;
    }
    let supergroup = world.telegram.upgrade(group, anna).unwrap();
    let up = world.up();
    let told = world.telegram.wait_for_message(supergroup, PATIENCE, |message| message.text.contains("встреча")).await;
    assert!(told.is_some(), "{:?}", shown(&world, supergroup));
    world.until_events("ReplySent", "", 4).await;
    world.until_events("ReminderDelivered", "", 1).await;
    // What is asked for under the old id goes to the new one too, also after a restart; edits have nothing to edit.
    up.kill().unwrap();
    let up = world.up();
    world.ask_for_words(3, group, "word 3").await;
    let message_id = chronogram_model::MessageId(answer.id.0);
    world.ask_for(4, group, None, Outgoing::Edit { message_id, message: caption("edited") }).await;
    world.until_events("ReplySent", "", 5).await;
    world.until_events("ReplyFailed", "migrated", 1).await;
    up.stop().unwrap();

    let texts: Vec<_> = shown(&world, supergroup).iter().map(|message| message["text"].clone()).collect();
    let words: Vec<_> = texts.iter().filter(|text| text.as_str().unwrap_or_default().starts_with("word")).collect();
    assert_eq!(words, ["word 0", "word 1", "word 2", "word 3"], "{texts:?}");
    let in_the_old = shown(&world, group).into_iter().filter(|message| message.get("text").is_some()).count();
    assert_eq!(in_the_old, 1, "nothing was said in the old one: {:?}", shown(&world, group));
    assert_eq!(world.events("ConversationMigrated", &supergroup.to_string()).await, 1);
    assert_eq!(world.events("ServiceMessageObserved", "migrate_to_supergroup").await, 1);
    assert_eq!(world.events("ServiceMessageObserved", "migrate_from_group").await, 1);
    assert_eq!(world.events("ReminderDelivered", "").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_blocked_the_bot_is_left_alone_until_they_write_again() {
    let world = World::new().await;
    let (bob, eva) = (world.person("Bob", "en"), world.person("Eva", "en"));
    let up = world.up();
    world.ask(bob, "/start").await;
    world.ask(eva, "/remind 6s tea").await;
    // Of Bob only a refusal tells; of Eva an update.
    let gone = FaultKind::Status { code: 403, description: "Forbidden: bot was blocked by the user".to_owned() };
    world.telegram.fail_next(Fault::next(gone).of("sendMessage").to(bob).times(1));
    world.telegram.block(eva).unwrap();
    world.ask_for_words(1, bob, "one").await;
    world.until_events("ReplyFailed", "blocked", 1).await;
    world.until_events("BotBlocked", "", 2).await;
    let parked = async {
        while parked_chats(&world.database.pool, 10).await.unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, parked).await.expect("both are parked");
    let calls = world.telegram.calls_of("sendMessage").len();

    world.ask_for_words(2, bob, "two").await;
    world.until_events("ReplyFailed", "blocked", 2).await;
    up.kill().unwrap();
    let up = world.up();
    world.ask_for_words(3, bob, "three").await;
    world.ask_for_words(4, eva, "four").await;
    world.until_events("ReplyFailed", "blocked", 4).await;
    world.until_events("ReminderDeliveryFailed", "blocked", 1).await;
    assert_eq!(world.telegram.calls_of("sendMessage").len(), calls, "nothing was tried");
    assert_eq!(parked_chats(&world.database.pool, 10).await.unwrap().len(), 2);

    // Who writes hears us again, and so does who lets the bot in.
    world.ask(bob, "hello").await;
    world.telegram.unblock(eva).unwrap();
    world.until_events("BotUnblocked", "", 2).await;
    world.ask_for_words(5, bob, "five").await;
    world.ask_for_words(6, eva, "six").await;
    world.hears(bob, "five").await;
    world.hears(eva, "six").await;
    up.stop().unwrap();
    assert!(parked_chats(&world.database.pool, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_topic_of_its_question() {
    let world = World::new().await;
    let anna = world.person("Anna", "en");
    let new = NewChat { admins: vec![anna], ..NewChat::titled(ChatType::Forum, "Forum") };
    let forum = world.telegram.chat(new).unwrap();
    let topic = call(&world, "createForumTopic", json!({ "chat_id": forum, "name": "Tea" })).await;
    let topic = MessageId(topic["message_thread_id"].as_i64().unwrap());
    let up = world.up();
    let said = world.telegram.send(forum, anna, Speech::text("/remind 1s tea").in_topic(topic)).unwrap();
    let answer = world.telegram.wait_for_bot_message(forum, said, PATIENCE).await.expect("an answer");
    assert_eq!(answer.message["message_thread_id"], json!(topic), "{:?}", answer.message);
    let told = world.telegram.wait_for_message(forum, PATIENCE, |message| message.text == "⏰ tea").await;
    assert_eq!(told.expect("a reminder").message["message_thread_id"], json!(topic));
    let general = world.telegram.say_in(forum, anna, "/help").unwrap();
    let answer = world.telegram.wait_for_bot_message(forum, general, PATIENCE).await.expect("an answer");
    assert_eq!(answer.message.get("message_thread_id"), None);

    // A topic that is gone by now is no reason to say nothing.
    call(&world, "deleteForumTopic", json!({ "chat_id": forum, "message_thread_id": topic })).await;
    world.ask_for(1, forum, Some(topic), Outgoing::Send(caption("late"))).await;
    let late = world.telegram.wait_for_message(forum, PATIENCE, |message| message.text == "late").await;
    assert_eq!(late.expect("it goes to the chat").message.get("message_thread_id"), None);
    up.stop().unwrap();
    assert_eq!(world.events("MessageReceived", &format!("\"topic\":{}", topic.0)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_one_chat_is_nobody_elses() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Anna", "en"), world.person("Bob", "en"));
    let up = world.up();
    let wait = FaultKind::TooManyRequests { retry_after: 20 };
    world.telegram.fail_next(Fault::next(wait).of("sendMessage").to(anna).times(1));
    let said = world.telegram.say(anna, "/start").unwrap();
    world.telegram.wait_for_call(PATIENCE, |call| call.method == "sendMessage").await.expect("a try");
    world.ask(bob, "hello").await;
    assert!(world.said_to(anna).is_empty(), "she was to wait: {:?}", world.said_to(anna));
    world.answer_after(anna, said).await;
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_several_are_refused_at_once_all_wait_and_nothing_is_lost() {
    let world = World::new().await;
    let people: Vec<UserId> = (0..6).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let up = world.up();
    for person in &people {
        world.ask(*person, "/start").await;
    }
    up.stop().unwrap();
    world.telegram.forget_calls();
    // All at once: they wait together when the house comes up.
    for (number, person) in people.iter().enumerate() {
        world.ask_for_words(number, *person, "word").await;
    }
    let wait = FaultKind::TooManyRequests { retry_after: 4 };
    world.telegram.fail_next(Fault::next(wait).of("sendMessage").times(6));
    let up = world.up();
    world.until_events("ReplySent", "", 12).await;
    up.stop().unwrap();
    for person in &people {
        assert_eq!(world.said_to(*person).len(), 2, "{person:?}");
    }
    let calls = world.telegram.calls_of("sendMessage");
    let refused = calls.iter().filter(|call| call.status == Some(429)).map(|call| call.at_ms).max().unwrap();
    let sent = calls.iter().filter(|call| call.status == Some(200)).map(|call| call.at_ms).min().unwrap();
    // The wait begins when the refusal is read, a moment after it was said.
    assert!(sent - refused >= 3_500, "{} ms", sent - refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_lay_for_a_day_counts_from_when_it_was_sent() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let now: i64 =
        sqlx::query_scalar("select extract(epoch from now())::bigint").fetch_one(&world.database.pool).await.unwrap();
    let yesterday = now - 24 * 60 * 60 + 30 * 60;
    world.telegram.send(bob, bob, Speech::text("/remind 10m tea").dated(yesterday)).unwrap();
    world.telegram.send(bob, bob, Speech::text("/remind 25h coffee").dated(yesterday)).unwrap();
    let up = world.up();
    world.until_events("ReminderDelivered", "\"late\":true", 1).await;
    world.until_events("ReplySent", "", 2).await;
    up.stop().unwrap();
    let said = world.said_to(bob);
    assert!(said.iter().any(|text| text.starts_with("⏰ Your message reached me late")), "{said:?}");
    let told: Vec<_> = said.iter().filter(|text| text.starts_with("⏰ tea")).collect();
    assert!(told.len() == 1 && told[0].contains("Late by 23 hours"), "{said:?}");
    let coffee = said.iter().find(|text| text.contains("coffee")).expect("coffee is to come");
    assert!(coffee.contains("in 1 hour"), "{coffee}");
    assert_eq!(world.events("ReminderScheduled", "").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_carried_is_recorded_and_what_is_no_payload_is_not() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "en"));
    let up = world.up();
    let greeting = world.ask(anna, "/start").await.text;
    assert_eq!(world.ask(anna, "/start spring_2026-a").await.text, greeting);
    world.ask(bob, "/start two words").await;
    world.ask(bob, &format!("/start {}", "x".repeat(65))).await;
    up.stop().unwrap();
    assert_eq!(world.events("DeepLinkFollowed", "").await, 1);
    let known = world.home.succeed(&["people", "export", &anna.to_string()]).unwrap();
    assert!(known.contains(r#""payload":{"person":""#) && known.contains(r#""plain":"spring_2026-a""#), "{known}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_its_time_is_announced() {
    let world = World::new().await;
    let anna = world.person("Anna", "en");
    let up = world.up_with(&[("TELEGRAM_ADMINS", &anna.to_string())]);
    world.ask(anna, "/start").await;
    assert!(world.telegram.calls_of("sendChatAction").is_empty(), "what comes at once needs no word before it");
    world.telegram.fail_next(Fault::next(FaultKind::Hang).of("getChat").times(1));
    world.telegram.say(anna, "/add @news").unwrap();
    let typing =
        world.telegram.wait_for_call(PATIENCE, |call| call.method == "sendChatAction").await.expect("typing is shown");
    assert_eq!(typing.parameters["action"], "typing");
    up.kill().unwrap();
}
