//! Chats that do not hear us, and groups that go on under another id.

use chronogram_handlers::Context;
use chronogram_log::Actor;
use chronogram_model::{
    ChatId, ConversationId, Origin, PersonId,
    conversation::{BotBlocked, ChatKind, ConversationMigrated, Happening, TalkCommand},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgExecutor, types::Uuid};

use super::{DeliveryError, Shared, while_};

/// A chat that the bot is blocked in: nothing is tried there until it is let in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkedChat {
    /// Whose.
    pub bot: i64,
    /// Which.
    pub chat: ChatId,
    /// Since when.
    pub since: Timestamp,
}

/// Chats that are parked, those parked last first, at most `limit`.
pub async fn parked_chats(executor: impl PgExecutor<'_>, limit: u32) -> Result<Vec<ParkedChat>, DeliveryError> {
    const SQL: &str = "select bot, chat, since from delivery.parked_chat order by since desc, bot, chat limit $1";
    let rows: Vec<(i64, i64, jiff_sqlx::Timestamp)> =
        sqlx::query_as(SQL).bind(i64::from(limit)).fetch_all(executor).await.map_err(while_("list parked chats"))?;
    let parked = |(bot, chat, since): (i64, i64, jiff_sqlx::Timestamp)| ParkedChat {
        bot,
        chat: ChatId(chat),
        since: since.to_jiff(),
    };
    Ok(rows.into_iter().map(parked).collect())
}

/// Nobody there hears us: what waits for the chat will not go out, nor what is asked for from now on.
pub(super) async fn park(
    executor: impl PgExecutor<'_>,
    bot: i64,
    chat: ChatId,
    since: Timestamp,
) -> Result<(), DeliveryError> {
    const SQL: &str = "
        with parked as (
            insert into delivery.parked_chat (bot, chat, since) values ($1, $2, $3) on conflict (bot, chat) do nothing
        )
        update delivery.outbox set state = 'failed', reason = 'blocked', settled_at = $3
        where bot = $1 and chat = $2 and state = 'waiting'";
    let query = sqlx::query(SQL).bind(bot).bind(chat.0).bind(since.to_sqlx());
    query.execute(executor).await.map_err(while_("park a chat"))?;
    Ok(())
}

/// What waits for the chat will not go out; what is asked for from now on is tried.
pub(super) async fn fail_waiting(
    executor: impl PgExecutor<'_>,
    bot: i64,
    chat: ChatId,
    at: Timestamp,
) -> Result<(), DeliveryError> {
    const SQL: &str = "
        update delivery.outbox set state = 'failed', reason = 'blocked', settled_at = $3
        where bot = $1 and chat = $2 and state = 'waiting'";
    let query = sqlx::query(SQL).bind(bot).bind(chat.0).bind(at.to_sqlx());
    query.execute(executor).await.map_err(while_("fail what waits for a chat"))?;
    Ok(())
}

/// They hear us again.
pub(super) async fn unpark(executor: impl PgExecutor<'_>, bot: i64, chat: ChatId) -> Result<(), DeliveryError> {
    const SQL: &str = "delete from delivery.parked_chat where bot = $1 and chat = $2";
    sqlx::query(SQL).bind(bot).bind(chat.0).execute(executor).await.map_err(while_("unpark a chat"))?;
    Ok(())
}

/// A group goes on as a supergroup: what waits for it goes there. Its messages stay behind, so there is nothing of
/// them to edit or to answer.
pub(super) async fn migrate(
    executor: impl PgExecutor<'_>,
    bot: i64,
    chat: ChatId,
    to: ChatId,
    at: Timestamp,
) -> Result<(), DeliveryError> {
    const SQL: &str = "
        with migrated as (
            insert into delivery.migrated_chat (bot, chat, became) values ($1, $2, $3)
            on conflict (bot, chat) do update set became = excluded.became
        )
        update delivery.outbox set chat = $3, in_reply_to = null, topic = null,
            state = case when kind = 'edit' then 'failed' else state end,
            reason = case when kind = 'edit' then 'migrated' end,
            settled_at = case when kind = 'edit' then $4 end
        where bot = $1 and chat = $2 and state = 'waiting'";
    let query = sqlx::query(SQL).bind(bot).bind(chat.0).bind(to.0).bind(at.to_sqlx());
    query.execute(executor).await.map_err(while_("re-address what waits for a group"))?;
    Ok(())
}

/// A private chat refused us. The log hears of it first, and [`super::fill`] parks the chat when it reads that, in the
/// order of the log: so whoever lets the bot in again afterwards is heard afterwards.
pub(super) async fn note_blocked(shared: &Shared, row: Uuid, chat: ChatId, at: Timestamp) -> Result<(), DeliveryError> {
    let person = PersonId::Telegram(chat.0);
    let what = Happening::Block(BotBlocked { person, blocked_at: at });
    if !tell(shared, row, chat, ChatKind::Private, what).await? {
        // The log knew it from the time before chats were parked.
        park(&shared.parts.pool, shared.parts.bot, chat, at).await?;
    }
    Ok(())
}

/// A group has another id now: the log hears of it, and what waits for it is re-addressed.
pub(super) async fn note_migrated(
    shared: &Shared,
    row: Uuid,
    chat: ChatId,
    to: ChatId,
    at: Timestamp,
) -> Result<(), DeliveryError> {
    let what = Happening::Migrate(ConversationMigrated { to, migrated_at: at });
    tell(shared, row, chat, ChatKind::Group, what).await?;
    migrate(&shared.parts.pool, shared.parts.bot, chat, to, at).await
}

/// True: it was news to the log.
async fn tell(
    shared: &Shared,
    row: Uuid,
    chat: ChatId,
    kind: ChatKind,
    what: Happening,
) -> Result<bool, DeliveryError> {
    let conversation = ConversationId::Bot { bot: shared.parts.bot, chat };
    let context = Context::new(Origin::of(&["outbox", &row.to_string()]), Actor::Automation("deliveries".to_owned()));
    let told = shared.talk.handle(&TalkCommand { conversation, kind, what }, &context).await;
    told.map(|handled| !handled.events.is_empty()).map_err(|error| DeliveryError::Note(Box::new(error)))
}
