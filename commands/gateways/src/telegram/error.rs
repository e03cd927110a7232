//! How Telegram fails, by what is to be done about it.

use std::{sync::Arc, time::Duration};

use teloxide::{ApiError, RequestError};

/// Why a request has no result. No variant holds words of people, the token, or Telegram's raw answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TelegramError {
    /// Too many requests: wait so long, then the same again.
    #[error("Telegram wants us to wait {} s", .0.as_secs())]
    RetryAfter(Duration),
    /// The person blocked the bot, is gone, or never spoke to it; or the bot was thrown out of the chat.
    #[error("Telegram forbids us to write to this chat")]
    Forbidden,
    /// There is no such chat, message or button press any more.
    #[error("Telegram does not know what this is about")]
    NotFound,
    /// The topic of the forum is gone.
    #[error("the topic is gone")]
    TopicGone,
    /// Telegram does not know a file by this id.
    #[error("Telegram does not know this file")]
    FileUnknown,
    /// A group became a supergroup with another id.
    #[error("the chat has another id now: {0}")]
    Migrated(i64),
    /// The request is wrong, or not allowed; again it would be refused again.
    #[error("Telegram refuses the request: {reason}")]
    Refused {
        /// The kind, in a word: `bad_request`, `message_too_long`.
        reason: &'static str,
    },
    /// Somebody else reads this bot's updates.
    #[error("another program reads this bot's updates")]
    Conflict,
    /// The token is no bot's.
    #[error("Telegram does not know this bot's token")]
    Unauthorized,
    /// Telegram did not answer, or with nonsense: whether it did what was asked is not known.
    #[error("Telegram did not answer")]
    Unknown(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The request never reached Telegram.
    #[error("Telegram cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl TelegramError {
    /// Nobody answered within the time that the caller gives.
    pub fn no_answer() -> Self {
        Self::Unknown(Arc::new(Cause("no answer in time")))
    }

    /// The kind in a word, for metrics, events and SQL.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RetryAfter(_) => "retry_after",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::TopicGone => "topic_gone",
            Self::FileUnknown => "file_unknown",
            Self::Migrated(_) => "migrated",
            Self::Refused { reason } => reason,
            Self::Conflict => "conflict",
            Self::Unauthorized => "unauthorized",
            Self::Unknown(_) => "no_answer",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

/// What the cause was, without its URL: it holds the token.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(&'static str);

impl From<RequestError> for TelegramError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::RetryAfter(seconds) => Self::RetryAfter(Duration::from_secs(seconds.seconds().into())),
            RequestError::MigrateToChatId(chat) => Self::Migrated(chat.0),
            RequestError::Api(error) => Self::of_api(&error),
            RequestError::Network(error) if error.is_connect() || error.is_builder() => {
                Self::Unreachable(Arc::new(Cause("no connection")))
            }
            RequestError::Network(error) if error.is_timeout() => Self::no_answer(),
            RequestError::Network(_) => Self::Unknown(Arc::new(Cause("the connection broke"))),
            RequestError::InvalidJson { .. } => Self::Unknown(Arc::new(Cause("the answer is not Telegram's"))),
            RequestError::Io(_) => Self::Refused { reason: "file_unreadable" },
        }
    }
}

impl TelegramError {
    fn of_api(error: &ApiError) -> Self {
        match error {
            ApiError::BotBlocked
            | ApiError::BotKicked
            | ApiError::BotKickedFromSupergroup
            | ApiError::BotKickedFromChannel
            | ApiError::UserDeactivated
            | ApiError::CantInitiateConversation
            | ApiError::CantTalkWithBots => Self::Forbidden,
            ApiError::ChatNotFound
            | ApiError::UserNotFound
            | ApiError::MessageToEditNotFound
            | ApiError::MessageToReplyNotFound
            | ApiError::InvalidQueryId => Self::NotFound,
            ApiError::WrongFileId | ApiError::WrongFileIdOrUrl | ApiError::FileIdInvalid => Self::FileUnknown,
            ApiError::Unknown(text) if text.contains("message thread not found") => Self::TopicGone,
            ApiError::Unknown(text) if text.contains("wrong remote file identifier") => Self::FileUnknown,
            ApiError::MessageIsTooLong => Self::Refused { reason: "message_too_long" },
            ApiError::TerminatedByOtherGetUpdates | ApiError::CantGetUpdates => Self::Conflict,
            ApiError::InvalidToken => Self::Unauthorized,
            ApiError::Unknown(text) if text.starts_with("Forbidden") => Self::Forbidden,
            ApiError::Unknown(text) if text.starts_with("Conflict") => Self::Conflict,
            ApiError::Unknown(text) if text.starts_with("Internal Server Error") || text.starts_with("Bad Gateway") => {
                Self::Unknown(Arc::new(Cause("Telegram has an inner fault")))
            }
            _ => Self::Refused { reason: "bad_request" },
        }
    }
}
