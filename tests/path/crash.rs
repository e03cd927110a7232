//! Killed at every named step from a message to its answer and to the reminder it asked for: nothing is lost, and
//! nothing is done twice but in the one window that nobody can close, which the log then names.

use std::time::Duration;

use chronogram_telegram_standin::{ShownMessage, UserId};
use chronogram_tests::{Up, exports::every_kind_fixture};
use futures::StreamExt as _;
use tokio::time::Instant;

use crate::{
    whole::assert_whole,
    world::{PATIENCE, World},
};

/// Houses that stand beside each other.
const AT_ONCE: usize = 4;

/// A button was pressed, and its answer is not asked for yet.
pub(crate) const PRESSED: &str = "update.pressed";

/// Telegram took the message, and we were killed before we noted it.
const WINDOW: &str = "outbox.sent";

/// Reached once for both where the machine is so slow that the reminder is due before its confirmation is told of.
const TOGETHER: &str = "outbox.told";

/// Reached where another process appended since this one did.
const AFTER_ANOTHER: [&str; 2] = ["append.before_commit", "append.after_locked_commit"];

/// More appends than the story has, the strategies that its first start installs among them.
const EVERY_APPEND: u32 = 50;

/// Every step, and how often the story is sure to come to it: for the confirmation, for the reminder.
pub(crate) const STEPS: [(&str, u32); 17] = [
    ("update.seen", 1),
    ("update.recorded", 1),
    ("update.done", 1),
    ("deliveries.before_commit", 1),
    ("deliveries.after_commit", 1),
    ("reminder.before_commit", 1),
    ("reminder.queued", 1),
    ("outbox.claimed", 2),
    (WINDOW, 2),
    ("outbox.noted", 2),
    (TOGETHER, 2),
    ("outbox.removed", 1),
    ("append.before_insert", EVERY_APPEND),
    ("append.after_commit", EVERY_APPEND),
    (AFTER_ANOTHER[0], 2),
    (AFTER_ANOTHER[1], 2),
    ("append.before_answer", EVERY_APPEND),
];

/// Somebody asks for a reminder while the house is killed at `point`; then it is started again. False: the story ended
/// without ever coming to that point.
async fn crash_at(point: &str) -> bool {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let name = point.split(':').next().unwrap();
    let after_another = AFTER_ANOTHER.contains(&name);
    let ask = || world.telegram.say(anna, "/remind 1s чай").unwrap();
    if !after_another {
        ask();
    }
    let crashed = match world.try_up_with(&[("CHRONOGRAM_CRASH_AT", point)]) {
        Ok(up) => {
            if after_another {
                world.home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
                ask();
            }
            until_crash_or_end(&world, anna, up).await
        }
        // Killed while it came up.
        Err(error) => Some(error.to_string()),
    };
    if let Some(log) = &crashed {
        assert!(log.contains(&format!("crash point {name} reached")), "at {point} it ended otherwise: {log}");
        let up = world.up();
        wait_for_the_end(&world, point).await;
        up.stop().unwrap();
    }
    assert_whole(&world.home).await;
    let imported = world.events("MessageReceived", "\"source\":\"export\"").await;
    for (event_type, times) in [
        ("MessageReceived", 1 + imported),
        ("ReminderScheduled", 1),
        ("ReplyRequested", 1),
        ("ReplySent", 1),
        ("ReminderDelivered", 1),
    ] {
        assert_eq!(world.events(event_type, "").await, times, "{event_type}, killed at {point}");
    }
    let said = world.said_to(anna);
    // A machine that is slow enough confirms what is due by then.
    let confirms = |text: &&String| text.starts_with('✅') || text.contains("с опозданием");
    let confirmations = said.iter().filter(confirms).count();
    let reminders = said.len() - confirmations;
    let repeats = usize::try_from(world.events("", "\"maybe_repeated\":true").await).unwrap();
    if crashed.is_some() && point.starts_with(WINDOW) {
        assert_eq!((confirmations + reminders, repeats), (3, 1), "killed at {point}: {said:?}");
    } else {
        // What was claimed and never sent may have gone out for all we know; it has not.
        assert_eq!((confirmations, reminders), (1, 1), "killed at {point}: {said:?}");
        assert!(repeats == 0 || point.starts_with("outbox.claimed"), "killed at {point}");
    }
    crashed.is_some()
}

/// The log of the crash; none when the story came to its end first.
async fn until_crash_or_end(world: &World, anna: UserId, mut up: Up) -> Option<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(log) = up.ended() {
            return Some(log);
        }
        if is_over(world).await {
            // Told to stop it might come to the point after all.
            up.kill().unwrap();
            return None;
        }
        assert!(Instant::now() < deadline, "neither a crash nor an end: {:?}", world.said_to(anna));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn is_over(world: &World) -> bool {
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from delivery.outbox").fetch_one(&world.database.pool).await.unwrap();
    let told = world.events("ReplySent", "").await == 1 && world.events("ReminderDelivered", "").await == 1;
    told && waiting == 0
}

async fn wait_for_the_end(world: &World, point: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_over(world).await {
        assert!(Instant::now() < deadline, "killed at {point} it never ends");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_reminder_is_asked_for_confirmed_and_told_once() {
    let stories = futures::stream::iter(STEPS);
    let stories = stories.for_each_concurrent(AT_ONCE, |(step, times)| async move {
        let mut reached = 0;
        while reached < times && crash_at(&format!("{step}:{}", reached + 1)).await {
            reached += 1;
        }
        // The appends are counted by the story itself: all that there are, and there are some.
        let wanted = match (step, times) {
            (_, EVERY_APPEND) => 6..EVERY_APPEND,
            (TOGETHER, times) => 1..times + 1,
            (_, times) => times..times + 1,
        };
        assert!(wanted.contains(&reached), "{step} was reached {reached} times");
    });
    stories.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_a_press_and_its_answer_the_reminder_is_put_off_once() {
    let world = World::new().await;
    let anna = world.person("Анна", "ru");
    let mut up = world.up_with(&[("CHRONOGRAM_CRASH_AT", PRESSED)]);
    world.ask(anna, "/remind 1s чай").await;
    let told = |message: &ShownMessage| message.from_bot && message.text == "⏰ чай";
    let told = world.telegram.wait_for_message(anna, PATIENCE, told).await.unwrap();
    let query = world.telegram.press_only(anna, told.chat, told.id, "⏰ +1 час").unwrap();
    let deadline = Instant::now() + PATIENCE;
    while up.ended().is_none() {
        assert!(Instant::now() < deadline, "it was not killed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let up = world.up();
    let answer = world.telegram.callback_answer(&query, PATIENCE).await.unwrap();
    assert_eq!(answer.text.as_deref(), Some("Перенесено"));
    up.stop().unwrap();
    assert_eq!(world.events("ButtonPressed", "").await, 1);
    assert_eq!(world.events("ReminderRescheduled", "").await, 1);
}
