//! A house whose Telegram is a stand-in.

use std::time::Duration;

use chronogram_telegram_standin::{MessageId, NewUser, Options, ShownMessage, Standin, UserId};
use chronogram_tests::{Home, TestDatabase, Up};
use sqlx::ConnectOptions as _;

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
        let telegram = Standin::start(Options::default()).await.unwrap();
        let database = TestDatabase::create().await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        Self { home, database, telegram }
    }

    pub(crate) fn person(&self, name: &str, language: &str) -> UserId {
        self.telegram.user(NewUser::named(name, language)).unwrap()
    }

    /// Starts the house; the bot has no admins.
    pub(crate) fn up(&self) -> Up {
        self.up_with(&[])
    }

    /// Starts the house with more settings.
    pub(crate) fn up_with(&self, settings: &[(&str, &str)]) -> Up {
        self.home.up_with(&[&self.settings()[..], settings].concat()).unwrap()
    }

    /// Where Telegram is, and who the bot is.
    pub(crate) fn settings(&self) -> [(&str, &str); 2] {
        [("TELEGRAM_BOT_TOKEN", self.telegram.token()), ("TELEGRAM_API_URL", self.telegram.url())]
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

    /// How many events of a type there are whose data hold this.
    pub(crate) async fn events(&self, event_type: &str, holding: &str) -> i64 {
        let sql = "select count(*) from es.event where type = $1 and data::text like '%' || $2 || '%'";
        sqlx::query_scalar(sql).bind(event_type).bind(holding).fetch_one(&self.database.pool).await.unwrap()
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
}
