//! The gateway on a real socket: teloxide's requests through a client of our own.

use std::time::Duration;

use async_trait::async_trait;
use chronogram_model::{
    ChatId, MessageId,
    conversation::{FileKind, OutgoingMessage},
};
use jiff::Timestamp;
use teloxide::{
    ApiError, Bot, RequestError,
    payloads::{
        AnswerCallbackQuerySetters as _, EditMessageTextSetters as _, GetUpdatesSetters as _,
        SendChatActionSetters as _, SendDocumentSetters as _, SendMediaGroupSetters as _, SendMessageSetters as _,
        SendPhotoSetters as _, SendVoiceSetters as _, SetMyCommandsSetters as _, SetWebhookSetters as _,
    },
    requests::Requester as _,
    types::{
        AllowedUpdate, BotCommand, BotCommandScope, CallbackQueryId, ChatAction as WireChatAction,
        MessageId as WireMessageId, Recipient, ReplyParameters, ThreadId, Update, UserId,
    },
};

use super::{
    BotAccount, ChatAction, ChatDescription, Destination, MenuCommand, MenuScope, SentFile, Telegram, TelegramError,
    Upload, WebhookState, files,
    message::{entities, keyboard},
};

/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take beyond the time that a long poll waits.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// The longest that one poll waits; with [`ANSWER_PATIENCE`] it bounds the client's time-out.
pub(super) const POLL_PATIENCE_MAX: Duration = Duration::from_secs(50);
/// How long an upload may take: 50 MB over a line of two megabits a second.
pub(super) const UPLOAD_PATIENCE: Duration = Duration::from_mins(4);
/// Telegram's own limit.
const UPDATES_MAX: u8 = 100;

/// How many updates Telegram brings at once, each of another chat: its own default.
const WEBHOOK_CONNECTIONS: u8 = 40;

/// The kinds of updates we handle. Telegram remembers the list; what is not in it never comes.
const ALLOWED_UPDATES: [AllowedUpdate; 7] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::ChannelPost,
    AllowedUpdate::EditedChannelPost,
    AllowedUpdate::CallbackQuery,
    AllowedUpdate::MyChatMember,
    AllowedUpdate::ChatMember,
];

/// A bot at Telegram, or at a server that speaks as Telegram does.
#[derive(Clone)]
pub struct BotApi {
    bot: Bot,
    /// The same with more patience: uploads take longer than anything else may.
    uploading: Bot,
}

impl std::fmt::Debug for BotApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BotApi")
    }
}

/// Why the gateway cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum GatewaySetupError {
    /// No address.
    #[error("TELEGRAM_API_URL must be an http(s) address")]
    Address,
    /// No client.
    #[error("the HTTP client for Telegram cannot be made")]
    Client,
}

impl BotApi {
    /// The bot of `token`; at Telegram itself where no `url` is given.
    pub fn new(token: &str, url: Option<&str>) -> Result<Self, GatewaySetupError> {
        let bot = |patience| {
            let client = teloxide::net::default_reqwest_settings()
                .connect_timeout(CONNECT_PATIENCE)
                .timeout(patience)
                .build()
                .map_err(|_| GatewaySetupError::Client)?;
            let bot = Bot::with_client(token, client);
            match url {
                None => Ok(bot),
                Some(url) => Ok(bot.set_api_url(url.parse().map_err(|_| GatewaySetupError::Address)?)),
            }
        };
        Ok(Self { bot: bot(POLL_PATIENCE_MAX + ANSWER_PATIENCE)?, uploading: bot(UPLOAD_PATIENCE)? })
    }
}

fn chat_id(chat: ChatId) -> Recipient {
    Recipient::Id(teloxide::types::ChatId(chat.0))
}

/// A chat by `@username` or id.
fn named(chat: &str) -> Recipient {
    match chat.parse() {
        Ok(id) => Recipient::Id(teloxide::types::ChatId(id)),
        Err(_) => Recipient::ChannelUsername(format!("@{}", chat.trim_start_matches('@'))),
    }
}

