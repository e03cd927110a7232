//! The automation `deliveries` on a real Postgres, with a Telegram that does as it is told and a clock that is set by hand.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chronogram_automations::deliveries::{
    ChatActions, Deliveries, DeliveryParts, FileError, ReminderWords, keep_file, outbox_status,
};
use chronogram_gateways::telegram::{
    BotAccount, ChatAction, ChatDescription, Destination, MenuCommand, MenuScope, SentFile, Telegram, TelegramError,
    Update, Upload, UploadSource, WebhookState,
};
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Clock, Codec, EventFilter, EventStore as _, InMemoryEventStore, Position, RecordedEvent};
use chronogram_model::{
    Authored, ChatId, ConversationId, MessageId, Origin, PersonId, Personal, ReminderId, ReplyId,
    conversation::{
        CaptionedFile, ChatKind, FileKind, Happening, Outgoing, OutgoingMessage, Priority, ReplyRequested, Talk,
        TalkCommand,
    },
    reminder::{Due, Reminder, ReminderAction, ReminderCommand},
};
use chronogram_tests::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const BOT: i64 = 1;
const ANN: ChatId = ChatId::private(7);
const PATIENCE: Duration = Duration::from_secs(40);

/// Seconds since 1970, set by hand.
#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Takes everything, but for the refusals it was told to give first; remembers what it was asked.
#[derive(Default)]
struct ObedientTelegram {
    refusals: Mutex<VecDeque<TelegramError>>,
    asked: Mutex<Vec<String>>,
}

impl ObedientTelegram {
    fn refuse(&self, refusals: impl IntoIterator<Item = TelegramError>) {
        self.refusals.lock().unwrap().extend(refusals);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn take(&self, asked: String) -> Result<MessageId, TelegramError> {
        let mut all = self.asked.lock().unwrap();
        all.push(asked);
        let number = i64::try_from(all.len()).unwrap();
        self.refusals.lock().unwrap().pop_front().map_or(Ok(MessageId(number)), Err)
    }
}

fn told(file: &Upload) -> String {
    match &file.source {
        UploadSource::Bytes { name, bytes } => format!("{name} of {} bytes", bytes.len()),
        UploadSource::Known { file_id } => file_id.clone(),
    }
}

#[async_trait]
impl Telegram for ObedientTelegram {
    async fn me(&self) -> Result<BotAccount, TelegramError> {
        Ok(BotAccount { id: BOT, username: "chronogram_bot".to_owned() })
    }

    async fn updates(&self, _: i32, _: Duration) -> Result<Vec<Update>, TelegramError> {
        Ok(Vec::new())
    }

    async fn set_webhook(&self, _: &str, _: &str) -> Result<(), TelegramError> {
        Ok(())
    }

    async fn webhook(&self) -> Result<WebhookState, TelegramError> {
        Ok(WebhookState { url: None, pending: 0, failed_at: None })
    }

    async fn delete_webhook(&self) -> Result<(), TelegramError> {
        Ok(())
    }

    async fn send(&self, to: Destination, message: &OutgoingMessage) -> Result<MessageId, TelegramError> {
        self.take(format!("{}: {}", to.chat, message.text))
    }

    async fn send_file(&self, to: Destination, file: Upload) -> Result<SentFile, TelegramError> {
        let message = self.take(format!("{}: {}", to.chat, told(&file)))?;
        Ok(SentFile { message, file_id: Some("known".to_owned()) })
    }

    async fn send_album(&self, to: Destination, files: Vec<Upload>) -> Result<Vec<SentFile>, TelegramError> {
        let told: Vec<_> = files.iter().map(told).collect();
        let message = self.take(format!("{}: {told:?}", to.chat))?;
        Ok(files.iter().map(|_| SentFile { message, file_id: None }).collect())
    }

    async fn act(&self, _: ChatId, _: Option<MessageId>, _: ChatAction) -> Result<(), TelegramError> {
        Ok(())
    }

