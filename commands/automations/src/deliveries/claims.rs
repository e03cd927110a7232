//! Rows on their way: who may go, claimed, and what became of them. Each function is one statement.

use chronogram_model::{MessageId, conversation::Outgoing};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{AssertSqlSafe, PgExecutor, types::Uuid};

use super::{DeliveryError, while_};

/// One who leads no more does nothing: frozen, it may not know yet that another has taken over. `$1` is the process of
/// Postgres that holds its lock.
const LEADS: &str = "exists (select from pg_stat_activity where pid = $1 and datname = current_database() \
    and application_name = 'chronogram deliveries')";

/// How long a claimed row belongs to who claimed it: longer than the slowest upload takes.
const LEASE: SignedDuration = SignedDuration::from_secs(300);

/// Rows of each priority looked at when something is to be sent: several seconds' worth.
const CANDIDATES_MAX: i64 = 100;

/// A row that may be sent now, as far as the database knows.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Candidate {
    pub(super) id: Uuid,
    pub(super) chat: i64,
    pub(super) kind: String,
    pub(super) priority: i16,
    /// How many messages its next part becomes.
    pub(super) messages: i16,
}

impl Candidate {
    /// An answer to a pressed button is no message: Telegram does not count it.
    pub(super) fn is_counted(&self) -> bool {
        self.kind != "answer_press"
    }

    /// Whether bytes may have to be sent.
    pub(super) fn is_upload(&self) -> bool {
        matches!(self.kind.as_str(), "photo" | "document" | "voice" | "media_group")
    }
}

/// A row that is ours to send, until its lease ends.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) bot: i64,
    pub(super) chat: i64,
    pub(super) topic: Option<i64>,
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
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its next part went out, as these messages where it is any.
    PartSent(Vec<MessageId>),
    /// Not now: another try at that moment.
    Later { at: Timestamp, maybe_repeated: bool },
    /// The topic is gone: once more, to the chat as such.
    WithoutTopic,
    /// It will not go out.
    Failed(&'static str),
}

/// The first waiting row of every chat, and every answer to a pressed button: who goes first comes first. In a chat the
/// more urgent come first, and those that are equally urgent in their order; while one is on its way the others wait.
///
/// Nothing of the chats in `closed`; and of those in `held` not even an answer to a button. They are left out here, so
/// that however many they are, the others are seen.
pub(super) async fn candidates(
    executor: impl PgExecutor<'_>,
    bot: i64,
    now: Timestamp,
    closed: &[i64],
    held: &[i64],
) -> Result<Vec<Candidate>, DeliveryError> {
    // A wait that began later than now began before the clock was put back: it is over.
    const SQL: &str = "
        with first as (
            select distinct on (chat) id, chat, kind, priority, seq, not_before, delayed_at,
                case when parts_sent = 0 then messages else 1::smallint end as messages
            from delivery.outbox as waiting
            where bot = $1 and state = 'waiting' and kind <> 'answer_press' and chat <> all($4)
                and not exists (select from delivery.outbox as ahead where ahead.bot = $1 and ahead.chat = waiting.chat
                    and ahead.state = 'sending' and ahead.kind <> 'answer_press')
            order by chat, priority, seq
        ), ready as (
            select id, chat, kind, priority, messages, seq from first where not_before <= $2 or delayed_at > $2
            union all
            select id, chat, kind, priority, messages, seq from delivery.outbox
            where bot = $1 and state = 'waiting' and kind = 'answer_press' and chat <> all($5)
                and (not_before <= $2 or delayed_at > $2)
        )
        select id, chat, kind, priority, messages from (
            select *, row_number() over (partition by priority order by seq) as place from ready
        ) as placed where place <= $3 order by priority, seq";
    sqlx::query_as(SQL)
        .bind(bot)
        .bind(now.to_sqlx())
        .bind(CANDIDATES_MAX)
        .bind(closed)
        .bind(held)
        .fetch_all(executor)
        .await
        .map_err(while_("look what is to be sent"))
}

/// Makes rows ours; those that somebody else took meanwhile are left out, and all of them where another leads.
pub(super) async fn claim(
    executor: impl PgExecutor<'_>,
    leader: i32,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<Vec<Claimed>, DeliveryError> {
    let sql = format!(
        "with mine as (
            select id from delivery.outbox where id = any($2) and state = 'waiting' and {LEADS} for update skip locked
        )
        update delivery.outbox set state = 'sending', lease_until = $3, fence = fence + 1,
            attempts = least(attempts, 32000) + 1
        from mine where delivery.outbox.id = mine.id
        returning outbox.id, bot, chat, topic, fence, in_reply_to, parts::text as parts, parts_sent, attempts,
            enqueued_at"
    );
    let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(leader)
        .bind(ids)
        .bind(lease_until.to_sqlx())
        .fetch_all(executor)
        .await
        .map_err(while_("claim rows of the outbox"))
}

/// Notes what became of a claimed row. False: somebody else has it by now.
pub(super) async fn note(
    executor: impl PgExecutor<'_>,
    claimed: &Claimed,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool, DeliveryError> {
    const PART_SENT: &str = "
        update delivery.outbox set parts_sent = parts_sent + 1, attempts = 0, lease_until = null,
            sent_ids = sent_ids || $3,
            state = case when parts_sent + 1 = json_array_length(parts) then 'sent' else 'waiting' end,
            settled_at = case when parts_sent + 1 = json_array_length(parts) then $4 else null::timestamptz end
        where id = $1 and fence = $2 and state = 'sending'";
    const LATER: &str = "
        update delivery.outbox set state = 'waiting', lease_until = null, not_before = $3, delayed_at = $5,
            maybe_repeated = maybe_repeated or $4
        where id = $1 and fence = $2 and state = 'sending'";
    const WITHOUT_TOPIC: &str = "
        update delivery.outbox set state = 'waiting', lease_until = null, topic = null
        where id = $1 and fence = $2 and state = 'sending'";
    const FAILED: &str = "
        update delivery.outbox set state = 'failed', lease_until = null, reason = $3, settled_at = $4
        where id = $1 and fence = $2 and state = 'sending'";
    let on = |sql| sqlx::query(sql).bind(claimed.id).bind(claimed.fence);
    let query = match outcome {
        Outcome::PartSent(messages) => {
            on(PART_SENT).bind(messages.iter().map(|message| message.0).collect::<Vec<_>>()).bind(now.to_sqlx())
        }
        Outcome::Later { at, maybe_repeated } => on(LATER).bind(at.to_sqlx()).bind(*maybe_repeated).bind(now.to_sqlx()),
        Outcome::WithoutTopic => on(WITHOUT_TOPIC),
        Outcome::Failed(reason) => on(FAILED).bind(*reason).bind(now.to_sqlx()),
    };
    let done = query.execute(executor).await.map_err(while_("note what became of a message"))?;
    Ok(done.rows_affected() == 1)
}

/// Rows that stand as on their way and are not: their sender was killed, or broke off without a word. They go back,
/// marked, for whether Telegram took them nobody knows. What is `under_way` with us is, whatever the clock says of it.
pub(super) async fn reclaim(
    executor: impl PgExecutor<'_>,
    leader: i32,
    bot: i64,
    under_way: &[Uuid],
) -> Result<u64, DeliveryError> {
    let sql = format!(
        "update delivery.outbox set state = 'waiting', lease_until = null, maybe_repeated = true
        where bot = $2 and state = 'sending' and id <> all($3) and {LEADS}"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(leader).bind(bot).bind(under_way);
    Ok(query.execute(executor).await.map_err(while_("take back what was on its way"))?.rows_affected())
}
