//! Was anything told twice, or is it about to be?

use std::collections::HashSet;

use chronogram_log::{Codec, EventFilter, Fault, Position, SharedEventStore};
use chronogram_model::{
    ReplyId,
    conversation::{ConversationEvent, ReplySent},
    reminder::{ReminderDelivered, ReminderEvent},
};
use sqlx::{PgPool, types::Uuid};

use super::{DeliveryError, while_};
use crate::todo::TodoError;

/// Events read at once.
const PAGE_EVENTS: usize = 5_000;

/// Looks through everything that went out: replies and reminders told twice (I3), rows of the outbox that wait although
/// the log says they went out (I3), a checkpoint behind the end of the log (I5).
pub async fn examine_deliveries(
    store: &SharedEventStore,
    codec: &Codec,
    pool: &PgPool,
    head: Position,
) -> Result<Vec<Fault>, DeliveryError> {
    let mut told = Told::default();
    let filter = EventFilter::types(["ReplySent", "ReminderDelivered"]);
    let mut after = Position::START;
    while after < head {
        let page = store.read_all(after, &filter, PAGE_EVENTS).await.map_err(TodoError::from)?;
        for event in &page.events {
            if let Some(ConversationEvent::ReplySent(sent)) = codec.decode(event)? {
                told.reply(&sent, event.position);
            } else if let Some(ReminderEvent::ReminderDelivered(delivered)) = codec.decode(event)? {
                told.reminder(event.stream.as_str(), &delivered, event.position);
            }
        }
        if page.up_to <= after {
            break;
        }
        after = page.up_to;
    }
    let mut faults = told.faults;
    faults.extend(waiting_again(pool, &told.replies).await?);
    faults.extend(checkpoint_ahead(pool, head).await?);
    Ok(faults)
}

/// What the log says went out.
#[derive(Default)]
struct Told {
    replies: HashSet<ReplyId>,
    reminders: HashSet<(String, i64)>,
    faults: Vec<Fault>,
}

impl Told {
    fn reply(&mut self, sent: &ReplySent, position: Position) {
        if !self.replies.insert(sent.reply) {
            self.faults.push(Fault::at("I3", position, format!("reply {} is noted as sent a second time", sent.reply)));
        }
    }

    fn reminder(&mut self, stream: &str, delivered: &ReminderDelivered, position: Position) {
        if !self.reminders.insert((stream.to_owned(), delivered.due_at.as_microsecond())) {
            let detail = format!("{stream}, due at {}, is noted as told a second time", delivered.due_at);
            self.faults.push(Fault::at("I3", position, detail));
        }
    }
}

async fn waiting_again(pool: &PgPool, sent: &HashSet<ReplyId>) -> Result<Vec<Fault>, DeliveryError> {
    const SQL: &str = "
        select id from delivery.outbox where purpose = 'reply' and state in ('waiting', 'sending') order by seq";
    let waiting: Vec<Uuid> =
        sqlx::query_scalar(SQL).fetch_all(pool).await.map_err(while_("read what waits in the outbox"))?;
    let again = waiting.into_iter().filter(|id| sent.contains(&ReplyId(*id)));
    Ok(again.map(|id| Fault::of("I3", format!("reply {id} waits in the outbox although it was sent"))).collect())
}

async fn checkpoint_ahead(pool: &PgPool, head: Position) -> Result<Vec<Fault>, DeliveryError> {
    const SQL: &str = "select name, position from delivery.checkpoint where position > $1";
    let ahead: Vec<(String, i64)> =
        sqlx::query_as(SQL).bind(head.as_i64()).fetch_all(pool).await.map_err(while_("read the checkpoint"))?;
    let fault = |(name, position): (String, i64)| {
        let detail = format!("{name} claims to have seen event {position}, the log ends at {head}");
        Fault::at("I5", Position::from_i64(position), detail)
    };
    Ok(ahead.into_iter().map(fault).collect())
}
