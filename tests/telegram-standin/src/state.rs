//! Everything Telegram would know, as tables of records; each change is a value that the journal keeps.

mod change;
mod chat;
mod content;
mod file;
mod message;
mod queries;
mod ready_made;
pub(crate) mod render;
mod update;
mod user;
mod world;

pub(crate) use change::Change;
pub(crate) use chat::{Chat, ChatKind, Standing, Topic};
pub(crate) use content::Content;
pub(crate) use file::{FileKind, FileRecord};
pub(crate) use message::{Author, Message};
pub(crate) use queries::{Callback, CallbackAnswer, PreCheckout, PreCheckoutAnswer};
pub(crate) use ready_made::furnish;
pub(crate) use update::Update;
pub(crate) use user::{BotCommand, User};
pub(crate) use world::{Tables, Webhook, WebhookError, World};
