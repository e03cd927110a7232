//! What a principal asks for becomes a command, done once however often it is asked for. Every edge (HTTP, GraphQL)
//! goes this way, so that the same request means the same everywhere.

mod asking;
mod channels;
mod error;
mod field_rules;
mod messages;
mod policies;
mod profiles;
mod reminders;
mod sending;

use std::sync::Arc;

use chronogram_handlers::{Handled, Handler};
use chronogram_log::{Clock, Codec, Position, SharedEventStore};
use chronogram_model::{
    channel::Channel,
    conversation::{Conversation, Talk},
    person::Person,
    policy::FillPolicies,
    reminder::Reminder,
};

pub use asking::Asking;
pub use channels::TrackChannel;
pub use error::{IntakeError, RefusalKind};
pub(crate) use field_rules::known_zone;
pub use field_rules::{FieldFault, check_language, check_name, check_sent_at, check_text, check_words, check_zone};
pub use messages::{DuplicateRule, Original, RecordMessage, Recorded};
pub use reminders::{RescheduleReminder, ScheduleReminder};
pub use sending::SendMessage;

/// Gives 16 random bytes, or says why there are none.
pub type RandomBytes = Arc<dyn Fn() -> Result<[u8; 16], Box<dyn std::error::Error + Send + Sync>> + Send + Sync>;

/// What a request appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where its last event stands.
    pub position: Position,
    /// True when the same request was handled before and this is its first result.
    pub repeated: bool,
}

impl Appended {
    /// Of a command that has its event or a rejection, never nothing.
    fn of<E>(handled: &Handled<E>) -> Result<Self, IntakeError> {
        let position = handled.position.ok_or_else(|| IntakeError::failed("a command without an event"))?;
        Ok(Self { position, repeated: handled.repeated })
    }
}

/// Runs commands for principals. Whether they may was checked before.
pub struct Intake {
    conversations: Handler<Conversation>,
    talk: Handler<Talk>,
    reminders: Handler<Reminder>,
    people: Handler<Person>,
    channels: Handler<Channel>,
    policies: Handler<FillPolicies>,
    store: SharedEventStore,
    codec: Arc<Codec>,
    clock: Arc<dyn Clock>,
    random: RandomBytes,
}

impl Intake {
    /// An intake on `store`; `random` tells requests without a key apart.
    pub fn new(store: SharedEventStore, codec: Arc<Codec>, clock: Arc<dyn Clock>, random: RandomBytes) -> Self {
        Self {
            conversations: Handler::new(store.clone(), codec.clone()),
            talk: Handler::new(store.clone(), codec.clone()),
            reminders: Handler::new(store.clone(), codec.clone()),
            people: Handler::new(store.clone(), codec.clone()),
            channels: Handler::new(store.clone(), codec.clone()),
            policies: Handler::new(store.clone(), codec.clone()),
            store,
            codec,
            clock,
            random,
        }
    }
}

#[cfg(test)]
mod tests;
