//! Rows of the outbox: put in, claimed, given back, settled. Each function is one statement.

use chronogram_model::{
    ChatId, ConversationId, MessageId, PersonId, ReminderId,
    conversation::{Outgoing, Priority},
};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor, types::Uuid};

use super::{DeliveryError, while_};

/// How long a claimed row belongs to who claimed it: longer than the slowest request takes.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// Rows looked at when something is to be sent: several seconds' worth.
const CANDIDATES_MAX: i64 = 200;

/// What becomes a row.
pub(super) struct NewEntry<'a> {
    pub(super) id: Uuid,
    pub(super) conversation: &'a ConversationId,
    pub(super) bot: i64,
    pub(super) chat: ChatId,
    /// Whom it is for, where it is for a person.
    pub(super) person: Option<&'a PersonId>,
    /// Which reminder it tells, when that was due, and whether it says that it is late.
    pub(super) reminder: Option<(ReminderId, Timestamp, bool)>,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) priority: Priority,
    /// At least one; several only of what is sent.
    pub(super) parts: Vec<Outgoing>,
    pub(super) enqueued_at: Timestamp,
}

/// A row that may be sent now, as far as the database knows.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Candidate {
    pub(super) id: Uuid,
    pub(super) chat: i64,
    pub(super) kind: String,
}

/// A row that is ours to send, until its lease ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) chat: i64,
    pub(super) fence: i64,
    pub(super) in_reply_to: Option<i64>,
    parts: String,
    parts_sent: i16,
    pub(super) attempts: i16,
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub(super) enqueued_at: Timestamp,
}

impl Claimed {
    /// The part that is next, and whether it is the first.
    pub(super) fn next_part(&self) -> Result<(Outgoing, bool), DeliveryError> {
        let unreadable = || DeliveryError::Row { id: self.id };
        let index = usize::try_from(self.parts_sent).map_err(|_| unreadable())?;
        let mut parts: Vec<Outgoing> = serde_json::from_str(&self.parts).map_err(|_| unreadable())?;
        if index >= parts.len() {
            return Err(unreadable());
        }
        Ok((parts.swap_remove(index), index == 0))
    }
}

/// What became of a claimed row.
pub(super) enum Outcome {
    /// Its next part went out, as this message where it is one.
    PartSent(Option<MessageId>),
    /// Not now: another try at that moment.
    Later { at: Timestamp, maybe_repeated: bool },
    /// It will not go out.
    Failed(&'static str),
}

/// Puts an entry in; an edit takes the place of an older edit of the same message that still waits.
pub(super) async fn enqueue(connection: &mut PgConnection, entry: &NewEntry<'_>) -> Result<(), DeliveryError> {
    const SUPERSEDE: &str = "
        update delivery.outbox set state = 'failed', reason = 'superseded', settled_at = $4
        where bot = $1 and chat = $2 and edits = $3 and state = 'waiting'";
    const INSERT: &str = "
        insert into delivery.outbox (id, bot, chat, conversation, purpose, reminder, due_at, late, in_reply_to,
            priority, kind, edits, parts, enqueued_at, person)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::json, $14, $15)
        on conflict (id) do nothing";
    let (kind, edits) = match entry.parts.first() {
        Some(Outgoing::Edit { message_id, .. }) => ("edit", Some(message_id.0)),
        Some(Outgoing::AnswerPress { .. }) => ("answer_press", None),
        Some(Outgoing::Send(_)) | None => ("send", None),
    };
    if edits.is_some() {
        sqlx::query(SUPERSEDE)
            .bind(entry.bot)
            .bind(entry.chat.0)
            .bind(edits)
            .bind(entry.enqueued_at.to_sqlx())
            .execute(&mut *connection)
            .await
            .map_err(while_("collapse edits"))?;
    }
    let parts = serde_json::to_string(&entry.parts).map_err(|_| DeliveryError::Row { id: entry.id })?;
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
        .bind(kind)
        .bind(edits)
        .bind(parts)
        .bind(entry.enqueued_at.to_sqlx())
        .bind(entry.person.map(ToString::to_string))
        .execute(connection)
        .await
        .map_err(while_("fill the outbox"))?;
    Ok(())
}

fn priority(priority: Priority) -> i16 {
    match priority {
        Priority::Answer => 0,
        Priority::Alert => 1,
        Priority::Report => 2,
    }
}