    async fn edit(&self, chat: ChatId, message: MessageId, words: &OutgoingMessage) -> Result<(), TelegramError> {
        self.take(format!("{chat}: edit {message} to {}", words.text)).map(drop)
    }

    async fn answer_press(&self, press: &str, _: Option<&str>) -> Result<(), TelegramError> {
        self.take(format!("press {press}")).map(drop)
    }

    async fn set_menu(&self, _: MenuScope, _: Option<&str>, _: &[MenuCommand]) -> Result<(), TelegramError> {
        Ok(())
    }

    async fn chat(&self, _: &str) -> Result<ChatDescription, TelegramError> {
        Err(TelegramError::NotFound)
    }

    async fn member_count(&self, _: ChatId) -> Result<u32, TelegramError> {
        Err(TelegramError::NotFound)
    }

    async fn is_administrator(&self, _: &str, _: i64) -> Result<bool, TelegramError> {
        Ok(false)
    }
}

struct World {
    database: TestDatabase,
    store: Arc<InMemoryEventStore>,
    clock: Arc<HandClock>,
    telegram: Arc<ObedientTelegram>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("deliveries stop when told").unwrap();
    }
}

fn words(text: &str) -> OutgoingMessage {
    OutgoingMessage { text: text.to_owned(), ..OutgoingMessage::default() }
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
        Self {
            database: TestDatabase::create().await.unwrap(),
            store: Arc::new(InMemoryEventStore::new(clock.clone())),
            clock,
            telegram: Arc::default(),
        }
    }

    fn run(&self) -> Running {
        let reminder_words: ReminderWords = Arc::new(|due| words(&due.text));
        let deliveries = Deliveries::new(DeliveryParts {
            pool: self.database.pool.clone(),
            store: self.store.clone(),
            codec: Arc::new(Codec::new().unwrap()),
            clock: self.clock.clone(),
            telegram: self.telegram.clone(),
            bot: BOT,
            actions: ChatActions::default(),
            reminder_words,
            split: Arc::new(|message| vec![message]),
        });
        let stop = CancellationToken::new();
        let child = stop.clone();
        Running { stop, task: tokio::spawn(async move { deliveries.run(child).await }) }
    }

    fn context(name: &str) -> Context {
        Context::new(Origin::of(&["test", name]), Actor::Automation("test".to_owned()))
    }

    async fn ask_in(&self, chat: ChatId, name: &str, priority: Priority, outgoing: Outgoing) {
        let reply = ReplyRequested {
            reply: ReplyId::of(Origin::of(&["test", name]), 0),
            in_reply_to: None,
            topic: None,
            outgoing: Authored::by(None, outgoing),
            priority,
            requested_at: self.clock.now(),
        };
        let conversation = ConversationId::Bot { bot: BOT, chat };
        let command = TalkCommand { conversation, kind: ChatKind::Private, what: Happening::Reply(vec![reply]) };
        let talk = Handler::<Talk>::new(self.store.clone(), Arc::new(Codec::new().unwrap()));
        talk.handle(&command, &Self::context(name)).await.unwrap();
    }

    async fn say(&self, text: &str, priority: Priority) {
        self.ask_in(ANN, text, priority, Outgoing::Send(words(text))).await;
    }

    async fn remind(&self, name: &str, what: ReminderAction) {
        let reminders = Handler::<Reminder>::new(self.store.clone(), Arc::new(Codec::new().unwrap()));
        let command = ReminderCommand { reminder: reminder(), what, at: self.clock.now() };
        reminders.handle(&command, &Self::context(name)).await.unwrap();
    }

    async fn events(&self, event_type: &str) -> Vec<RecordedEvent> {
        self.store.read_all(Position(0), &EventFilter::types([event_type]), 1_000).await.unwrap().events
    }

    /// Waits until the log holds so many of a type.
    async fn until(&self, event_type: &str, count: usize) {
        let come = async {
            while self.events(event_type).await.len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, come).await;
        assert!(waited.is_ok(), "waited in vain for {count} {event_type}: {:?}", self.telegram.asked());
    }

    /// Waits until the only message was on its way, was refused, and waits again.
    async fn until_refused(&self) {
        let refused = async {
            while self.telegram.asked().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, refused).await.is_ok(), "it was never tried");
        self.until_waiting(1).await;
    }

    /// Waits until so many rows stand in the outbox.
    async fn until_waiting(&self, count: i64) {
        let come = async {
            while outbox_status(&self.database.pool).await.unwrap().waiting != count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, come).await;
        assert!(waited.is_ok(), "waited in vain for {count} rows: {:?}", self.telegram.asked());
    }
}

