//! Channels, end to end: who may follow one, what its members are told to be, and the same at the command line.

use std::time::Duration;

use chronogram_telegram_standin::{ChatId, ChatType, Fault, FaultKind, NewChat, ShownMessage, UserId};
use serde_json::{Value, json};

use crate::{
    whole::assert_whole,
    world::{PATIENCE, World},
};

/// The digits in a text: how numbers are grouped is not the matter here.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

impl World {
    /// Makes a public channel of somebody's.
    pub(crate) fn channel(&self, owner: UserId, username: &str, members: i64, bot_is_admin: bool) -> ChatId {
        let titled = NewChat::titled(ChatType::Channel, &format!("The {username}"));
        let new = NewChat { username: Some(username.to_owned()), admins: vec![owner], bot_is_admin, ..titled };
        let channel = self.telegram.chat(new).unwrap();
        self.telegram.set_member_count(channel, members).unwrap();
        channel
    }

    /// Runs a command that must succeed, with the bot's token.
    fn run_with_bot(&self, arguments: &[&str]) {
        let telegram = [("TELEGRAM_BOT_TOKEN", self.telegram.token()), ("TELEGRAM_API_URL", self.telegram.url())];
        let output = self.home.command(arguments).envs(telegram).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Somebody presses a button that was shown to another.
    async fn press_of_another(&self, person: UserId, under: &ShownMessage, data: &str) {
        let body = json!({ "id": "77", "chat_instance": "1", "data": data, "message": under.message,
            "from": { "id": person, "is_bot": false, "first_name": "Bob" } });
        self.telegram.inject("callback_query", body).unwrap();
        assert!(self.telegram.wait_until_taken(PATIENCE).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_runs_a_channel_follows_it_and_nobody_else_sees_or_removes_it() {
    let world = World::new().await;
    let (anna, bob, eva) = (world.person("Анна", "ru"), world.person("Bob", "en"), world.person("Eva", "en"));
    let channel = world.channel(anna, "anna_news", 4_000, true);
    let up = world.up();

    let added = world.ask(anna, "/add @anna_news").await;
    assert!(added.text.contains("Теперь слежу за каналом The anna_news"), "{}", added.text);
    world.until_events("ChannelSnapshotTaken", "", 1).await;
    let stats = world.ask(anna, "/stats @anna_news").await;
    assert!(digits(&stats.text).contains("4000"), "{}", stats.text);
    assert!(stats.text.contains("замер только один"), "{}", stats.text);
    let list = world.ask(anna, "/list").await;
    assert!(list.text.contains("The anna_news") && digits(&list.text).contains("4000"), "{}", list.text);

    // Bob runs nothing, whatever he says and whichever button he gets hold of.
    for command in ["/stats @anna_news", "/remove @anna_news", "/add @anna_news"] {
        let refused = world.ask(bob, command).await;
        assert!(refused.text.starts_with("You do not run the channel @anna_news"), "{command}: {}", refused.text);
    }
    let nothing = world.ask(bob, "/list").await;
    assert!(nothing.text.starts_with("I follow no channels yet"), "{}", nothing.text);
    let confirm = format!("1:rm!:{channel}");
    world.press_of_another(bob, &nothing, &confirm).await;
    assert_eq!(world.events("ChannelUntracked", "").await, 0);

    // Eva is made an administrator: she may, until she is none any more.
    world.telegram.promote(channel, anna, eva).unwrap();
    let stats = world.ask(eva, "/stats @anna_news").await;
    assert!(digits(&stats.text).contains("4000"), "{}", stats.text);
    let list = world.ask(eva, "/list").await;
    assert!(list.text.contains("The anna_news"), "{}", list.text);
    world.telegram.leave(channel, eva).unwrap();
    let refused = world.ask(eva, "/stats @anna_news").await;
    assert!(refused.text.starts_with("You do not run"), "{}", refused.text);
    let list = world.ask(eva, "/list").await;
    assert!(list.text.starts_with("I follow no channels yet"), "{}", list.text);

    let asked = world.ask(anna, "/remove @anna_news").await;
    let answer = world.telegram.press(anna, &asked, "Да, не следить", PATIENCE).await.unwrap();
    assert_eq!(answer.text.as_deref(), Some("Готово"));
    let list = world.ask(anna, "/list").await;
    assert!(list.text.contains("Я пока не слежу ни за одним каналом"), "{}", list.text);
    let commands: Vec<_> = world.telegram.menu(anna, anna).into_iter().map(|(command, _)| command).collect();
    assert!(commands.contains(&"add".to_owned()) && !commands.contains(&"health".to_owned()), "{commands:?}");
    up.stop().unwrap();
    assert_eq!(world.events("ChannelUntracked", "").await, 1);
    world.home.succeed(&["projections", "verify"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_over_a_name_sees_nothing_of_the_channel_that_had_it() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Анна", "ru"), world.person("Eva", "en"));
    let old = world.channel(anna, "anna_news", 4_000, true).to_string();
    // When it was tracked, it had the name that is Eva's now.
    world.home.succeed(&["channels", "add", &old, "--username", "news"]).unwrap();
    world.channel(eva, "news", 5, true);
    let up = world.up();
    world.until_events("ChannelSnapshotTaken", "", 1).await;
    for command in ["/stats @news", "/remove @news"] {
        let refused = world.ask(eva, command).await;
        assert!(refused.text.starts_with("You do not run the channel @news"), "{command}: {}", refused.text);
    }
    // Her own she may follow: then the name is that channel's.
    let added = world.ask(eva, "/add @news").await;
    assert!(added.text.contains("I follow The news from now on"), "{}", added.text);
    world.until_events("ChannelSnapshotTaken", "", 2).await;
    let stats = world.ask(eva, "/stats @news").await;
    assert!(stats.text.contains("Members: 5,"), "{}", stats.text);
    let stats = world.ask(anna, &format!("/stats {old}")).await;
    assert!(digits(&stats.text).contains("4000"), "{}", stats.text);
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_cannot_be_looked_into_is_refused_with_what_to_do() {
    let world = World::new().await;
    let (anna, bob) = (world.person("Анна", "ru"), world.person("Bob", "en"));
    let kitchen = NewChat { bot_is_admin: false, ..NewChat::titled(ChatType::Channel, "Kitchen") };
    let private = world.telegram.chat(kitchen).unwrap();
    world.channel(anna, "open_kitchen", 10, false);
    let up = world.up_with(&[("TELEGRAM_ADMINS", &bob.to_string())]);

    let refused = world.ask(anna, &format!("/add {private}")).await;
    assert!(refused.text.contains("нет доступа к каналу") && refused.text.contains("администратором"));
    let refused = world.ask(anna, "/add @open_kitchen").await;
    assert!(refused.text.contains("Не вижу, управляете ли вы каналом"), "{}", refused.text);
    let refused = world.ask(anna, "/add @nobody_here").await;
    assert!(refused.text.contains("Не нахожу канал @nobody_here"), "{}", refused.text);
    assert_eq!(world.events("ChannelTracked", "").await, 0);

    // An admin of the bot may follow whatever it can see, and sees everything.
    let added = world.ask(bob, "/add @open_kitchen").await;
    assert!(added.text.contains("I follow The open_kitchen from now on"), "{}", added.text);
    world.until_events("ChannelSnapshotTaken", "", 1).await;
    let list = world.ask(bob, "/list").await;
    assert!(list.text.contains("The open_kitchen — 10 members"), "{}", list.text);
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_counts_every_channel_is_counted_once_that_day() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let names = ["one", "two", "three", "four", "five", "six", "seven"].map(|name| format!("channel_{name}"));
    let channels: Vec<ChatId> = names.iter().map(|name| world.channel(bob, name, 100, true)).collect();
    // Asked about the third, Telegram says nothing.
    world.telegram.fail_next(Fault::next(FaultKind::Hang).of("getChatMemberCount").to(channels[2]));
    for name in &names {
        world.run_with_bot(&["channels", "add", &format!("@{name}")]);
    }
    let up = world.up();
    world.until_events("ChannelSnapshotTaken", "", 6).await;
    up.kill().unwrap();
    for _ in 0..2 {
        let up = world.up();
        world.until_events("ChannelSnapshotTaken", "", 7).await;
        up.stop().unwrap();
    }
    assert_eq!(world.events("ChannelSnapshotTaken", "").await, 7);
    for channel in channels {
        let holding = format!("\"channel\":{channel},");
        assert_eq!(world.events("ChannelSnapshotTaken", &holding).await, 1, "{channel}");
    }
    world.home.succeed(&["projections", "verify"]).unwrap();
}

/// The steps of a count.
pub(crate) const CRASH_POINTS: [&str; 3] = ["collection.before_commit", "collection.after_commit", "collection.noted"];

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_of_a_count_the_day_has_one() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    for (counted, point) in CRASH_POINTS.into_iter().enumerate() {
        let name = format!("channel_{counted}");
        world.channel(bob, &name, 100, true);
        world.run_with_bot(&["channels", "add", &format!("@{name}")]);
        // Killed while it came up, or soon after.
        if let Ok(mut up) = world.try_up_with(&[("CHRONOGRAM_CRASH_AT", point)]) {
            let crashed = async {
                while up.ended().is_none() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            assert!(tokio::time::timeout(PATIENCE, crashed).await.is_ok(), "it was not killed at {point}");
        }
        let up = world.up();
        let wanted = i64::try_from(counted).unwrap() + 1;
        world.until_events("ChannelSnapshotTaken", "", wanted).await;
        up.stop().unwrap();
        assert_eq!(world.events("ChannelSnapshotTaken", "").await, wanted, "killed at {point}");
        assert_whole(&world.home).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_added_listed_counted_and_removed_at_the_command_line() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let channel = world.channel(bob, "bob_news", 250, true).to_string();
    let run = |arguments: &[&str]| world.home.command(arguments).output().unwrap();
    let refusal = |arguments: &[&str]| {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    // Nobody tells which channel a name is.
    assert!(refusal(&["channels", "add", "@bob_news"]).contains("without TELEGRAM_BOT_TOKEN"));
    assert!(refusal(&["channels", "add", "bob"]).contains("use @name"));
    let mut unknown = world.home.command(&["channels", "add", "@nobody_here"]);
    let telegram = [("TELEGRAM_BOT_TOKEN", world.telegram.token()), ("TELEGRAM_API_URL", world.telegram.url())];
    let unknown = unknown.envs(telegram).output().unwrap();
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("Telegram does not show @nobody_here"));

    world.home.succeed(&["channels", "add", "-1001878264527", "--title", "By number"]).unwrap();
    world.run_with_bot(&["channels", "add", "https://t.me/bob_news"]);
    assert!(refusal(&["channels", "add", &channel]).contains("is tracked already"));

    let up = world.up();
    world.until_events("ChannelSnapshotTaken", "", 1).await;
    // What the stand-in does not know is noted as such.
    world.until_events("CollectionFailed", "", 1).await;
    up.stop().unwrap();
    let list = world.home.succeed(&["channels", "list", "--json"]).unwrap();
    let list: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<_> = list.iter().map(|row| (&row["title"], &row["members"])).collect();
    assert_eq!(shown, [(&json!("By number"), &Value::Null), (&json!("The bob_news"), &json!(250))]);

    let stats = world.home.succeed(&["channels", "stats", "@bob_news", "--days", "2", "--json"]).unwrap();
    let stats: Value = serde_json::from_str(&stats).unwrap();
    assert_eq!((&stats["days"][0]["members"], &stats["days"][0]["change"]), (&json!(250), &Value::Null));
    let told = world.home.succeed(&["channels", "stats", &channel]).unwrap();
    assert!(told.contains("The bob_news") && told.contains("250 members on"), "{told}");

    world.home.succeed(&["channels", "remove", &channel]).unwrap();
    assert!(refusal(&["channels", "remove", &channel]).contains("is not tracked"));
    let list = world.home.succeed(&["channels", "list"]).unwrap();
    assert!(list.contains("By number") && !list.contains("bob_news"), "{list}");
    let list = world.home.succeed(&["channels", "list", "--all"]).unwrap();
    assert!(list.contains("@bob_news  (not tracked)"), "{list}");
}
