//! `kill -9` of the house every few seconds while three write: over HTTP, over GraphQL, and to the bot.

use std::time::Duration;

use chronogram_telegram_standin::UserId;
use chronogram_tests::{Cluster, Up, http_client};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    load::{Address, Writer},
    soak_time, until,
};
use crate::{whole::assert_whole, world::World};

/// In `make test`; `make soak` says how long.
const SHORT: Duration = Duration::from_mins(1);
/// The house lives so long, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 1_000..5_000;
/// How long it may take to work off what waited, once nobody kills it any more.
const PATIENCE: Duration = Duration::from_mins(3);
/// A pause between two requests, so that the log is not mostly theirs.
const PAUSE: Duration = Duration::from_millis(50);

/// `CHRONOGRAM_SOAK_SEED`, or one of its own, which is printed.
#[allow(clippy::disallowed_methods, clippy::print_stderr)] // settings and chance of a test
fn seed() -> u64 {
    let given = std::env::var("CHRONOGRAM_SOAK_SEED").ok();
    let seed = given.map_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0, |seed| seed.parse().unwrap());
    eprintln!("the soak's seed: CHRONOGRAM_SOAK_SEED={seed}");
    seed
}

/// Numbers that follow from the seed.
struct Chance(u64);

impl Chance {
    fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        range.start + (self.0 >> 33) % (range.end - range.start)
    }
}

/// Schedules reminders over GraphQL, each under a key until it is acknowledged; their ids.
fn schedule(person: UserId, address: Address, token: String, stop: CancellationToken) -> JoinHandle<Vec<String>> {
    #[allow(clippy::disallowed_methods)] // the house keeps the system's time
    let due_at = Timestamp::now() + SignedDuration::from_hours(10_000);
    tokio::spawn(async move {
        let mut reminders = Vec::new();
        while !stop.is_cancelled() {
            let number = reminders.len();
            let query = format!(
                r#"mutation {{ scheduleReminder(input: {{ personId: "{person}", text: "reminder {number}",
                    dueAt: "{due_at}" }}) {{ reminderId }} }}"#
            );
            reminders.push(keyed(&address, &token, &format!("reminder-{number}"), &query).await);
            tokio::time::sleep(PAUSE).await;
        }
        reminders
    })
}

async fn keyed(address: &Address, token: &str, key: &str, query: &str) -> String {
    let client = http_client();
    loop {
        let request = client.post(format!("{}/graphql", *address.borrow())).bearer_auth(token);
        let request = request.header("Idempotency-Key", key).timeout(Duration::from_secs(10));
        if let Ok(response) = request.json(&json!({ "query": query })).send().await
            && let Ok(answer) = response.json::<Value>().await
        {
            if let Some(id) = answer["data"]["scheduleReminder"]["reminderId"].as_str() {
                return id.to_owned();
            }
            // Nothing but "not now", or "the try before is still at work".
            assert_eq!(answer["errors"][0]["extensions"]["retryable"], true, "{answer}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Talks to the bot, one message after the other; how many.
async fn talk(world: &World, person: UserId, stop: &CancellationToken) -> usize {
    let mut said = 0;
    while !stop.is_cancelled() {
        let message = world.telegram.say(person, &format!("/remind 9h thing {said}")).unwrap();
        said += 1;
        let answer = world.telegram.wait_for_bot_message(person, message, PATIENCE).await;
        assert!(answer.is_some(), "message {said} is never answered");
        tokio::time::sleep(PAUSE).await;
    }
    said
}

/// Kills and starts the house until the time is up; the last one lives.
async fn kill_and_start(world: &World, mut up: Up, addresses: &watch::Sender<String>, time: Duration) -> (Up, usize) {
    let (mut chance, mut kills) = (Chance(seed()), 0);
    let end = Instant::now() + time;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(chance.within(LIFE_MS))).await;
        up.kill().unwrap();
        kills += 1;
        up = tokio::task::block_in_place(|| world.up());
        addresses.send_replace(up.api().unwrap());
    }
    (up, kills)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[allow(clippy::print_stderr)]
async fn killed_every_few_seconds_it_keeps_everything_it_acknowledged_once() {
    let postgres = Cluster::create().await.unwrap();
    let world = World::on(&postgres).await;
    let (anna, bob) = (world.person("Anna", "en"), world.person("Bob", "en"));
    let up = world.up();
    let token = up.printed("Token").unwrap().to_owned();
    world.ask(bob, "/start").await;
    let addresses = watch::Sender::new(up.api().unwrap());
    let stop = CancellationToken::new();
    let writer = Writer::start("writer", addresses.subscribe(), &token);
    let scheduling = schedule(bob, addresses.subscribe(), token, stop.clone());
    let killing = async {
        let ended = kill_and_start(&world, up, &addresses, soak_time().unwrap_or(SHORT)).await;
        stop.cancel();
        ended
    };
    let ((up, kills), said) = tokio::join!(killing, talk(&world, anna, &stop));
    let mut scheduled = scheduling.await.unwrap();
    let written = writer.finish(&world.database.options).await;
    assert!(world.telegram.wait_until_taken(PATIENCE).await);
    until("what was asked for went out", PATIENCE, async || {
        let waiting =
            sqlx::query_scalar::<_, i64>("select count(*) from delivery.outbox").fetch_one(&world.database.pool);
        waiting.await.unwrap() == 0
    })
    .await;
    up.stop().unwrap();
    eprintln!(
        "{kills} kills, {written} messages over HTTP, {} reminders over GraphQL, {said} to the bot",
        scheduled.len()
    );

    let bot = world.telegram.bot();
    assert_eq!(world.events_of(&format!("conversation-{bot}.{anna}"), "MessageReceived").await, said);
    let answers = world.said_to(anna).into_iter().filter(|text| text.contains("thing"));
    let mut answers: Vec<_> = answers.map(|text| text.rsplit(' ').next().unwrap_or_default().to_owned()).collect();
    let all = answers.len();
    answers.sort_unstable();
    answers.dedup();
    let repeated = usize::try_from(world.events("ReplySent", "\"maybe_repeated\":true").await).unwrap();
    assert_eq!(answers.len(), said, "each message to the bot is answered");
    assert!(all <= said + repeated, "{} answers went out twice, {repeated} are marked", all - said);

    scheduled.sort_unstable();
    let recorded: Vec<String> = sqlx::query_scalar(
        "select substr(stream, 10) from es.event where type = 'ReminderScheduled' and (data ->> 'person') = $1 \
         order by stream collate \"C\"",
    )
    .bind(bob.to_string())
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    assert_eq!(recorded, scheduled, "each acknowledged reminder is in the log, once");
    assert_whole(&world.home).await;
}
