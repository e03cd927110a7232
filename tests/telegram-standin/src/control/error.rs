//! Why people cannot do that.

use crate::ids::{ChatId, MessageId, UserId};

/// Why people cannot do that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Nobody has the number.
    #[error("there is no user {0}")]
    NoSuchUser(UserId),
    /// No chat has the number.
    #[error("there is no chat {0}")]
    NoSuchChat(ChatId),
    /// It is not there, or was deleted.
    #[error("there is no message {1} in chat {0}")]
    NoSuchMessage(ChatId, MessageId),
    /// The message has no such button.
    #[error("the message has no button {0:?}; it has {1:?}")]
    NoSuchButton(String, Vec<String>),
    /// Only those inside may.
    #[error("user {1} is not in chat {0}, or may not write there")]
    NotInside(ChatId, UserId),
    /// Only one's own messages can be edited.
    #[error("message {0} is not by user {1}")]
    NotTheirs(MessageId, UserId),
    /// The person blocked the bot: unblock first.
    #[error("user {0} blocked the bot: unblock it first")]
    Blocked(UserId),
    /// The basic group goes on elsewhere.
    #[error("chat {0} was upgraded to supergroup {1}")]
    Upgraded(ChatId, ChatId),
    /// The number is somebody else's.
    #[error("the id {0} is taken")]
    IdTaken(i64),
    /// Something in the request is not as it must be.
    #[error("{0}")]
    Invalid(String),
    /// The bot did not answer in time.
    #[error("the bot did not answer in time")]
    NoAnswer,
}
