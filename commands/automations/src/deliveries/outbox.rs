//! Rows of the outbox: put in, settled, removed. Each function is one statement, or two where a row takes another's place.

use chronogram_model::{
    ChatId, ConversationId, MessageId, PersonId, ReminderId,
    conversation::{FileDigest, Outgoing, Priority},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor, types::Uuid};

use super::{DeliveryError, while_};

pub(super) use super::claims::Candidate;

/// What becomes a row.
pub(super) struct NewEntry<'a> {
    pub(super) id: Uuid,
    pub(super) conversation: &'a ConversationId,
    pub(super) bot: i64,
    pub(super) chat: ChatId,
    /// The topic of the forum.
    pub(super) topic: Option<MessageId>,
    /// Whom it is for, where it is for a person.
    pub(super) person: Option<&'a PersonId>,
    /// Which reminder it tells, when that was due, and whether it says that it is late.
    pub(super) reminder: Option<(ReminderId, Timestamp, bool)>,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) priority: Priority,
    /// At least one; only the first may be other than a message.
    pub(super) parts: Vec<Outgoing>,
    pub(super) enqueued_at: Timestamp,
}

/// Puts an entry in. An edit takes the place of an older edit of the same message that still waits. What is for a group
/// that became a supergroup goes there; what is for a chat that does not hear us fails at once.
pub(super) async fn enqueue(connection: &mut PgConnection, entry: &NewEntry<'_>) -> Result<(), DeliveryError> {
    // Messages of a group that moved stay behind: there is nothing to edit or to answer in the new one.
    const INSERT: &str = "
        with moved as (
            select (select became from delivery.migrated_chat where bot = $2 and chat = $3) as became
        ), place as (
            select coalesce(became, $3) as chat, became is not null as is_moved from moved
        ), verdict as (
            select case
                when is_moved and $12 is not null then 'migrated'
                when exists (select from delivery.parked_chat as parked where bot = $2 and parked.chat = place.chat)
                    then 'blocked'
                end as reason from place
        )
        insert into delivery.outbox (id, bot, chat, conversation, purpose, reminder, due_at, late, in_reply_to,
            priority, kind, edits, parts, enqueued_at, topic, files, messages, state, reason, settled_at, person)
        select $1, $2, chat, $4, $5, $6, $7, $8, case when not is_moved then $9 end, $10, $11, $12, $13::json, $14,
            case when not is_moved then $15 end, $16, $17,
            case when reason is null then 'waiting' else 'failed' end, reason,
            case when reason is not null then $14 end, $18
        from place, verdict
        on conflict (id) do nothing";
    let first = entry.parts.first();
    let edits = match first {
        Some(Outgoing::Edit { message_id, .. }) => Some(message_id.0),
        _ => None,
    };
    if let Some(edits) = edits {
        collapse(connection, entry, edits).await?;
    }
    let parts = serde_json::to_string(&entry.parts).map_err(|_| DeliveryError::Row { id: entry.id })?;
    let files = entry.parts.iter().flat_map(Outgoing::files).filter_map(|(_, item)| item.file.digest());
    let files: Vec<&str> = files.map(FileDigest::as_str).collect();
    sqlx::query(INSERT)
        .bind(entry.id)
        .bind(entry.bot)
        .bind(entry.chat.0)
        .bind(entry.conversation.to_string())
        .bind(if entry.reminder.is_some() { "reminder" } else { "reply" })
        .bind(entry.reminder.map(|(reminder, ..)| reminder.0))
        .bind(entry.reminder.map(|(_, due_at, _)| due_at.to_sqlx()))
        .bind(entry.reminder.is_some_and(|(.., late)| late))
        .bind(entry.in_reply_to.map(|message| message.0))
        .bind(priority(entry.priority))
        .bind(first.map_or("send", Outgoing::kind))
        .bind(edits)
        .bind(parts)
        .bind(entry.enqueued_at.to_sqlx())
        .bind(entry.topic.map(|topic| topic.0))
        .bind(files)
        .bind(i16::try_from(first.map_or(1, Outgoing::messages)).unwrap_or(i16::MAX))
        .bind(entry.person.map(ToString::to_string))
        .execute(connection)
        .await
        .map_err(while_("fill the outbox"))?;
    Ok(())
}

/// An older edit of the same message that still waits will not be seen.
async fn collapse(connection: &mut PgConnection, entry: &NewEntry<'_>, edits: i64) -> Result<(), DeliveryError> {
    const SUPERSEDE: &str = "
        update delivery.outbox set state = 'failed', reason = 'superseded', settled_at = $4
        where bot = $1 and chat = $2 and edits = $3 and state = 'waiting' and id <> $5";
    let query = sqlx::query(SUPERSEDE).bind(entry.bot).bind(entry.chat.0).bind(edits);
    let query = query.bind(entry.enqueued_at.to_sqlx()).bind(entry.id);
    query.execute(connection).await.map_err(while_("collapse edits"))?;
    Ok(())
}

fn priority(priority: Priority) -> i16 {
    match priority {
        Priority::Answer => 0,
        Priority::Alert => 1,
        Priority::Report => 2,
    }
}

/// What waits to tell of a reminder that is no longer wanted then is not told. What is on its way cannot be called back.
pub(super) async fn withdraw(
    executor: impl PgExecutor<'_>,
    reminder: ReminderId,
    at: Timestamp,
) -> Result<(), DeliveryError> {
    const SQL: &str = "
        update delivery.outbox set state = 'failed', reason = 'withdrawn', settled_at = $2
        where reminder = $1 and state = 'waiting' and parts_sent = 0";
    let query = sqlx::query(SQL).bind(reminder.0).bind(at.to_sqlx());
    query.execute(executor).await.map_err(while_("withdraw a reminder"))?;
    Ok(())
}

/// A settled row, as the log is to hear of it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Settled {
    pub(super) id: Uuid,
    pub(super) conversation: String,
    pub(super) reminder: Option<Uuid>,
    due_at: Option<jiff_sqlx::Timestamp>,
    pub(super) late: bool,
    pub(super) sent_ids: Vec<i64>,
    pub(super) state: String,
    pub(super) maybe_repeated: bool,
    pub(super) reason: Option<String>,
    ended_at: Option<jiff_sqlx::Timestamp>,
}

impl Settled {
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.due_at.map(jiff_sqlx::Timestamp::to_jiff)
    }

    /// When its end was noted.
    pub(super) fn ended_at(&self, now: Timestamp) -> Timestamp {
        self.ended_at.map_or(now, jiff_sqlx::Timestamp::to_jiff)
    }
}

/// The next rows that the log is to hear of, oldest first.
pub(super) async fn settled(executor: impl PgExecutor<'_>, bot: i64) -> Result<Vec<Settled>, DeliveryError> {
    const SQL: &str = "
        select id, conversation, reminder, due_at, late, sent_ids, state, maybe_repeated, reason, settled_at as ended_at
        from delivery.outbox where bot = $1 and state in ('sent', 'failed') order by seq limit 100";
    sqlx::query_as(SQL).bind(bot).fetch_all(executor).await.map_err(while_("read what is settled"))
}

/// Removes a row whose end the log knows; its words go with it.
pub(super) async fn remove(executor: impl PgExecutor<'_>, id: Uuid) -> Result<(), DeliveryError> {
    let query = sqlx::query("delete from delivery.outbox where id = $1 and state in ('sent', 'failed')").bind(id);
    query.execute(executor).await.map_err(while_("remove a settled row"))?;
    Ok(())
}
