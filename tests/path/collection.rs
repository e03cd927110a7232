//! Daily counts over many days, with a clock moved by hand: the automation itself between a real Postgres and the
//! stand-in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chronogram_automations::collection::{Collection, CollectionParts};
use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_gateways::telegram::BotApi;
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Clock, Codec, SharedEventStore};
use chronogram_model::{
    ChatId, Origin,
    channel::{Channel, ChannelCommand, ChannelTracked, ChannelUntracked},
};
use chronogram_telegram_standin::{ChatType, Fault, FaultKind, NewChat, NewUser, Options, Standin};
use chronogram_tests::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::PATIENCE;

#[derive(Debug)]
struct ManualClock(AtomicI64);

impl ManualClock {
    fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Counting {
    telegram: Standin,
    database: TestDatabase,
    store: SharedEventStore,
    codec: Arc<Codec>,
    clock: Arc<ManualClock>,
}

/// A collector that runs until it is stopped or killed.
struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops when told").unwrap();
    }

    /// Ends it between any two lines.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl Counting {
    async fn new() -> Self {
        // Err: another test of this binary was first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let database = TestDatabase::create().await.unwrap();
        let store = PostgresEventStore::open(database.pool.clone(), StoreSettings::default()).await.unwrap();
        let noon = "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap().as_second();
        Self {
            telegram: Standin::start(Options::default()).await.unwrap(),
            database,
            store: Arc::new(store),
            codec: Arc::new(Codec::new().unwrap()),
            clock: Arc::new(ManualClock(noon.into())),
        }
    }

    fn run(&self) -> Running {
        let telegram = BotApi::new(self.telegram.token(), Some(self.telegram.url())).unwrap();
        let collection = Collection::new(CollectionParts {
            pool: self.database.pool.clone(),
            store: self.store.clone(),
            codec: self.codec.clone(),
            clock: self.clock.clone(),
            telegram: Arc::new(telegram),
        });
        let stop = CancellationToken::new();
        let token = stop.clone();
        Running { task: tokio::spawn(async move { collection.run(token).await }), stop }
    }

    /// A channel in which the bot is an administrator.
    fn channel(&self, title: &str, members: i64) -> ChatId {
        let channel = ChatId(self.telegram.chat(NewChat::titled(ChatType::Channel, title)).unwrap().0);
        self.set(channel, members);
        channel
    }

    async fn track(&self, channel: ChatId) {
        let tracked_at = self.clock.now();
        self.handle(ChannelCommand::Track(ChannelTracked { channel, username: None, title: None, tracked_at })).await;
    }

    async fn untrack(&self, channel: ChatId) {
        self.handle(ChannelCommand::Untrack(ChannelUntracked { channel, untracked_at: self.clock.now() })).await;
    }

    async fn handle(&self, command: ChannelCommand) {
        let head = self.store.head().await.unwrap().to_string();
        let context = Context::new(Origin::of(&["test", &head]), Actor::Operator);
        Handler::<Channel>::new(self.store.clone(), self.codec.clone()).handle(&command, &context).await.unwrap();
    }

    fn set(&self, channel: ChatId, members: i64) {
        self.telegram.set_member_count(channel.0, members).unwrap();
    }

    /// The number of the last question about members until now.
    fn asked(&self) -> u64 {
        self.telegram.calls_of("getChatMemberCount").last().map_or(0, |call| call.number)
    }

    /// Waits until Telegram is asked about a channel after that question.
    async fn until_asked(&self, channel: ChatId, after: u64) {
        let place = Some(channel.0.into());
        let asked = self.telegram.wait_for_call(PATIENCE, |call| {
            call.method == "getChatMemberCount" && call.chat == place && call.number > after
        });
        assert!(asked.await.is_some(), "nobody asked about {channel}");
    }

    /// To the same hour of a later day.
    fn days_later(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    /// What was noted of a channel, oldest first: the day, and the members or why they could not be counted.
    async fn noted(&self, channel: ChatId) -> Vec<(String, String)> {
        let sql = "
            select left(coalesce(data ->> 'taken_at', data ->> 'failed_at'), 10),
                coalesce(data ->> 'members', data ->> 'reason')
            from es.event where stream = $1 and type in ('ChannelSnapshotTaken', 'CollectionFailed') order by position";
        let stream = channel.channel_stream();
        sqlx::query_as(sql).bind(stream.as_str()).fetch_all(&self.database.pool).await.unwrap()
    }

    /// Waits until the newest that was noted of a channel is this.
    async fn until_noted(&self, channel: ChatId, day: &str, what: &str) {
        let wanted = Some((day.to_owned(), what.to_owned()));
        let reached = async {
            while self.noted(channel).await.pop() != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "{wanted:?} is not the last of {:?}", self.noted(channel).await);
    }
}

