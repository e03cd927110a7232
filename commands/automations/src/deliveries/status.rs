//! What waits in the outbox, in numbers: for operators, metrics and GraphQL.

use jiff::Timestamp;
use sqlx::PgExecutor;

use super::{DeliveryError, while_};

/// The outbox in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxStatus {
    /// Messages that wait.
    pub waiting: i64,
    /// Messages on their way.
    pub sending: i64,
    /// Messages whose end the log is yet to hear of.
    pub settling: i64,
    /// When the oldest waiting one was put in.
    pub oldest_at: Option<Timestamp>,
    /// Chats that something waits for.
    pub chats: i64,
    /// Reminders yet to fall due.
    pub reminders: i64,
    /// Chats that the bot is blocked in: nothing is tried there.
    pub parked: i64,
}

/// The outbox as it is now.
pub async fn outbox_status(executor: impl PgExecutor<'_>) -> Result<OutboxStatus, DeliveryError> {
    const SQL: &str = "
        select count(*) filter (where state = 'waiting'), count(*) filter (where state = 'sending'),
            count(*) filter (where state in ('sent', 'failed')), min(enqueued_at) filter (where state = 'waiting'),
            count(distinct chat) filter (where state = 'waiting'),
            (select count(*) from delivery.reminder where state = 'scheduled'),
            (select count(*) from delivery.parked_chat)
        from delivery.outbox";
    let (waiting, sending, settling, oldest, chats, reminders, parked): (
        i64,
        i64,
        i64,
        Option<jiff_sqlx::Timestamp>,
        i64,
        i64,
        i64,
    ) = sqlx::query_as(SQL).fetch_one(executor).await.map_err(while_("count the outbox"))?;
    let oldest_at = oldest.map(jiff_sqlx::Timestamp::to_jiff);
    Ok(OutboxStatus { waiting, sending, settling, oldest_at, chats, reminders, parked })
}

/// Sets the gauges.
#[allow(clippy::cast_precision_loss)] // nobody reads them exactly; above 2^52 they would be rounded
pub(super) fn tell(status: &OutboxStatus, now: Timestamp) {
    metrics::gauge!("outbox_waiting").set(status.waiting as f64);
    metrics::gauge!("outbox_sending").set(status.sending as f64);
    metrics::gauge!("outbox_chats").set(status.chats as f64);
    metrics::gauge!("outbox_parked_chats").set(status.parked as f64);
    metrics::gauge!("reminders_scheduled").set(status.reminders as f64);
    let age = status.oldest_at.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
    metrics::gauge!("outbox_oldest_seconds").set(age);
}
