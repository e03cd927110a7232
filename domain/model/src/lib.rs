//! What happened and what may happen on Telegram: events, deciders, typed ids.
//!
//! Pure: no I/O, no async, no clock, no randomness. Everything a decision needs is in its command or its state.

pub mod breaker;
pub mod call;
pub mod channel;
pub mod conversation;
mod decider;
mod event;
mod ids;
pub mod language_model;
mod message;
pub mod person;
mod personal;
pub mod plugin;
pub mod policy;
pub mod reminder;
mod stream;
mod text;

pub use decider::Decider;
pub use event::{DomainEvent, EventShape};
pub use ids::{
    ChatId, ClientId, CommandId, ConversationId, EventId, IdError, MessageId, Origin, PersonId, ReminderId, ReplyId,
};
pub use message::{
    Contact, Entity, ExportTime, Forward, Location, Media, MediaKind, MessageContent, Poll, PollAnswer, ReactionCount,
    Sender, ServiceAction, ServiceMessageObserved, Source,
};
pub use personal::{Authored, Personal};
pub use stream::{StreamName, StreamNameError};
pub use text::{cleaned, without_nul};

/// Every event type of the product, for registries, golden files and documentation.
pub fn all_shapes() -> Vec<EventShape> {
    let mut shapes: Vec<EventShape> = [
        breaker::BreakerEvent::SHAPES,
        conversation::ConversationEvent::SHAPES,
        language_model::ModelEvent::SHAPES,
        person::PersonEvent::SHAPES,
        channel::ChannelEvent::SHAPES,
        plugin::PluginEvent::SHAPES,
        policy::PolicyEvent::SHAPES,
        call::CallEvent::SHAPES,
        reminder::ReminderEvent::SHAPES,
    ]
    .concat();
    shapes.sort_unstable();
    shapes.dedup();
    shapes
}
