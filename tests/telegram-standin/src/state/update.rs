//! Updates that wait for the bot.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids::{ChatId, UpdateId};

/// One update, rendered when it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Update {
    pub(crate) id: UpdateId,
    pub(crate) kind: String,
    pub(crate) chat: Option<ChatId>,
    pub(crate) at: i64,
    pub(crate) body: Value,
    /// Delivered once more after it was confirmed: a fault, asked for.
    #[serde(default)]
    pub(crate) twice: bool,
}

impl Update {
    /// As the Bot API says it.
    pub(crate) fn render(&self) -> Value {
        json!({ "update_id": self.id, self.kind.as_str(): self.body })
    }
}
