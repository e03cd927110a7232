//! From the log into the tables: what was asked for since the checkpoint, in one transaction with it.

use async_trait::async_trait;
use chronogram_log::{EventFilter, RecordedEvent};
use chronogram_model::{
    ChatId, ConversationId, DomainEvent as _,
    conversation::{CAPTION_UTF16_MAX, ConversationEvent, Outgoing, OutgoingMessage, ReplyRequested},
    person::PersonEvent,
    reminder::ReminderEvent,
};
use sqlx::PgConnection;

use super::{DeliveryError, Shared, erase_deliveries, outbox, places, reminders};
use crate::todo::Traces;

#[async_trait]
impl Traces for Shared {
    type Error = DeliveryError;

    const SCHEMA: &'static str = "delivery";
    const NAME: &'static str = "deliveries";
    const CRASH_POINTS: [&'static str; 2] = ["deliveries.before_commit", "deliveries.after_commit"];

    fn filter() -> EventFilter {
        let reminders = ReminderEvent::SHAPES.iter().map(|shape| shape.name);
        let others = ["ReplyRequested", "BotBlocked", "BotUnblocked", "ConversationMigrated", "PersonErased"];
        EventFilter::types(reminders.chain(others))
    }

    async fn leave(&self, connection: &mut PgConnection, event: &RecordedEvent) -> Result<(), DeliveryError> {
        let codec = &self.parts.codec;
        if let Some(decoded) = codec.decode::<ReminderEvent>(event)? {
            return reminders::take_in(connection, event, &decoded).await;
        }
        if let Some(PersonEvent::PersonErased(erased)) = codec.decode(event)? {
            return erase_deliveries(connection, &erased.person, erased.erased_at).await;
        }
        let Some(happened) = codec.decode::<ConversationEvent>(event)? else { return Ok(()) };
        // What happens in other bots' conversations leaves nothing.
        let name = event.stream.as_str().strip_prefix("conversation-").unwrap_or_default();
        let Some((conversation, bot, chat)) = place(name) else { return Ok(()) };
        match happened {
            ConversationEvent::ReplyRequested(reply) => enqueue(self, connection, &conversation, reply).await,
            ConversationEvent::BotBlocked(blocked) => places::park(connection, bot, chat, blocked.blocked_at).await,
            ConversationEvent::BotUnblocked(_) => places::unpark(connection, bot, chat).await,
            ConversationEvent::ConversationMigrated(migrated) => {
                places::migrate(connection, bot, chat, migrated.to, migrated.migrated_at).await
            }
            _ => Ok(()),
        }
    }
}

/// Erased replies leave nothing.
async fn enqueue(
    shared: &Shared,
    connection: &mut PgConnection,
    conversation: &ConversationId,
    reply: ReplyRequested,
) -> Result<(), DeliveryError> {
    let ConversationId::Bot { bot, chat } = *conversation else { return Ok(()) };
    let person = reply.outgoing.person().cloned();
    let Some(outgoing) = reply.outgoing.readable().cloned() else { return Ok(()) };
    let entry = outbox::NewEntry {
        id: reply.reply.0,
        conversation,
        bot,
        chat,
        topic: reply.topic,
        person: person.as_ref(),
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
            vec![Outgoing::Edit { message_id, message: OutgoingMessage { buttons, ..first } }]
        }
        answer @ Outgoing::AnswerPress { .. } => vec![answer],
        Outgoing::Photo(mut item) => {
            let words = too_long(&mut item.caption);
            with_words(shared, Outgoing::Photo(item), words)
        }
        Outgoing::Document(mut item) => {
            let words = too_long(&mut item.caption);
            with_words(shared, Outgoing::Document(item), words)
        }
        Outgoing::Voice(mut item) => {
            let words = too_long(&mut item.caption);
            with_words(shared, Outgoing::Voice(item), words)
        }
        Outgoing::MediaGroup { of, mut items } => {
            let words: Vec<_> = items.iter_mut().filter_map(|item| too_long(&mut item.caption)).collect();
            with_words(shared, Outgoing::MediaGroup { of, items }, words)
        }
    }
}

/// Takes a caption that is too long away, with its buttons: it follows the file.
fn too_long(caption: &mut OutgoingMessage) -> Option<OutgoingMessage> {
    let is_long = caption.text.encode_utf16().count() > CAPTION_UTF16_MAX;
    is_long.then(|| std::mem::take(caption))
}

fn with_words(shared: &Shared, files: Outgoing, words: impl IntoIterator<Item = OutgoingMessage>) -> Vec<Outgoing> {
    let words = words.into_iter().flat_map(|words| (shared.parts.split)(words)).map(Outgoing::Send);
    std::iter::once(files).chain(words).collect()
}

/// Whose chat a conversation is held in, where it is one of a bot's.
pub(super) fn place(conversation: &str) -> Option<(ConversationId, i64, ChatId)> {
    match conversation.parse() {
        Ok(id @ ConversationId::Bot { bot, chat }) => Some((id, bot, chat)),
        _ => None,
    }
}
