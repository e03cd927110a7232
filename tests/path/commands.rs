//! Every command, as a newcomer types it, to somebody who reads Russian and to somebody who reads English.

use chronogram_telegram_standin::{ChatType, NewChat, ShownMessage};

use crate::world::World;

/// Each with words that stand in its answer, in Russian and in English.
const COMMANDS: [(&str, &str, &str); 20] = [
    ("/start", "Здравствуйте", "Hello"),
    ("/help", "напоминания", "reminders"),
    ("/lang", "языке", "anguage"),
    ("/tz", "UTC", "UTC"),
    ("/tz Europe/Moscow", "Europe/Moscow", "Europe/Moscow"),
    ("/tz Mars/Base", "/tz", "/tz"),
    ("/remind 1h tea", "tea", "tea"),
    ("/remind 2027-12-01 09:00 tea", "1 декабря 2027", "1 December 2027"),
    ("/remind", "/remind", "/remind"),
    ("/reminders", "2 напоминания", "2 reminders"),
    ("/profile", "о вас", "you"),
    ("/add @house_news", "House news", "House news"),
    ("/add", "/add", "/add"),
    ("/list", "House news", "House news"),
    ("/stats @house_news 30", "House news", "House news"),
    ("/stats @house_news", "House news", "House news"),
    ("/stats", "/stats", "/stats"),
    ("/health", "projections", "projections"),
    ("/remove @house_news", "House news", "House news"),
    ("hello", "Записано", "Noted"),
];

fn is_cyrillic(text: &str) -> bool {
    text.chars().any(|letter| ('а'..='я').contains(&letter.to_lowercase().next().unwrap_or(letter)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_answered_in_the_language_of_who_types_it() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "en"));
    let channel = NewChat {
        username: Some("house_news".to_owned()),
        admins: vec![anna, bob],
        bot_is_admin: true,
        ..NewChat::titled(ChatType::Channel, "House news")
    };
    world.telegram.chat(channel).unwrap();
    let admins = format!("{anna},{bob}");
    let up = world.up_with(&[("TELEGRAM_ADMINS", &admins)]);
    for (command, in_russian, in_english) in COMMANDS {
        let answer = world.ask(anna, command).await;
        assert!(answer.text.contains(in_russian) && is_cyrillic(&all_words(&answer)), "{command}: {}", answer.text);
        let answer = world.ask(bob, command).await;
        assert!(answer.text.contains(in_english), "{command}: {}", answer.text);
        // The names of languages stand in their own.
        let words = all_words(&answer).replace("Русский", "");
        // Examples of what can be written are given in both.
        let examples = command.starts_with("/remind") || command == "/help" || command.starts_with("/tz");
        assert!(examples || !is_cyrillic(&words), "{command}: {words}");
    }
    up.stop().unwrap();
}

/// What is said, and what stands on its buttons.
fn all_words(answer: &ShownMessage) -> String {
    let buttons = answer.buttons().into_iter().flatten().map(|button| button.text);
    std::iter::once(answer.text.clone()).chain(buttons).collect::<Vec<_>>().join(" ")
}
