//! The bot, end to end: the real binary between a real Postgres and a strict stand-in for Telegram.

use chronogram_telegram_standin::{Fault, FaultKind, ShownMessage};

use crate::world::{PATIENCE, World};

#[tokio::test(flavor = "multi_thread")]
async fn people_are_answered_in_their_language() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "de"));
    let up = world.up();

    let (to_anna, to_bob) = tokio::join!(world.ask(anna, "/start"), world.ask(bob, "/start"));
    assert!(to_anna.text.starts_with("Здравствуйте, Анна!"), "{}", to_anna.text);
    assert!(to_bob.text.starts_with("Hello, Bob!"), "{}", to_bob.text);

    let (to_anna, to_bob) = tokio::join!(world.ask(anna, "/help"), world.ask(bob, "/help"));
    assert!(to_anna.text.contains("/remind") && !to_anna.text.contains("/health"), "{}", to_anna.text);
    assert!(to_bob.text.contains("your reminders"), "{}", to_bob.text);

    let (to_anna, to_bob) = tokio::join!(world.ask(anna, "/tz мск"), world.ask(bob, "/lang ru"));
    assert!(to_anna.text.contains("Europe/Moscow"), "{}", to_anna.text);
    assert!(to_bob.text.contains("Рус") || to_bob.text.contains("рус"), "{}", to_bob.text);

    // What concerns the system is for admins, and wrong use is answered with an example.
    let (to_anna, to_bob) = tokio::join!(world.ask(anna, "/health"), world.ask(bob, "/remind tomorrow"));
    assert!(!to_anna.text.contains("database"), "{}", to_anna.text);
    assert!(to_bob.text.contains("/remind завтра 09:00"), "{}", to_bob.text);

    let (to_anna, to_bob) = tokio::join!(world.ask(anna, "просто слова"), world.ask(bob, "/nonsense"));
    assert!(to_anna.text.contains("Записано"), "{}", to_anna.text);
    assert!(to_bob.text.contains("/nonsense"), "{}", to_bob.text);
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_told_once_and_can_be_put_off_and_cancelled_by_its_buttons() {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let up = world.up();
    let scheduled = world.ask(anna, "/remind 2s выпить чаю").await;
    assert!(scheduled.text.contains("выпить чаю"), "{}", scheduled.text);
    let told = world.answer_after(anna, scheduled.id).await;
    assert_eq!(told.text, "⏰ выпить чаю");

    let answer = world.telegram.press(anna, &told, "⏰ +1 час", PATIENCE).await.unwrap();
    assert_eq!(answer.text.as_deref(), Some("Перенесено"));
    let list = world.ask(anna, "/reminders").await;
    assert!(list.text.contains("1 напоминание") && list.text.contains("выпить чаю"), "{}", list.text);
    let answer = world.telegram.press(anna, &list, "✖️ Отменить 1", PATIENCE).await.unwrap();
    assert_eq!(answer.text.as_deref(), Some("Отменено"));
    let list = world.ask(anna, "/reminders").await;
    assert!(!list.text.contains("выпить чаю"), "{}", list.text);
    // Scheduled, told (and edited when it was put off), listed (and edited when it was cancelled), listed.
    assert_eq!(world.said_to(anna).len(), 4, "{:?}", world.said_to(anna));

    // The buttons of somebody else's reminder do nothing, whoever gets hold of them.
    let bob = world.person("Bob", "en");
    let data = told.reply_markup.unwrap()["inline_keyboard"][0][0]["callback_data"].as_str().unwrap().to_owned();
    let own = world.ask(bob, "/remind 1h rent").await;
    let chat = own.chat;
    let body = serde_json::json!({ "id": "77", "chat_instance": "1", "data": data, "message": own.message,
        "from": { "id": bob, "is_bot": false, "first_name": "Bob" } });
    world.telegram.inject("callback_query", body).unwrap();
    assert!(world.telegram.wait_until_taken(PATIENCE).await, "{chat:?}");
    let list = world.ask(bob, "/reminders").await;
    assert!(list.text.contains("1 reminder") && !list.text.contains("чаю"), "{}", list.text);

    let log = up.stop().unwrap();
    assert!(!log.contains("чаю") && !log.contains("rent"), "words of people stand in the log: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_every_message_is_answered_once() {
    let world = World::new().await;
    let people: Vec<_> = (0..12).map(|number| world.person(&format!("P{number}"), "en")).collect();
    let mut said = Vec::new();
    let up = world.up();
    for round in 0..3 {
        for person in &people {
            said.push((*person, world.telegram.say(*person, &format!("/remind 1h thing {round}")).unwrap()));
        }
        if round == 0 {
            world.answer_after(people[0], said[0].1).await;
        }
    }
    up.kill().unwrap();
    let up = world.up();
    for person in &people {
        for round in 0..3 {
            let wanted = format!("thing {round}");
            let heard = |message: &ShownMessage| message.from_bot && message.text.contains(&wanted);
            let heard = world.telegram.wait_for_message(*person, PATIENCE, heard).await;
            assert!(heard.is_some(), "no answer about {wanted}: {:?}", world.said_to(*person));
        }
    }
    up.stop().unwrap();
    // Each is recorded once, in the order it was said; scheduled once; and answered once, but for the one window:
    // killed between Telegram's answer and our note of it a message goes out again, and the log says so.
    assert_eq!(world.events("MessageReceived", "").await, 36);
    assert_eq!(world.events("ReminderScheduled", "").await, 36);
    assert_eq!(world.events("ReplySent", "").await, 36);
    let repeats = usize::try_from(world.events("ReplySent", "\"maybe_repeated\":true").await).unwrap();
    let answers: usize = people.iter().map(|person| world.said_to(*person).len()).sum();
    assert!((36..=36 + repeats).contains(&answers), "{answers} answers, {repeats} marked as repeats");
    world.home.succeed(&["projections", "verify"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_updates_change_nothing_and_refusals_are_waited_for() {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let up = world.up();
    world.telegram.duplicate_next(2);
    let wait = FaultKind::TooManyRequests { retry_after: 2 };
    world.telegram.fail_next(Fault::next(wait).of("sendMessage").times(1));
    let answer = world.ask(anna, "/start").await;
    assert!(answer.text.starts_with("Здравствуйте"), "{}", answer.text);
    let answer = world.ask(anna, "первое").await;
    assert!(answer.text.contains("Записано"), "{}", answer.text);
    // An answer that breaks off half-way: Telegram took it, we never heard.
    world.telegram.fail_next(Fault::next(FaultKind::CutBefore).of("sendMessage").times(1));
    let answer = world.ask(anna, "второе").await;
    assert!(answer.text.contains("Записано"), "{}", answer.text);
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    assert_eq!(world.said_to(anna).len(), 3, "{:?}", world.said_to(anna));
    up.stop().unwrap();
    assert_eq!(world.events("MessageReceived", "").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_fell_due_while_the_house_was_down_is_told_when_it_is_up_again() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let up = world.up();
    world.ask(bob, "/remind 1s tea").await;
    up.kill().unwrap();
    let up = world.up();
    world.hears(bob, "⏰ tea").await;
    let blocked = world.person("Eva", "en");
    world.ask(blocked, "/remind 2s never").await;
    world.telegram.block(blocked).unwrap();
    world.ask(bob, "/remind 3s coffee").await;
    // One that cannot be told stops no other.
    world.hears(bob, "⏰ coffee").await;
    up.stop().unwrap();
    assert_eq!(world.events("ReminderDeliveryFailed", "\"blocked\"").await, 1);
    assert_eq!(world.events("ReminderDelivered", "").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_hangs_holds_up_neither_other_chats_nor_the_stop() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "en"));
    let up = world.up();
    world.ask(anna, "/start").await;
    world.telegram.fail_next(Fault::next(FaultKind::HangAfter).of("sendMessage").to(anna).times(1));
    // It shows, and nobody is told so.
    world.ask(anna, "/help").await;
    world.ask(bob, "/start").await;
    up.stop().unwrap();
    // Whether Anna's answer went out nobody knows: it goes out again, and the log says so.
    let up = world.up();
    world.telegram.say(anna, "слово").unwrap();
    world.hears(anna, "✍️ Записано.").await;
    up.stop().unwrap();
    assert_eq!(world.events("ReplySent", "\"maybe_repeated\":true").await, 1);
    assert_eq!(world.said_to(anna).len(), 4, "{:?}", world.said_to(anna));
}
