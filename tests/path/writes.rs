//! What operators do in the bot's name, end to end: reminders and messages asked for over GraphQL.

use std::time::Instant;

use chronogram_telegram_standin::{Fault, FaultKind, ShownMessage};
use chronogram_tests::{Up, graphql, http_client};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{PATIENCE, World};

/// A running house, asked as an operator.
struct Api {
    url: String,
    token: String,
}

impl Api {
    fn of(up: &Up) -> Self {
        Self { url: up.api().unwrap(), token: up.printed("Token").unwrap().to_owned() }
    }

    async fn data(&self, query: &str) -> Value {
        let answer = graphql(&self.url, &self.token, query).await.unwrap();
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].clone()
    }

    /// A request that may be repeated; the whole answer.
    async fn keyed(&self, key: &str, query: &str) -> Value {
        let request = http_client().post(format!("{}/graphql", self.url)).bearer_auth(&self.token);
        let request = request.header("Idempotency-Key", key).json(&json!({ "query": query }));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Asks until `pointer` of the answer holds this.
    async fn until(&self, query: &str, pointer: &str, expected: &Value) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let data = self.data(query).await;
            if data.pointer(pointer) == Some(expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{pointer} never was {expected}: {data}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

fn schedule(person: impl std::fmt::Display, text: &str, due_at: Timestamp) -> String {
    format!(
        r#"mutation {{ scheduleReminder(input: {{ personId: "{person}", text: "{text}", dueAt: "{due_at}" }}) {{
            repeated reminderId reminder {{ state }} }} }}"#
    )
}

