//! A house whose Telegram is the stand-in: what the tests of the bot and of the outbox share.

use std::{sync::Arc, time::Duration};

use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, Codec};
use chronogram_model::{
    Authored, ConversationId, Origin, ReplyId,
    conversation::{ChatKind, Happening, Outgoing, OutgoingMessage, Priority, ReplyRequested, Talk, TalkCommand},
};
use chronogram_telegram_standin::{ChatId, MessageId, NewUser, Options, ShownMessage, Standin, UserId};
use chronogram_tests::{Cluster, Home, TestDatabase, Up};
use sqlx::{ConnectOptions as _, postgres::PgPoolOptions};

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// A house whose Telegram is the stand-in.
pub(crate) struct World {
    pub(crate) home: Home,
    pub(crate) database: TestDatabase,
    pub(crate) telegram: Standin,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::in_database(TestDatabase::create().await.unwrap()).await
    }

    /// On a Postgres of its own: for many processes, each with connections by the dozen.
    pub(crate) async fn on(postgres: &Cluster) -> Self {
        let options = postgres.options();
        let pool = PgPoolOptions::new().max_connections(4).connect_with(options.clone()).await.unwrap();
        Self::in_database(TestDatabase { options, pool }).await
    }

    async fn in_database(database: TestDatabase) -> Self {
        let telegram = Standin::start(Options::default()).await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        Self { home, database, telegram }
    }

    pub(crate) fn person(&self, name: &str, language: &str) -> UserId {
        self.telegram.user(NewUser::named(name, language)).unwrap()
    }

    pub(crate) fn up(&self) -> Up {
        self.up_with(&[])
    }

    /// With more settings.
    pub(crate) fn up_with(&self, settings: &[(&str, &str)]) -> Up {
        self.try_up_with(settings).unwrap()
    }

    /// It may not come up.
    pub(crate) fn try_up_with(&self, settings: &[(&str, &str)]) -> anyhow::Result<Up> {
        let (url, token) = (self.telegram.url(), self.telegram.token());
        let telegram = [("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_API_URL", url)];
        self.home.up_with(&[&telegram, settings].concat())
    }

    /// One process of several on the same database, with all roles.
    pub(crate) fn serve(&self) -> Up {
        let (url, token) = (self.telegram.url(), self.telegram.token());
        let roles = ["serve", "--roles", "api,projections,automations,bot"];
        self.home.start_with(&roles, &[("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_API_URL", url)]).unwrap()
    }

    /// Says something and gives the bot's next message.
    pub(crate) async fn ask(&self, person: UserId, text: &str) -> ShownMessage {
        let said = self.telegram.say(person, text).unwrap();
        self.answer_after(person, said).await
    }

    pub(crate) async fn answer_after(&self, person: UserId, said: MessageId) -> ShownMessage {
        let answer = self.telegram.wait_for_bot_message(person, said, PATIENCE).await;
        answer.unwrap_or_else(|| panic!("no answer after {said:?}: {:?}", self.telegram.transcript(person)))
    }

    /// How many events of a type there are whose data hold this, which is no word of a person's: those are sealed.
    pub(crate) async fn events(&self, event_type: &str, holding: &str) -> i64 {
        let sql = "select count(*) from es.event where type like $1 || '%' and data::text like '%' || $2 || '%'";
        sqlx::query_scalar(sql).bind(event_type).bind(holding).fetch_one(&self.database.pool).await.unwrap()
    }

    /// How many events of a type a stream holds.
    pub(crate) async fn events_of(&self, stream: &str, event_type: &str) -> usize {
        let sql = "select count(*) from es.event where stream = $1 and type = $2";
        let count: i64 =
            sqlx::query_scalar(sql).bind(stream).bind(event_type).fetch_one(&self.database.pool).await.unwrap();
        usize::try_from(count).unwrap()
    }

    /// Waits until the bot says this.
    pub(crate) async fn hears(&self, person: UserId, text: &str) {
        let heard =
            self.telegram.wait_for_message(person, PATIENCE, |message| message.from_bot && message.text == text);
        assert!(heard.await.is_some(), "{text} was not said: {:?}", self.said_to(person));
    }

    /// What the bot has said to somebody, oldest first.
    pub(crate) fn said_to(&self, person: UserId) -> Vec<String> {
        let messages = self.telegram.transcript(person).into_iter();
        messages.filter(|message| message.from_bot).map(|message| message.text).collect()
    }

    /// Asks, as another process of the house does, for something to go out.
    pub(crate) async fn ask_for(&self, number: usize, chat: ChatId, topic: Option<MessageId>, outgoing: Outgoing) {
        let store = PostgresEventStore::open(self.database.pool.clone(), StoreSettings::default()).await.unwrap();
        let talk = Handler::<Talk>::new(Arc::new(store), Arc::new(Codec::new().unwrap()));
        let origin = Origin::of(&["test", &number.to_string()]);
        let reply = ReplyRequested {
            reply: ReplyId::of(origin, 0),
            in_reply_to: None,
            topic: topic.map(|topic| chronogram_model::MessageId(topic.0)),
            outgoing: Authored::by(None, outgoing),
            priority: Priority::Alert,
            requested_at: "2026-11-21T08:00:00Z".parse().unwrap(),
        };
        let conversation = ConversationId::Bot { bot: self.telegram.bot().0, chat: chronogram_model::ChatId(chat.0) };
        let kind = if chat.0 > 0 { ChatKind::Private } else { ChatKind::Group };
        let command = TalkCommand { conversation, kind, what: Happening::Reply(vec![reply]) };
        talk.handle(&command, &Context::new(origin, Actor::Automation("test".to_owned()))).await.unwrap();
    }

    /// Asks for words.
    pub(crate) async fn ask_for_words(&self, number: usize, chat: impl Into<ChatId>, text: &str) {
        let words = OutgoingMessage { text: text.to_owned(), ..OutgoingMessage::default() };
        self.ask_for(number, chat.into(), None, Outgoing::Send(words)).await;
    }

    /// Waits until so many events of a type hold this.
    pub(crate) async fn until_events(&self, event_type: &str, holding: &str, count: i64) {
        let come = async {
            while self.events(event_type, holding).await < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, come).await;
        assert!(waited.is_ok(), "{} {event_type} in place of {count}", self.events(event_type, holding).await);
    }
}
