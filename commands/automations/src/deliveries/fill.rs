//! From the log into the tables: what was asked for since the checkpoint, in one transaction with it.

use async_trait::async_trait;
use chronogram_log::{EventFilter, RecordedEvent};
use chronogram_model::{
    ChatId, ConversationId, DomainEvent as _,
    conversation::{ConversationEvent, Outgoing, ReplyRequested},
    reminder::ReminderEvent,
};
use sqlx::PgConnection;

use super::{DeliveryError, Shared, outbox, reminders};
use crate::todo::Traces;

#[async_trait]
impl Traces for Shared {
    type Error = DeliveryError;

    const SCHEMA: &'static str = "delivery";
    const NAME: &'static str = "deliveries";
    const CRASH_POINTS: [&'static str; 2] = ["deliveries.before_commit", "deliveries.after_commit"];

    fn filter() -> EventFilter {
        let reminders = ReminderEvent::SHAPES.iter().map(|shape| shape.name);
        EventFilter::types(reminders.chain(["ReplyRequested"]))
    }

    async fn leave(&self, connection: &mut PgConnection, event: &RecordedEvent) -> Result<(), DeliveryError> {
        let codec = &self.parts.codec;
        if let Some(decoded) = codec.decode::<ReminderEvent>(event)? {
            return reminders::take_in(connection, event, &decoded).await;
        }
        if let Some(ConversationEvent::ReplyRequested(reply)) = codec.decode(event)? {
            return enqueue(self, connection, event, reply).await;
        }
        Ok(())
    }
}

/// Replies to other bots' conversations, and erased ones, leave nothing.
async fn enqueue(
    shared: &Shared,
    connection: &mut PgConnection,
    event: &RecordedEvent,
    reply: ReplyRequested,
) -> Result<(), DeliveryError> {
    let name = event.stream.as_str().strip_prefix("conversation-").unwrap_or_default();
    let Ok(conversation @ ConversationId::Bot { bot, chat }) = name.parse::<ConversationId>() else { return Ok(()) };
    let Some(outgoing) = reply.outgoing.readable().cloned() else { return Ok(()) };
    let entry = outbox::NewEntry {
        id: reply.reply.0,
        conversation: &conversation,
        bot,
        chat,
        reminder: None,
        in_reply_to: reply.in_reply_to,
        priority: reply.priority,
        parts: cut(shared, outgoing),
        enqueued_at: reply.requested_at,
    };
    outbox::enqueue(connection, &entry).await
}

/// Long messages go out in several; an edited one keeps its beginning.
pub(super) fn cut(shared: &Shared, outgoing: Outgoing) -> Vec<Outgoing> {
    let split = &shared.parts.split;
    match outgoing {
        Outgoing::Send(message) => split(message).into_iter().map(Outgoing::Send).collect(),
        Outgoing::Edit { message_id, message } => {
            let buttons = message.buttons.clone();
            let first = split(message).into_iter().next().unwrap_or_default();
            vec![Outgoing::Edit {
                message_id,
                message: chronogram_model::conversation::OutgoingMessage { buttons, ..first },
            }]
        }
        answer @ Outgoing::AnswerPress { .. } => vec![answer],
    }
}

/// Whose chat a conversation is held in, where it is one of a bot's.
pub(super) fn place(conversation: &str) -> Option<(ConversationId, i64, ChatId)> {
    match conversation.parse() {
        Ok(id @ ConversationId::Bot { bot, chat }) => Some((id, bot, chat)),
        _ => None,
    }
}