fn wire_id(message: MessageId) -> Result<WireMessageId, TelegramError> {
    i32::try_from(message.0).map(WireMessageId).map_err(|_| TelegramError::NotFound)
}

fn thread(topic: Option<MessageId>) -> Option<ThreadId> {
    topic.and_then(|topic| wire_id(topic).ok()).map(ThreadId)
}

/// Fills in where a new message goes; every request that sends one has the same fields.
macro_rules! addressed {
    ($request:expr, $to:expr) => {{
        let mut request = $request;
        if let Some(thread) = thread($to.topic) {
            request = request.message_thread_id(thread);
        }
        if let Some(reply_to) = $to.reply_to {
            // A message that is gone by now is no reason to say nothing.
            request = request.reply_parameters(ReplyParameters::new(wire_id(reply_to)?).allow_sending_without_reply());
        }
        request
    }};
}

/// Fills in what stands under a file.
macro_rules! captioned {
    ($request:expr, $words:expr) => {{
        let mut request = $request;
        if let Some((text, entities)) = files::caption($words) {
            request = request.caption(text).caption_entities(entities);
        }
        if let Some(keyboard) = keyboard($words) {
            request = request.reply_markup(keyboard);
        }
        request
    }};
}

/// A message that is as it should be already is no failure.
fn unless_unmodified<T>(result: Result<T, RequestError>) -> Result<(), TelegramError> {
    match result {
        Ok(_) | Err(RequestError::Api(ApiError::MessageNotModified)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[async_trait]
impl Telegram for BotApi {
    async fn me(&self) -> Result<BotAccount, TelegramError> {
        let me = self.bot.get_me().await?;
        let id = i64::try_from(me.user.id.0).map_err(|_| TelegramError::Refused { reason: "bot_id" })?;
        Ok(BotAccount { id, username: me.user.username.unwrap_or_default() })
    }

    async fn updates(&self, offset: i32, patience: Duration) -> Result<Vec<Update>, TelegramError> {
        let patience = u32::try_from(patience.min(POLL_PATIENCE_MAX).as_secs()).unwrap_or_default();
        let request = self.bot.get_updates().offset(offset).limit(UPDATES_MAX).timeout(patience);
        Ok(request.allowed_updates(ALLOWED_UPDATES).await?)
    }

    async fn set_webhook(&self, url: &str, secret: &str) -> Result<(), TelegramError> {
        let url = url.parse().map_err(|_| TelegramError::Refused { reason: "webhook_url" })?;
        let request = self.bot.set_webhook(url).secret_token(secret).max_connections(WEBHOOK_CONNECTIONS);
        request.allowed_updates(ALLOWED_UPDATES).await?;
        Ok(())
    }

    async fn webhook(&self) -> Result<WebhookState, TelegramError> {
        let info = self.bot.get_webhook_info().await?;
        let failed_at = info.last_error_date.and_then(|date| Timestamp::from_second(date.timestamp()).ok());
        Ok(WebhookState { url: info.url.map(Into::into), pending: info.pending_update_count, failed_at })
    }

    async fn delete_webhook(&self) -> Result<(), TelegramError> {
        self.bot.delete_webhook().await?;
        Ok(())
    }

    async fn send(&self, to: Destination, message: &OutgoingMessage) -> Result<MessageId, TelegramError> {
        let request = self.bot.send_message(chat_id(to.chat), &message.text).entities(entities(message));
        let mut request = addressed!(request, to);
        if let Some(keyboard) = keyboard(message) {
            request = request.reply_markup(keyboard);
        }
        Ok(MessageId(request.await?.id.0.into()))
    }

    async fn send_file(&self, to: Destination, file: Upload) -> Result<SentFile, TelegramError> {
        let Upload { kind, source, caption } = file;
        let (bot, chat, file) = (&self.uploading, chat_id(to.chat), source.input());
        let message = match kind {
            FileKind::Photo => captioned!(addressed!(bot.send_photo(chat, file), to), &caption).await?,
            FileKind::Document => captioned!(addressed!(bot.send_document(chat, file), to), &caption).await?,
            FileKind::Voice => captioned!(addressed!(bot.send_voice(chat, file), to), &caption).await?,
        };
        Ok(files::sent(kind, &message))
    }

    async fn send_album(&self, to: Destination, album: Vec<Upload>) -> Result<Vec<SentFile>, TelegramError> {
        let kinds: Vec<FileKind> = album.iter().map(|upload| upload.kind).collect();
        let request = self.uploading.send_media_group(chat_id(to.chat), album.into_iter().map(files::item));
        let messages = addressed!(request, to).await?;
        Ok(kinds.into_iter().zip(&messages).map(|(kind, message)| files::sent(kind, message)).collect())
    }

    async fn act(&self, chat: ChatId, topic: Option<MessageId>, action: ChatAction) -> Result<(), TelegramError> {
        let action = match action {
            ChatAction::Typing => WireChatAction::Typing,
            ChatAction::UploadPhoto => WireChatAction::UploadPhoto,
            ChatAction::UploadDocument => WireChatAction::UploadDocument,
            ChatAction::UploadVoice => WireChatAction::UploadVoice,
        };
        let mut request = self.bot.send_chat_action(chat_id(chat), action);
        if let Some(thread) = thread(topic) {
            request = request.message_thread_id(thread);
        }
        request.await?;
        Ok(())
    }

    async fn edit(&self, chat: ChatId, message: MessageId, words: &OutgoingMessage) -> Result<(), TelegramError> {
        let request = self.bot.edit_message_text(chat_id(chat), wire_id(message)?, &words.text);
        let mut request = request.entities(entities(words));
        if let Some(keyboard) = keyboard(words) {
            request = request.reply_markup(keyboard);
        }
        unless_unmodified(request.await)
    }

    async fn answer_press(&self, press: &str, text: Option<&str>) -> Result<(), TelegramError> {
        let mut request = self.bot.answer_callback_query(CallbackQueryId(press.to_owned()));
        if let Some(text) = text {
            request = request.text(text);
        }
        request.await?;
        Ok(())
    }

    async fn set_menu(
        &self,
        scope: MenuScope,
        language: Option<&str>,
        commands: &[MenuCommand],
    ) -> Result<(), TelegramError> {
        let commands = commands.iter().map(|line| BotCommand::new(&line.command, &line.description));
        let scope = match scope {
            MenuScope::PrivateChats => BotCommandScope::AllPrivateChats,
            MenuScope::Chat(chat) => BotCommandScope::Chat { chat_id: chat_id(chat) },
        };
        let mut request = self.bot.set_my_commands(commands.collect::<Vec<_>>()).scope(scope);
        if let Some(language) = language {
            request = request.language_code(language);
        }
        request.await?;
        Ok(())
    }

    async fn chat(&self, name: &str) -> Result<ChatDescription, TelegramError> {
        let chat = self.bot.get_chat(named(name)).await?;
        let is_channel = matches!(&chat.kind, teloxide::types::ChatFullInfoKind::Public(public)
                if matches!(public.kind, teloxide::types::ChatFullInfoPublicKind::Channel(_)));
        Ok(ChatDescription {
            id: ChatId(chat.id.0),
            title: chat.title().map(str::to_owned),
            username: chat.username().map(str::to_owned),
            is_channel,
        })
    }

    async fn member_count(&self, chat: ChatId) -> Result<u32, TelegramError> {
        Ok(self.bot.get_chat_member_count(chat_id(chat)).await?)
    }

    async fn is_administrator(&self, chat: &str, user: i64) -> Result<bool, TelegramError> {
        let Ok(user) = u64::try_from(user) else { return Ok(false) };
        match self.bot.get_chat_member(named(chat), UserId(user)).await {
            Ok(member) => Ok(member.is_privileged()),
            // Somebody who was never there, said in three ways.
            Err(RequestError::Api(ApiError::UserNotFound)) => Ok(false),
            Err(RequestError::Api(ApiError::Unknown(text)))
                if text.contains("PARTICIPANT_ID_INVALID") || text.contains("USER_NOT_PARTICIPANT") =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
