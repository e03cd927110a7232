//! Telegram's Bot API: what we send and ask, typed; teloxide makes the requests.

mod bot_api;
mod error;
mod files;
mod message;

use std::time::Duration;

use async_trait::async_trait;
use chronogram_model::{ChatId, MessageId, conversation::OutgoingMessage};
use jiff::Timestamp;

pub use bot_api::{BotApi, GatewaySetupError};
pub use error::TelegramError;
pub use files::{SentFile, Upload, UploadSource};
/// Telegram's own types, for those who read updates.
pub use teloxide::types as wire;
/// An update as Telegram tells it.
pub use teloxide::types::{Update, UpdateKind};

/// The longest text of one message, in UTF-16 units.
pub const TEXT_UTF16_MAX: usize = 4096;

/// Our account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotAccount {
    /// Its user number.
    pub id: i64,
    /// Its username without the @.
    pub username: String,
}

/// Where a new message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The chat.
    pub chat: ChatId,
    /// The topic of a forum; the chat as such where there is none.
    pub topic: Option<MessageId>,
    /// The message it answers; that it is gone by now is no failure.
    pub reply_to: Option<MessageId>,
}

/// What a chat shows for some seconds, above the field where one writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChatAction {
    /// An answer is being prepared.
    Typing,
    /// A picture is being sent.
    UploadPhoto,
    /// A file is being sent.
    UploadDocument,
    /// A recording is being sent.
    UploadVoice,
}

/// A chat, as Telegram describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatDescription {
    /// Its id.
    pub id: ChatId,
    /// Its title.
    pub title: Option<String>,
    /// Its username without the @.
    pub username: Option<String>,
    /// It is a channel.
    pub is_channel: bool,
}

/// Where Telegram brings updates to, by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookState {
    /// The address; none: it waits to be polled.
    pub url: Option<String>,
    /// Updates that wait to be taken.
    pub pending: u32,
    /// When the last delivery failed, where one did.
    pub failed_at: Option<Timestamp>,
}

/// One line of the menu of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuCommand {
    /// Without the slash.
    pub command: String,
    /// What it does.
    pub description: String,
}

/// For whom a menu is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuScope {
    /// Everybody in a private chat.
    PrivateChats,
    /// One chat.
    Chat(ChatId),
}

/// The Bot API as the house uses it. One call is one request: who repeats and when is the caller's matter.
#[async_trait]
pub trait Telegram: Send + Sync + 'static {
    /// Who we are.
    async fn me(&self) -> Result<BotAccount, TelegramError>;

    /// Updates from `offset` on, oldest first; waits up to `patience` for the first. Those before `offset` are
    /// acknowledged by this and never come again.
    async fn updates(&self, offset: i32, patience: Duration) -> Result<Vec<Update>, TelegramError>;

    /// Asks for updates to be brought to `url`, each request carrying `secret`; what waits stays.
    async fn set_webhook(&self, url: &str, secret: &str) -> Result<(), TelegramError>;

    /// Where updates are brought to now.
    async fn webhook(&self) -> Result<WebhookState, TelegramError>;

    /// Ends delivery by webhook; what waits stays.
    async fn delete_webhook(&self) -> Result<(), TelegramError>;

    /// Sends a message of at most [`TEXT_UTF16_MAX`] units.
    async fn send(&self, to: Destination, message: &OutgoingMessage) -> Result<MessageId, TelegramError>;

    /// Sends a file; its caption has at most 1024 units.
    async fn send_file(&self, to: Destination, file: Upload) -> Result<SentFile, TelegramError>;

    /// Sends two to ten files of one kind as an album, in their order.
    async fn send_album(&self, to: Destination, files: Vec<Upload>) -> Result<Vec<SentFile>, TelegramError>;

    /// Shows for five seconds, or until the next message, what is being done.
    async fn act(&self, chat: ChatId, topic: Option<MessageId>, action: ChatAction) -> Result<(), TelegramError>;

    /// Gives a message of ours new words and buttons. That it has them already is no error.
    async fn edit(&self, chat: ChatId, message: MessageId, words: &OutgoingMessage) -> Result<(), TelegramError>;

    /// Answers a pressed button.
    async fn answer_press(&self, press: &str, text: Option<&str>) -> Result<(), TelegramError>;

    /// Sets the menu of commands; `None`: for languages that have none of their own.
    async fn set_menu(
        &self,
        scope: MenuScope,
        language: Option<&str>,
        commands: &[MenuCommand],
    ) -> Result<(), TelegramError>;

    /// Describes a chat, by `@username` or id.
    async fn chat(&self, name: &str) -> Result<ChatDescription, TelegramError>;

    /// How many members a chat has.
    async fn member_count(&self, chat: ChatId) -> Result<u32, TelegramError>;

    /// Whether a user created or administers a chat, by `@username` or id. `Refused` where Telegram tells that to
    /// administrators only and we are none.
    async fn is_administrator(&self, chat: &str, user: i64) -> Result<bool, TelegramError>;
}