fn days(noted: &[(&str, &str)]) -> Vec<(String, String)> {
    noted.iter().map(|(day, what)| ((*day).to_owned(), (*what).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_counted_at_once_and_then_once_a_day_however_the_collector_ends() {
    let counting = Counting::new().await;
    let (one, other) = (counting.channel("One", 100), counting.channel("Other", 7));
    counting.track(one).await;
    let (first, second) = (counting.run(), counting.run());
    counting.until_noted(one, "2026-11-21", "100").await;
    counting.track(other).await;
    counting.until_noted(other, "2026-11-21", "7").await;

    counting.set(one, 110);
    counting.days_later(1);
    counting.until_noted(one, "2026-11-22", "110").await;
    counting.until_noted(other, "2026-11-22", "7").await;

    // Killed while Telegram is asked: whoever goes on asks again. Which of the two leads nobody knows.
    counting.set(one, 120);
    let asked = counting.asked();
    counting.telegram.fail_next(Fault::next(FaultKind::Hang).of("getChatMemberCount").times(2));
    counting.days_later(1);
    counting.until_asked(one, asked).await;
    first.kill().await;
    second.kill().await;
    counting.telegram.clear_faults();
    let third = counting.run();
    counting.until_noted(one, "2026-11-23", "120").await;
    counting.until_noted(other, "2026-11-23", "7").await;
    third.stop().await;

    // Three days down: they are gone, and the day on which it is up again is counted once.
    counting.days_later(4);
    let fourth = counting.run();
    counting.until_noted(one, "2026-11-27", "120").await;
    counting.until_noted(other, "2026-11-27", "7").await;
    fourth.stop().await;
    let expected = days(&[("2026-11-21", "100"), ("2026-11-22", "110"), ("2026-11-23", "120"), ("2026-11-27", "120")]);
    assert_eq!(counting.noted(one).await, expected);
    assert_eq!(counting.noted(other).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn tracked_again_the_same_day_a_channel_keeps_its_count_and_given_up_it_gets_none() {
    let counting = Counting::new().await;
    let (one, other) = (counting.channel("One", 100), counting.channel("Other", 7));
    counting.track(one).await;
    counting.track(other).await;
    let running = counting.run();
    counting.until_noted(one, "2026-11-21", "100").await;
    let asked = counting.asked();
    counting.untrack(one).await;
    counting.set(one, 110);
    counting.track(one).await;
    counting.until_asked(one, asked).await;
    counting.until_noted(other, "2026-11-21", "7").await;
    counting.days_later(1);
    counting.until_noted(one, "2026-11-22", "110").await;
    counting.untrack(one).await;
    counting.days_later(1);
    counting.until_noted(other, "2026-11-23", "7").await;
    running.stop().await;
    assert_eq!(counting.noted(one).await, days(&[("2026-11-21", "100"), ("2026-11-22", "110")]));
    let due = "select count(*) from collection.channel where tracked";
    let due: i64 = sqlx::query_scalar(due).fetch_one(&counting.database.pool).await.unwrap();
    assert_eq!(due, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_telegram_refuses_for_good_is_noted_once_a_day_and_holds_up_no_other() {
    let counting = Counting::new().await;
    let (lost, well) = (counting.channel("Lost", 5), counting.channel("Well", 7));
    let unknown = ChatId::supergroup(9_999_999_999);
    let owner = counting.telegram.user(NewUser::named("Eva", "en")).unwrap();
    counting.telegram.remove_bot(lost.0.into(), owner).unwrap();
    for channel in [lost, unknown, well] {
        counting.track(channel).await;
    }
    let running = counting.run();
    counting.until_noted(lost, "2026-11-21", "forbidden").await;
    counting.until_noted(unknown, "2026-11-21", "not_found").await;
    counting.until_noted(well, "2026-11-21", "7").await;
    running.stop().await;
    // Asked once more the same day, it is the same failure; let in again, the day has its count after all.
    sqlx::raw_sql("update collection.channel set due_at = '2026-11-21'")
        .execute(&counting.database.pool)
        .await
        .unwrap();
    let asked = counting.asked();
    let running = counting.run();
    counting.until_asked(lost, asked).await;
    counting.days_later(1);
    counting.until_noted(lost, "2026-11-22", "forbidden").await;
    counting.telegram.promote(lost.0.into(), owner, counting.telegram.bot()).unwrap();
    counting.untrack(lost).await;
    counting.track(lost).await;
    counting.until_noted(lost, "2026-11-22", "5").await;
    counting.until_noted(well, "2026-11-22", "7").await;
    running.stop().await;
    let expected = days(&[("2026-11-21", "forbidden"), ("2026-11-22", "forbidden"), ("2026-11-22", "5")]);
    assert_eq!(counting.noted(lost).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_telegram_asks_for_holds_for_all_and_faults_are_tried_again_with_growing_pauses() {
    let counting = Counting::new().await;
    let (one, other) = (counting.channel("One", 100), counting.channel("Other", 7));
    let wait = FaultKind::TooManyRequests { retry_after: 60 };
    counting.telegram.fail_next(Fault::next(wait).of("getChatMemberCount"));
    counting.track(one).await;
    let running = counting.run();
    let due_in = |channel: ChatId| {
        let sql = "select extract(epoch from due_at)::bigint, attempts from collection.channel where channel = $1";
        let pool = counting.database.pool.clone();
        async move { sqlx::query_as::<_, (i64, i16)>(sql).bind(channel.0).fetch_one(&pool).await.unwrap() }
    };
    let until = async |channel, seconds: i64, attempts: i16| {
        let wanted = (counting.clock.now().as_second() + seconds, attempts);
        let reached = async {
            while due_in(channel).await != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "{wanted:?}, but {:?}", due_in(channel).await);
    };
    counting.until_asked(one, 0).await;
    until(one, 60, 0).await;
    // Another channel comes meanwhile; the one after the wait is asked about first.
    counting.track(other).await;
    counting.clock.advance(SignedDuration::from_secs(61));
    counting.until_noted(one, "2026-11-21", "100").await;
    counting.until_noted(other, "2026-11-21", "7").await;
    let calls = counting.telegram.calls_of("getChatMemberCount");
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(429), Some(200), Some(200)]);

    // After a 5xx the client itself rests for ten seconds; this one it gives back at once.
    let fault = FaultKind::Status { code: 409, description: "Conflict: try again".to_owned() };
    counting.telegram.fail_next(Fault::next(fault).of("getChatMemberCount").to(one.0).times(3));
    counting.days_later(1);
    for (attempts, seconds) in [(1, 1), (2, 2), (3, 4)] {
        until(one, seconds, attempts).await;
        counting.clock.advance(SignedDuration::from_secs(seconds));
    }
    counting.until_noted(one, "2026-11-22", "100").await;
    counting.until_noted(other, "2026-11-22", "7").await;
    running.stop().await;
}