/// The first waiting row of every chat, and every answer to a pressed button: who goes first comes first.
pub(super) async fn candidates(
    executor: impl PgExecutor<'_>,
    bot: i64,
    now: Timestamp,
) -> Result<Vec<Candidate>, DeliveryError> {
    const SQL: &str = "
        with first as (
            select distinct on (chat) id, chat, kind, priority, seq, state, not_before from delivery.outbox
            where bot = $1 and state in ('waiting', 'sending') and kind <> 'answer_press'
            order by chat, seq
        )
        select id, chat, kind from (
            select id, chat, kind, priority, seq from first where state = 'waiting' and not_before <= $2
            union all
            select id, chat, kind, priority, seq from delivery.outbox
            where bot = $1 and state = 'waiting' and kind = 'answer_press' and not_before <= $2
        ) as ready order by priority, seq limit $3";
    let now = now.to_sqlx();
    sqlx::query_as(SQL)
        .bind(bot)
        .bind(now)
        .bind(CANDIDATES_MAX)
        .fetch_all(executor)
        .await
        .map_err(while_("look what is to be sent"))
}

/// Makes rows ours; those that somebody else took meanwhile are left out.
pub(super) async fn claim(
    executor: impl PgExecutor<'_>,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<Vec<Claimed>, DeliveryError> {
    const SQL: &str = "
        with mine as (
            select id from delivery.outbox where id = any($1) and state = 'waiting' for update skip locked
        )
        update delivery.outbox set state = 'sending', lease_until = $2, fence = fence + 1, attempts = attempts + 1
        from mine where delivery.outbox.id = mine.id
        returning outbox.id, chat, fence, in_reply_to, parts::text as parts, parts_sent, attempts, enqueued_at";
    let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
    sqlx::query_as(SQL)
        .bind(ids)
        .bind(lease_until.to_sqlx())
        .fetch_all(executor)
        .await
        .map_err(while_("claim rows of the outbox"))
}

/// Notes what became of a claimed row. False: the lease was over and somebody else has it.
pub(super) async fn note(
    executor: impl PgExecutor<'_>,
    claimed: &Claimed,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool, DeliveryError> {
    const PART_SENT: &str = "
        update delivery.outbox set parts_sent = parts_sent + 1, attempts = 0, lease_until = null,
            sent_ids = case when $3::bigint is null then sent_ids else array_append(sent_ids, $3) end,
            state = case when parts_sent + 1 = json_array_length(parts) then 'sent' else 'waiting' end,
            settled_at = case when parts_sent + 1 = json_array_length(parts) then $4 else null::timestamptz end
        where id = $1 and fence = $2 and state = 'sending'";
    const LATER: &str = "
        update delivery.outbox set state = 'waiting', lease_until = null, not_before = $3,
            maybe_repeated = maybe_repeated or $4
        where id = $1 and fence = $2 and state = 'sending'";
    const FAILED: &str = "
        update delivery.outbox set state = 'failed', lease_until = null, reason = $3, settled_at = $4
        where id = $1 and fence = $2 and state = 'sending'";
    let query = match outcome {
        Outcome::PartSent(message) => sqlx::query(PART_SENT)
            .bind(claimed.id)
            .bind(claimed.fence)
            .bind(message.map(|message| message.0))
            .bind(now.to_sqlx()),
        Outcome::Later { at, maybe_repeated } => {
            sqlx::query(LATER).bind(claimed.id).bind(claimed.fence).bind(at.to_sqlx()).bind(*maybe_repeated)
        }
        Outcome::Failed(reason) => {
            sqlx::query(FAILED).bind(claimed.id).bind(claimed.fence).bind(*reason).bind(now.to_sqlx())
        }
    };
    let done = query.execute(executor).await.map_err(while_("note what became of a message"))?;
    Ok(done.rows_affected() == 1)
}

/// Everything that waits for a chat will not go out: nobody there hears us.
pub(super) async fn park(
    executor: impl PgExecutor<'_>,
    bot: i64,
    chat: ChatId,
    reason: &str,
    now: Timestamp,
) -> Result<u64, DeliveryError> {
    const SQL: &str = "
        update delivery.outbox set state = 'failed', reason = $3, settled_at = $4
        where bot = $1 and chat = $2 and state = 'waiting'";
    let query = sqlx::query(SQL).bind(bot).bind(chat.0).bind(reason).bind(now.to_sqlx());
    Ok(query.execute(executor).await.map_err(while_("park a chat"))?.rows_affected())
}

/// Rows whose sender was killed on the way go back, marked: whether Telegram took them nobody knows.
pub(super) async fn reclaim(
    executor: impl PgExecutor<'_>,
    bot: i64,
    all: bool,
    now: Timestamp,
) -> Result<u64, DeliveryError> {
    const SQL: &str = "
        update delivery.outbox set state = 'waiting', lease_until = null, maybe_repeated = true
        where bot = $1 and state = 'sending' and ($2 or lease_until < $3)";
    let query = sqlx::query(SQL).bind(bot).bind(all).bind(now.to_sqlx());
    Ok(query.execute(executor).await.map_err(while_("take back what was on its way"))?.rows_affected())
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
