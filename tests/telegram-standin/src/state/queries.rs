//! Questions that wait for the bot's answer: pressed buttons and payments.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ChatId, MessageId, UserId};

/// What the bot said to a pressed button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallbackAnswer {
    pub(crate) text: Option<String>,
    pub(crate) show_alert: bool,
    pub(crate) url: Option<String>,
}

/// A pressed button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Callback {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) chat: ChatId,
    pub(crate) message: MessageId,
    pub(crate) at: i64,
    pub(crate) answer: Option<CallbackAnswer>,
}

/// What the bot said before a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreCheckoutAnswer {
    pub(crate) ok: bool,
    pub(crate) error_message: Option<String>,
}

/// A payment that asks the bot for leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreCheckout {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) chat: ChatId,
    pub(crate) invoice: Value,
    pub(crate) payload: String,
    pub(crate) at: i64,
    pub(crate) answer: Option<PreCheckoutAnswer>,
}