#[allow(clippy::disallowed_methods)] // the house under test keeps the system's time
fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_asked_for_over_graphql_is_told_once_and_a_cancelled_one_never() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let up = world.up();
    let api = Api::of(&up);
    world.ask(bob, "/start").await;
    // Who never wrote to the bot can be told nothing.
    let refused = api.keyed("stranger", &schedule(5, "tea", in_seconds(60))).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused}");

    // Far enough ahead that a busy machine has cancelled the one before either is due.
    let (cake, tea) = (schedule(bob, "cake", in_seconds(20)), schedule(bob, "tea", in_seconds(21)));
    let scheduled = api.keyed("cake", &cake).await;
    let cake = scheduled["data"]["scheduleReminder"]["reminderId"].as_str().unwrap();
    let cancelled =
        api.data(&format!(r#"mutation {{ cancelReminder(id: "{cake}") {{ reminder {{ state }} }} }}"#)).await;
    assert_eq!(cancelled["cancelReminder"]["reminder"]["state"], "CANCELLED");

    let first = api.keyed("tea", &tea).await;
    let scheduled = &first["data"]["scheduleReminder"];
    assert_eq!(
        (&scheduled["repeated"], &scheduled["reminder"]["state"]),
        (&json!(false), &json!("SCHEDULED")),
        "{first}"
    );
    let again = api.keyed("tea", &tea).await;
    assert_eq!(again["data"]["scheduleReminder"]["repeated"], true, "{again}");
    assert_eq!(again["data"]["scheduleReminder"]["reminderId"], scheduled["reminderId"]);
    let other = api.keyed("tea", &schedule(bob, "soup", in_seconds(3600))).await;
    assert_eq!(other["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED", "{other}");
    let soup = api.data(&schedule(bob, "soup", in_seconds(3600))).await;
    let soup = soup["scheduleReminder"]["reminderId"].as_str().unwrap();
    world.home.succeed(&["reminders", "cancel", soup]).unwrap();

    // The one that was due first and cancelled would have been told before.
    world.hears(bob, "⏰ tea").await;
    let tea = format!("{{ reminder(id: {}) {{ state maybeRepeated }} }}", scheduled["reminderId"]);
    api.until(&tea, "/reminder/state", &json!("SENT")).await;
    assert_eq!(world.said_to(bob).len(), 2, "{:?}", world.said_to(bob));
    assert_eq!(world.events("ReminderScheduled", "").await, 3);

    let listed = world.home.succeed(&["reminders", "list", "--person", &bob.to_string(), "--json"]).unwrap();
    let states: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["state"].clone()).collect();
    assert_eq!(states, ["cancelled", "sent", "cancelled"], "{listed}");
    assert!(!listed.contains("tea"), "words of people: {listed}");
    let shown = world.home.succeed(&["reminders", "list", "--state", "sent"]).unwrap();
    assert!(shown.lines().count() == 2 && shown.contains(&bob.to_string()), "{shown}");
    assert!(!world.home.run(&["reminders", "cancel", cake]).unwrap().status.success(), "it is cancelled already");
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_asked_for_over_graphql_arrives_once_with_its_buttons() {
    let world = World::new().await;
    let bob = world.person("Bob", "en");
    let up = world.up();
    let api = Api::of(&up);
    world.ask(bob, "/start").await;
    let conversation = format!("{}.{bob}", world.telegram.bot());
    let send = |text: &str| {
        format!(
            r#"mutation {{ sendMessage(input: {{ conversationId: "{conversation}", text: "{text}",
                entities: [{{ kind: "bold", offset: 0, length: 5 }}],
                buttons: [[{{ text: "Yes", data: "survey:yes" }}]] }}) {{ repeated replyId }} }}"#
        )
    };
    // While Telegram wants us to wait, the outbox shows it.
    let wait = FaultKind::TooManyRequests { retry_after: 15 };
    world.telegram.fail_next(Fault::next(wait).of("sendMessage").times(1));
    let first = api.keyed("k", &send("Hello from us")).await;
    assert_eq!(first["data"]["sendMessage"]["repeated"], false, "{first}");
    let held = "{ outbox { waiting heldChats { conversationId attempts } } }";
    let expected = json!([{ "conversationId": conversation, "attempts": 1 }]);
    api.until(held, "/outbox/heldChats", &expected).await;
    let listed = world.home.succeed(&["outbox", "list", "--json"]).unwrap();
    let entry: Value = serde_json::from_str(listed.trim()).unwrap();
    assert_eq!(
        (&entry["state"], &entry["purpose"], &entry["attempts"]),
        (&json!("waiting"), &json!("reply"), &json!(1))
    );
    assert!(!listed.contains("Hello"), "words: {listed}");
    let status = world.home.succeed(&["outbox", "status", "--json"]).unwrap();
    let status: Value = serde_json::from_str(status.trim()).unwrap();
    assert_eq!((&status["waiting"], &status["waiting_by_priority"]["alert"]), (&json!(1), &json!(1)), "{status}");

    let again = api.keyed("k", &send("Hello from us")).await;
    assert_eq!(again["data"]["sendMessage"]["repeated"], true, "{again}");
    let other = api.keyed("k", &send("Another")).await;
    assert_eq!(other["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED", "{other}");
    let heard = |message: &ShownMessage| message.from_bot && message.text == "Hello from us";
    let message = world.telegram.wait_for_message(bob, PATIENCE, heard).await.expect("it arrives");
    let button = &message.reply_markup.as_ref().unwrap()["inline_keyboard"][0][0];
    assert_eq!((&button["text"], &button["callback_data"]), (&json!("Yes"), &json!("survey:yes")));

    let reply = format!("{{ reply(id: {}) {{ state messageIds priority }} }}", first["data"]["sendMessage"]["replyId"]);
    api.until(&reply, "/reply/state", &json!("SENT")).await;
    let reply = api.data(&reply).await;
    assert_eq!(reply["reply"]["messageIds"], json!([message.id.to_string()]));
    let empty = world.home.succeed(&["outbox", "list", "--json"]).unwrap();
    assert_eq!(empty, "", "a row leaves once the log knows");

    world.telegram.block(bob).unwrap();
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    let refused = api.keyed("l", &send("Hello again")).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CONFLICT", "{refused}");
    let still = api.keyed("k", &send("Hello from us")).await;
    assert_eq!(still["data"]["sendMessage"]["repeated"], true, "{still}");
    assert_eq!(world.said_to(bob).len(), 2, "{:?}", world.said_to(bob));
    let log = up.stop().unwrap();
    assert!(!log.contains("Hello"), "words stand in the log: {log}");
}
