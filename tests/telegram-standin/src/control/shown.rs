//! A message as a person sees it, with what it was before.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    ids::{ChatId, MessageId, UserId},
    state::{Message, Tables, render},
};

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub text: String,
    /// What the bot gets when it is pressed.
    pub data: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
}

/// A message as a person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownMessage {
    /// Its number.
    pub id: MessageId,
    /// Its chat.
    pub chat: ChatId,
    /// Who wrote it, also when it stands in the channel's name.
    pub from: UserId,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// Text or caption; empty when there is none.
    pub text: String,
    /// As the Bot API says it.
    pub message: Value,
    /// Any keyboard that was sent with it.
    pub reply_markup: Option<Value>,
    /// Whether somebody deleted it.
    pub deleted: bool,
    /// What it was before each edit, the oldest first: fields of `Message`, with `until`.
    pub versions: Vec<Value>,
    /// Reactions by user.
    pub reactions: Value,
}

impl ShownMessage {
    pub(crate) fn of(tables: &Tables, bot: UserId, message: &Message) -> Self {
        let versions = message.versions.iter().map(|version| {
            let mut fields = version.content.fields();
            fields.insert("until".to_owned(), json!(version.until));
            if let Some(keyboard) = &version.keyboard {
                fields.insert("reply_markup".to_owned(), keyboard.clone());
            }
            Value::Object(fields)
        });
        Self {
            id: message.id,
            chat: message.chat,
            from: message.author.user(),
            from_bot: message.author.user() == bot,
            text: message.content.words().map(|words| words.text.clone()).unwrap_or_default(),
            message: render::message(tables, message),
            reply_markup: message.keyboard.clone(),
            deleted: message.deleted_at.is_some(),
            versions: versions.collect(),
            reactions: json!(message.reactions),
        }
    }

    /// The buttons under it, row by row.
    pub fn buttons(&self) -> Vec<Vec<Button>> {
        let rows =
            self.reply_markup.as_ref().and_then(|markup| markup.get("inline_keyboard")).and_then(Value::as_array);
        let text = |button: &Value, name: &str| button.get(name).and_then(Value::as_str).map(str::to_owned);
        let button = |button: &Value| Button {
            text: text(button, "text").unwrap_or_default(),
            data: text(button, "callback_data"),
            url: text(button, "url"),
        };
        let row = |row: &Value| row.as_array().map(|row| row.iter().map(button).collect()).unwrap_or_default();
        rows.map(|rows| rows.iter().map(row).collect()).unwrap_or_default()
    }
}
