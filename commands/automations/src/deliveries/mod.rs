//! Everything that goes out to Telegram: replies that were asked for, reminders that are due. Once, in order, within
//! Telegram's limits.
//!
//! The log says what is wanted; [`fill`] turns it into rows, behind a checkpoint in the same transaction. [`sender`]
//! claims rows ([`claims`]), whose turn it is ([`turns`]) as far as Telegram allows ([`budget`]), and sends them
//! ([`sending`]); [`returned`] notes what became of them; [`settle`] tells the log and removes them. [`files`] keeps what
//! goes out, [`places`] knows who does not hear us, [`actions`] shows what is being prepared. One window
//! remains: killed between Telegram's answer and our note of it, a message goes out again and is marked as a repeat.

mod actions;
mod budget;
mod claims;
mod erase;
mod examine;
mod files;
mod fill;
mod leader;
mod look;
mod outbox;
mod places;
mod reminders;
mod returned;
mod sender;
mod sending;
mod settle;
mod status;
mod turns;

use std::{error::Error, sync::Arc};

use chronogram_gateways::telegram::{Telegram, TelegramError};
use chronogram_handlers::Handler;
use chronogram_log::{Clock, Codec, DecodeError, SharedEventStore};
use chronogram_model::{
    PersonId,
    conversation::{OutgoingMessage, Talk},
    person::Person,
    reminder::Reminder,
};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use tokio::sync::Notify;

pub use actions::ChatActions;
pub use erase::erase_deliveries;
pub use examine::examine_deliveries;
pub use files::{FileError, keep_file};
pub use leader::Deliveries;
pub use look::{HeldChat, OutboxEntry, WaitingOfPriority, held_chats, outbox_entries, waiting_by_priority};
pub use places::{ParkedChat, parked_chats};
pub use status::{OutboxStatus, outbox_status};

use crate::todo::{self, TodoError};

/// A reminder that is due now.
#[derive(Clone, Debug)]
pub struct DueReminder {
    /// Its id, as its buttons name it.
    pub reminder: chronogram_model::ReminderId,
    /// Whose it is.
    pub person: PersonId,
    /// Of what.
    pub text: String,
    /// The IANA zone it is shown in.
    pub zone: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// How late it is, where that is worth a word.
    pub late_by: Option<SignedDuration>,
    /// The language of the person, an IETF tag.
    pub language: Option<String>,
}

/// What a due reminder says.
pub type ReminderWords = Arc<dyn Fn(&DueReminder) -> OutgoingMessage + Send + Sync>;

/// Cuts a message that is too long for Telegram.
pub type Split = Arc<dyn Fn(OutgoingMessage) -> Vec<OutgoingMessage> + Send + Sync>;

/// What deliveries stand on.
#[derive(Clone)]
pub struct DeliveryParts {
    /// The database.
    pub pool: PgPool,
    /// The log.
    pub store: SharedEventStore,
    /// Reads its events.
    pub codec: Arc<Codec>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Telegram.
    pub telegram: Arc<dyn Telegram>,
    /// Our account there.
    pub bot: i64,
    /// Where those who prepare answers say so.
    pub actions: ChatActions,
    /// What a due reminder says.
    pub reminder_words: ReminderWords,
    /// Cuts long messages.
    pub split: Split,
}

/// What the parts of deliveries share.
struct Shared {
    parts: DeliveryParts,
    talk: Handler<Talk>,
    reminders: Handler<Reminder>,
    people: Handler<Person>,
    /// There may be something to send.
    wake: Notify,
}

/// Why deliveries pause.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The database failed, or the log.
    #[error(transparent)]
    Todo(#[from] TodoError),
    /// An event cannot be read: deliveries stop here rather than leave it out.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The log refused to note what became of a message.
    #[error("what became of a message cannot be noted")]
    Note(#[source] Box<dyn Error + Send + Sync>),
    /// A row of ours is not as we write it.
    #[error("row {id} of the outbox cannot be read")]
    Row {
        /// Which.
        id: uuid::Uuid,
    },
    /// Telegram refuses us altogether.
    #[error(transparent)]
    Telegram(#[from] TelegramError),
}

/// Names the operation that a database error belongs to.
fn while_(operation: &'static str) -> impl FnOnce(sqlx::Error) -> DeliveryError {
    todo::while_(operation)
}
