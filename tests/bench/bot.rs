//! The bot as it runs: the real binary between this cluster and a stand-in for Telegram that refuses nothing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Clock as _, Codec};
use chronogram_model::{
    ChatId, ConversationId, Origin, PersonId, Personal, ReminderId,
    reminder::{Due, Reminder, ReminderAction, ReminderCommand},
};
use chronogram_telegram_standin::{NewUser, Options, RateLimits, Standin, UserId};
use chronogram_tests::{Home, Up};
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use sqlx::{ConnectOptions as _, Executor as _, PgPool};

use crate::{
    pgbench,
    table::Table,
    world::{WallClock, World},
};

const PATIENCE: Duration = Duration::from_mins(3);
/// Messages whose answer is waited for, and the pause between two: half of what goes out in a second at most.
const ASKED: usize = 200;
const ASKED_EVERY: Duration = Duration::from_millis(70);
/// Updates that wait when the bot comes up, of so many people.
const UPDATES: usize = 4_000;
const PEOPLE: usize = 400;
/// Reminders that are due when the bot comes up.
const REMINDERS: usize = 5_000;
const REMINDERS_AT_ONCE: usize = 64;

pub(crate) async fn measure(world: &World, table: &mut Table) -> anyhow::Result<()> {
    let inserts = pgbench::inserts_per_second(world, 1)?;
    let baseline = Some(("pgbench c=1", inserts));
    answers(&Bot::new(world, "bench_answers").await?, table).await?;
    updates(&Bot::new(world, "bench_updates").await?, baseline, table).await?;
    reminders(&Bot::new(world, "bench_reminders").await?, baseline, table).await
}

/// A house of its own, with a database in the cluster that is measured.
struct Bot {
    home: Home,
    pool: PgPool,
    telegram: Standin,
}

impl Bot {
    async fn new(world: &World, database: &'static str) -> anyhow::Result<Self> {
        world.pool.execute(sqlx::AssertSqlSafe(format!("create database {database}"))).await?;
        let options = world.pool.connect_options().as_ref().clone().database(database);
        let pool = PgPool::connect_with(options.clone()).await?;
        chronogram_migrations::MIGRATOR.run(&pool).await?;
        let telegram = Standin::start(Options::default()).await?;
        telegram.set_limits(RateLimits::off());
        Ok(Self { home: Home::on(options.to_url_lossy().as_str())?, pool, telegram })
    }

    fn up(&self) -> anyhow::Result<Up> {
        let (url, token) = (self.telegram.url(), self.telegram.token());
        self.home.up_with(&[("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_API_URL", url)])
    }

    fn people(&self, people: usize) -> anyhow::Result<Vec<UserId>> {
        (0..people).map(|number| Ok(self.telegram.user(NewUser::named(&format!("P{number}"), "en"))?)).collect()
    }
}

/// From a message to the first byte of its answer at Telegram.
async fn answers(bot: &Bot, table: &mut Table) -> anyhow::Result<()> {
    let people = bot.people(ASKED)?;
    let up = bot.up()?;
    let mut asked_at = Vec::new();
    for person in &people {
        asked_at.push(WallClock.now().as_millisecond());
        bot.telegram.say(*person, "hello")?;
        tokio::time::sleep(ASKED_EVERY).await;
    }
    let mut latencies = Vec::new();
    for (person, asked_at) in people.iter().zip(asked_at) {
        let chat = chronogram_telegram_standin::ChatId::from(*person);
        let answer =
            bot.telegram.wait_for_call(PATIENCE, |call| call.method == "sendMessage" && call.chat == Some(chat));
        let answer = answer.await;
        latencies.push(answer.context("an answer did not come")?.at_ms - asked_at);
    }
    latencies.sort_unstable();
    let peak = peak_mebibytes(&up)?;
    up.kill()?;
    #[allow(clippy::cast_precision_loss)] // some thousand milliseconds
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default() as f64;
    let (median, bound) = (at(50), "four commits, the read of the log by deliveries, a claim");
    table.row("message to its answer's first byte, p50", median, "ms", None, bound);
    table.row("message to its answer's first byte, p99", at(99), "ms", Some(("p50", median)), "turns of the queue");
    table.row("peak memory of the bot's process", peak, "MiB", None, "wasmtime and the pools");
    Ok(())
}

/// How fast what waited at Telegram is durable.
async fn updates(bot: &Bot, baseline: Option<(&str, f64)>, table: &mut Table) -> anyhow::Result<()> {
    let people = bot.people(PEOPLE)?;
    for person in people.iter().cycle().take(UPDATES) {
        bot.telegram.say(*person, "hello")?;
    }
    let up = bot.up()?;
    let first = bot.telegram.wait_for_call(PATIENCE, |call| call.method == "getUpdates").await;
    let began_ms = first.context("nobody asked for updates")?.at_ms;
    ensure!(bot.telegram.wait_until_taken(PATIENCE).await, "the updates are not taken");
    let elapsed_ms = WallClock.now().as_millisecond() - began_ms;
    up.kill()?;
    let rate = per_second(UPDATES, Duration::from_millis(elapsed_ms.try_into()?));
    table.row("updates to durable", rate, "updates/s", baseline, "three to four appends each, 100 updates at once");
    Ok(())
}

/// How fast what is due is put into the outbox.
async fn reminders(bot: &Bot, baseline: Option<(&str, f64)>, table: &mut Table) -> anyhow::Result<()> {
    let store = std::sync::Arc::new(PostgresEventStore::open(bot.pool.clone(), StoreSettings::default()).await?);
    let handler = Handler::<Reminder>::new(store.clone(), std::sync::Arc::new(Codec::new()?));
    let at = WallClock.now() - SignedDuration::from_hours(2);
    futures::stream::iter(0..REMINDERS)
        .map(|number| {
            let origin = Origin::of(&["bench reminder", &number.to_string()]);
            let user = i64::try_from(number + 1).unwrap_or_default();
            let person = PersonId::Telegram(user);
            let what = ReminderAction::Schedule {
                person: person.clone(),
                conversation: ConversationId::Bot { bot: bot.telegram.bot().0, chat: ChatId::private(user) },
                topic: None,
                text: Personal::of(person, "tea".to_owned()),
                due: Due { at: at + SignedDuration::from_hours(1), zone: "UTC".to_owned(), wall_clock: false },
            };
            let command = ReminderCommand { reminder: ReminderId::of(origin), what, at };
            let (handler, context) = (&handler, Context::new(origin, Actor::Automation("bench".to_owned())));
            async move { handler.handle(&command, &context).await.map(drop) }
        })
        .buffer_unordered(REMINDERS_AT_ONCE)
        .try_collect::<()>()
        .await?;
    store.close().await;
    let up = bot.up()?;
    let mut began = None;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (all, waiting): (i64, i64) =
            sqlx::query_as("select count(*), count(*) filter (where state = 'scheduled') from delivery.reminder")
                .fetch_one(&bot.pool)
                .await?;
        if all > 0 {
            began.get_or_insert_with(Instant::now);
        }
        if usize::try_from(all)? == REMINDERS && waiting == 0 {
            break;
        }
        ensure!(Instant::now() < deadline, "{waiting} of {all} reminders are not claimed");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let rate = per_second(REMINDERS, began.context("no reminder was ever there")?.elapsed());
    up.kill()?;
    table.row(
        "reminders claimed and queued",
        rate,
        "reminders/s",
        baseline,
        "a row, its words, its place in the outbox",
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // some thousand
fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(0.001)
}

/// The most that the process ever held.
fn peak_mebibytes(up: &Up) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", up.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes / 1024.0)
}