fn reminder() -> ReminderId {
    ReminderId::of(Origin::of(&["test"]))
}

/// A long wait: what is asked for meanwhile is all there when it ends.
fn wait(seconds: u64) -> TelegramError {
    TelegramError::RetryAfter(Duration::from_secs(seconds))
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_chat_answers_overtake_alerts_and_reports_and_equals_keep_their_order() {
    let world = World::new().await;
    // All of it waits when the house comes up.
    for (text, priority) in [
        ("first report", Priority::Report),
        ("second report", Priority::Report),
        ("alert", Priority::Alert),
        ("first answer", Priority::Answer),
        ("second answer", Priority::Answer),
    ] {
        world.say(text, priority).await;
    }
    let running = world.run();
    world.until("ReplySent", 5).await;
    running.stop().await;
    let order = ["7: first answer", "7: second answer", "7: alert", "7: first report", "7: second report"];
    assert_eq!(world.telegram.asked(), order);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_one_message_collapse_to_the_newest() {
    let world = World::new().await;
    world.say("before", Priority::Answer).await;
    for text in ["one", "two", "three"] {
        let edit = Outgoing::Edit { message_id: MessageId(4), message: words(text) };
        world.ask_in(ANN, text, Priority::Answer, edit).await;
    }
    let running = world.run();
    world.until("ReplyFailed", 2).await;
    world.until("ReplySent", 2).await;
    running.stop().await;
    assert_eq!(world.telegram.asked(), ["7: before", "7: edit 4 to three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_back_makes_nothing_wait() {
    let world = World::new().await;
    world.telegram.refuse([wait(1)]);
    let running = world.run();
    world.say("soon", Priority::Answer).await;
    world.until_refused().await;
    world.clock.0.fetch_sub(24 * 60 * 60, Ordering::SeqCst);
    world.until("ReplySent", 1).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_ahead_sends_nothing_twice() {
    let world = World::new().await;
    let running = world.run();
    world.say("once", Priority::Answer).await;
    world.until("ReplySent", 1).await;
    world.clock.0.fetch_add(365 * 24 * 60 * 60, Ordering::SeqCst);
    world.say("once more", Priority::Answer).await;
    world.until("ReplySent", 2).await;
    running.stop().await;
    assert_eq!(world.telegram.asked(), ["7: once", "7: once more"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_that_was_put_off_while_it_waited_is_not_told_at_its_old_time() {
    let world = World::new().await;
    world.telegram.refuse([wait(2)]);
    let running = world.run();
    world.say("before", Priority::Answer).await;
    world.until_refused().await;
    let due = |seconds| Due {
        at: world.clock.now() + SignedDuration::from_secs(seconds),
        zone: "UTC".into(),
        wall_clock: false,
    };
    let scheduled = ReminderAction::Schedule {
        person: PersonId::Telegram(7),
        conversation: ConversationId::Bot { bot: BOT, chat: ANN },
        topic: None,
        text: Personal::of(PersonId::Telegram(7), "tea".to_owned()),
        due: due(1),
    };
    world.remind("schedule", scheduled).await;
    world.clock.0.fetch_add(1, Ordering::SeqCst);
    world.until_waiting(2).await;
    world.remind("later", ReminderAction::Reschedule(due(3_600))).await;
    world.until_waiting(1).await;
    world.clock.0.fetch_add(10, Ordering::SeqCst);
    world.until("ReplySent", 1).await;
    assert_eq!(world.telegram.asked().split_off(1), ["7: before"]);
    world.clock.0.fetch_add(3_600, Ordering::SeqCst);
    world.until("ReminderDelivered", 1).await;
    running.stop().await;
    assert_eq!(world.telegram.asked().split_off(1), ["7: before", "7: tea"]);
    assert!(world.events("ReminderDeliveryFailed").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_by_its_name_at_telegram_and_once_more_whole_when_that_is_forgotten() {
    let world = World::new().await;
    let running = world.run();
    let file = keep_file(&world.database.pool, FileKind::Document, "report.pdf", b"%PDF-").await.unwrap();
    let document = || Outgoing::Document(CaptionedFile { file: file.clone(), caption: words("") });
    world.ask_in(ANN, "first", Priority::Report, document()).await;
    world.until("ReplySent", 1).await;
    world.ask_in(ChatId::private(8), "second", Priority::Report, document()).await;
    world.until("ReplySent", 2).await;
    world.telegram.refuse([TelegramError::FileUnknown]);
    world.ask_in(ChatId::private(9), "third", Priority::Report, document()).await;
    world.until("ReplySent", 3).await;
    running.stop().await;
    let asked = ["7: report.pdf of 5 bytes", "8: known", "9: known", "9: report.pdf of 5 bytes"];
    assert_eq!(world.telegram.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_telegram_would_not_take_is_not_kept() {
    let world = World::new().await;
    let pool = &world.database.pool;
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let refused = keep_file(pool, FileKind::Photo, "large.png", &large).await.unwrap_err();
    assert!(matches!(refused, FileError::Refused(_)), "{refused}");
    assert_eq!(refused.to_string(), "size_bytes: a photo has at most 10485760 bytes, this one has 10485761");
    assert!(keep_file(pool, FileKind::Document, "", b"x").await.is_err());
    assert!(keep_file(pool, FileKind::Document, "empty", b"").await.is_err());
    let kept: i64 = sqlx::query_scalar("select count(*) from delivery.file").fetch_one(pool).await.unwrap();
    assert_eq!(kept, 0);
    // Larger pictures go as documents; the same bytes are kept once.
    keep_file(pool, FileKind::Document, "large.png", &large).await.unwrap();
    keep_file(pool, FileKind::Document, "again.png", &large).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from delivery.file").fetch_one(pool).await.unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_chats_that_must_wait_hide_nobody_else() {
    let world = World::new().await;
    // Each group waits behind a refusal of its own, more of them than are looked at in one go.
    let groups = 130;
    for group in 1..=groups {
        sqlx::query(
            "insert into delivery.outbox (id, bot, chat, conversation, purpose, priority, kind, parts, enqueued_at,
                not_before, delayed_at)
             values (gen_random_uuid(), 1, $1, 'bot.1.' || $1, 'reply', 0, 'send', '[]', now(),
                to_timestamp(1800000000) + interval '1 hour', to_timestamp(1800000000))",
        )
        .bind(-group)
        .execute(&world.database.pool)
        .await
        .unwrap();
    }
    let running = world.run();
    world.say("hello", Priority::Report).await;
    world.until("ReplySent", 1).await;
    assert_eq!(outbox_status(&world.database.pool).await.unwrap().waiting, groups);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_threw_us_out_is_tried_once_for_all_that_waits() {
    let world = World::new().await;
    let group = ChatId::basic_group(9);
    for text in ["one", "two"] {
        world.ask_in(group, text, Priority::Answer, Outgoing::Send(words(text))).await;
    }
    world.telegram.refuse([TelegramError::Forbidden]);
    let running = world.run();
    world.until("ReplyFailed", 2).await;
    running.stop().await;
    assert_eq!(world.telegram.asked(), ["-9: one"]);
    // Who it was is told by an update, which says who; a refusal does not.
    assert!(world.events("BotBlocked").await.is_empty());
}
