//! Tells the log what became of a message, then removes its row. Told twice, the log keeps the first.

use chronogram_handlers::Context;
use chronogram_log::{Actor, crash_point};
use chronogram_model::{
    ConversationId, MessageId, Origin, ReminderId, ReplyId,
    conversation::{ChatKind, Happening, ReplyFailed, ReplySent, TalkCommand},
    reminder::{ReminderAction, ReminderCommand, ReminderDelivered, ReminderDeliveryFailed},
};
use jiff::Timestamp;

use super::{DeliveryError, Shared, fill, outbox};

/// Tells the log of everything that is settled.
pub(super) async fn settle_all(shared: &Shared) -> Result<(), DeliveryError> {
    loop {
        let rows = outbox::settled(&shared.parts.pool, shared.parts.bot).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            crash_point("outbox.noted");
            settle(shared, &row).await?;
            crash_point("outbox.told");
            outbox::remove(&shared.parts.pool, row.id).await?;
            crash_point("outbox.removed");
        }
    }
}

async fn settle(shared: &Shared, row: &outbox::Settled) -> Result<(), DeliveryError> {
    let at = row.ended_at(shared.parts.clock.now());
    let context =
        Context::new(Origin::of(&["outbox", &row.id.to_string()]), Actor::Automation("deliveries".to_owned()));
    if let (Some(reminder), Some(due_at)) = (row.reminder, row.due_at()) {
        let command = note_of_reminder(row, ReminderId(reminder), due_at, at);
        shared.reminders.handle(&command, &context).await.map_err(|error| DeliveryError::Note(Box::new(error)))?;
    } else {
        let (conversation, ..) = fill::place(&row.conversation).ok_or(DeliveryError::Row { id: row.id })?;
        let command = note_of_reply(row, conversation, at);
        shared.talk.handle(&command, &context).await.map_err(|error| DeliveryError::Note(Box::new(error)))?;
    }
    Ok(())
}

fn message_ids(row: &outbox::Settled) -> Vec<MessageId> {
    row.sent_ids.iter().map(|id| MessageId(*id)).collect()
}

fn note_of_reminder(row: &outbox::Settled, reminder: ReminderId, due_at: Timestamp, at: Timestamp) -> ReminderCommand {
    let what = if row.state == "sent" {
        ReminderAction::NoteDelivered(ReminderDelivered {
            due_at,
            message_ids: message_ids(row),
            late: row.late,
            maybe_repeated: row.maybe_repeated,
            delivered_at: at,
        })
    } else {
        let reason = row.reason.clone().unwrap_or_default();
        ReminderAction::NoteFailed(ReminderDeliveryFailed { due_at, reason, failed_at: at })
    };
    ReminderCommand { reminder, what, at }
}

fn note_of_reply(row: &outbox::Settled, conversation: ConversationId, at: Timestamp) -> TalkCommand {
    let reply = ReplyId(row.id);
    let what = if row.state == "sent" {
        let message_ids = message_ids(row);
        Happening::NoteSent(ReplySent { reply, message_ids, maybe_repeated: row.maybe_repeated, sent_at: at })
    } else {
        Happening::NoteFailed(ReplyFailed { reply, reason: row.reason.clone().unwrap_or_default(), failed_at: at })
    };
    // The conversation was opened by what we answered; the kind is not read again.
    TalkCommand { conversation, kind: ChatKind::Private, what }
}
