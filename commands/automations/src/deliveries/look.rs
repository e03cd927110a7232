//! What waits in the outbox, one by one: for operators. Nothing here reads what anybody says.

use chronogram_model::{ConversationId, conversation::Priority};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, types::Uuid};

use super::{DeliveryError, while_};

/// How many messages of a priority wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingOfPriority {
    /// Which.
    pub priority: Priority,
    /// How many.
    pub waiting: i64,
}

/// A chat whose next message was tried in vain, and waits for another try: what is behind it waits too.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HeldChat {
    /// Which.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Messages that wait for it.
    pub waiting: i64,
    /// Tries of its next message so far.
    pub attempts: i16,
    /// Not before this is it tried again.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub next_try_at: Timestamp,
    /// When its oldest message was put in.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub oldest_at: Timestamp,
}

/// A message in the outbox, without its words.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxEntry {
    /// The reply's id; of a reminder, of this telling of it.
    pub id: Uuid,
    /// Its place in the order; give the last one to see those behind.
    pub seq: i64,
    /// Where it goes.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// `reply` or `reminder`.
    pub purpose: String,
    /// `send`, `photo`, …: `Outgoing::kind`.
    pub kind: String,
    /// `waiting`, `sending`, `sent` or `failed`; the last two until the log knows.
    pub state: String,
    /// Tries so far of what is next of it.
    pub attempts: i16,
    /// Not before this is it tried.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub not_before: Timestamp,
    /// Why it will not go out.
    pub reason: Option<String>,
    /// When it was put in.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub enqueued_at: Timestamp,
}

/// How much waits by priority, who goes first first; each of them, also with nothing.
pub async fn waiting_by_priority(executor: impl PgExecutor<'_>) -> Result<[WaitingOfPriority; 3], DeliveryError> {
    const SQL: &str = "
        select count(*) filter (where priority = 0), count(*) filter (where priority = 1),
            count(*) filter (where priority = 2)
        from delivery.outbox where state = 'waiting'";
    let (answers, alerts, reports): (i64, i64, i64) =
        sqlx::query_as(SQL).fetch_one(executor).await.map_err(while_("count the outbox by priority"))?;
    Ok([
        WaitingOfPriority { priority: Priority::Answer, waiting: answers },
        WaitingOfPriority { priority: Priority::Alert, waiting: alerts },
        WaitingOfPriority { priority: Priority::Report, waiting: reports },
    ])
}

/// Chats that are held up, the next to be tried first; at most `limit`.
pub async fn held_chats(
    executor: impl PgExecutor<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<HeldChat>, DeliveryError> {
    const SQL: &str = "
        select conversation, waiting, attempts, not_before as next_try_at, oldest_at from (
            select distinct on (bot, chat) conversation, state, attempts, not_before,
                count(*) over of_chat as waiting, min(enqueued_at) over of_chat as oldest_at
            from delivery.outbox where state in ('waiting', 'sending') and kind <> 'answer_press'
            window of_chat as (partition by bot, chat)
            order by bot, chat, seq
        ) as next_of_chat
        where state = 'waiting' and not_before > $1 order by not_before, conversation limit $2";
    let query = sqlx::query_as(SQL).bind(now.to_sqlx()).bind(i64::from(limit));
    query.fetch_all(executor).await.map_err(while_("look for chats that are held up"))
}

/// What is in the outbox behind the place `after`, in its order; at most `limit`.
pub async fn outbox_entries(
    executor: impl PgExecutor<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<OutboxEntry>, DeliveryError> {
    const SQL: &str = "
        select id, seq, conversation, purpose, kind, state, attempts, not_before, reason, enqueued_at
        from delivery.outbox where seq > $1 order by seq limit $2";
    let query = sqlx::query_as(SQL).bind(after).bind(i64::from(limit));
    query.fetch_all(executor).await.map_err(while_("list the outbox"))
}
