//! Writes what a batch changed: one statement a table, rows in the order of their keys.

use std::collections::{BTreeMap, HashMap};

use chronogram_engine::ApplyError;
use chronogram_log::Position;
use chronogram_model::conversation::{MessageEdited, MessageReceived};
use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::PgConnection;

use super::fold::ConversationChange;
use crate::observed::{self, ContentColumns, Observed, ServiceColumns, column, json};

/// The columns of a message, without its key.
pub(super) struct MessageColumns {
    sender_person: Option<String>,
    sender_chat: Option<i64>,
    sent_at: Timestamp,
    received_at: Option<Timestamp>,
    assumed_zone: Option<String>,
    content: ContentColumns,
    reply_to: Option<i64>,
    reactions: String,
    via_bot: Option<String>,
    touched_at: Option<Timestamp>,
    edited_at: Option<Timestamp>,
    source: &'static str,
    position: i64,
    observations: i64,
}

impl MessageColumns {
    pub(super) fn of(message: MessageReceived, position: Position) -> Result<Self, ApplyError> {
        let (sender_person, sender_chat) = observed::sender(&message.sender);
        Ok(Self {
            sender_person,
            sender_chat,
            sent_at: message.sent_at.to_sqlx(),
            received_at: message.received_at.map(ToSqlx::to_sqlx),
            content: ContentColumns::of(message.content.readable(), position)?,
            reply_to: message.reply_to.map(|id| id.0),
            reactions: json(&message.reactions, position)?,
            touched_at: message.touched_at.map(ToSqlx::to_sqlx),
            edited_at: None,
            source: observed::source(message.source),
            position: position.as_i64(),
            observations: 1,
            assumed_zone: observed::assumed_zone(message.time),
            via_bot: message.via_bot,
        })
    }

    pub(super) fn edited(edit: MessageEdited, position: Position) -> Result<Self, ApplyError> {
        let edited_at = Some(edit.edited_at.to_sqlx());
        Ok(Self { edited_at, ..Self::of(edit.message, position)? })
    }
}

impl Observed for MessageColumns {
    fn observations(&mut self) -> &mut i64 {
        &mut self.observations
    }
}

/// Writes messages; gives how many of each conversation are new. (A row that this statement inserted has no `xmax`.)
pub(super) async fn messages(
    connection: &mut PgConnection,
    messages: BTreeMap<(String, i64), MessageColumns>,
) -> Result<HashMap<String, i64>, sqlx::Error> {
    const SQL: &str = "
        with written as (
            insert into message (conversation, message_id, sender_person, sender_chat, sent_at, received_at,
                assumed_zone, text, entities, media_kind, media, reply_to, forward, reactions, via_bot, touched_at,
                edited_at, nul_replaced, source, position, observations)
            select conversation, message_id, sender_person, sender_chat, sent_at, received_at,
                assumed_zone, text, entities::jsonb, media_kind, media::jsonb, reply_to, forward::jsonb,
                reactions::jsonb, via_bot, touched_at, edited_at, nul_replaced, source, position, observations
            from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[],
                $15::text[], $16::timestamptz[], $17::timestamptz[], $18::boolean[], $19::text[], $20::bigint[],
                $21::bigint[])
                as new (conversation, message_id, sender_person, sender_chat, sent_at, received_at,
                assumed_zone, text, entities, media_kind, media, reply_to, forward, reactions, via_bot, touched_at,
                edited_at, nul_replaced, source, position, observations)
            on conflict (conversation, message_id) do update set
                sender_person = excluded.sender_person, sender_chat = excluded.sender_chat,
                sent_at = excluded.sent_at, received_at = excluded.received_at,
                assumed_zone = excluded.assumed_zone, text = excluded.text, entities = excluded.entities,
                media_kind = excluded.media_kind, media = excluded.media, reply_to = excluded.reply_to,
                forward = excluded.forward, reactions = excluded.reactions, via_bot = excluded.via_bot,
                touched_at = excluded.touched_at,
                edited_at = coalesce(excluded.edited_at, message.edited_at), nul_replaced = excluded.nul_replaced, source = excluded.source,
                position = excluded.position, observations = message.observations + excluded.observations
            returning conversation, xmax = 0 as is_new
        )
        select conversation, count(*) from written where is_new group by conversation";
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let (keys, rows): (Vec<(String, i64)>, Vec<MessageColumns>) = messages.into_iter().unzip();
    let new: Vec<(String, i64)> = sqlx::query_as(SQL)
        .bind(column(&keys, |(conversation, _)| conversation.as_str()))
        .bind(column(&keys, |(_, message)| *message))
        .bind(column(&rows, |row| row.sender_person.as_deref()))
        .bind(column(&rows, |row| row.sender_chat))
        .bind(column(&rows, |row| row.sent_at))
        .bind(column(&rows, |row| row.received_at))
        .bind(column(&rows, |row| row.assumed_zone.as_deref()))
        .bind(column(&rows, |row| row.content.text.as_deref()))
        .bind(column(&rows, |row| row.content.entities.as_str()))
        .bind(column(&rows, |row| row.content.media_kind.as_deref()))
        .bind(column(&rows, |row| row.content.media.as_deref()))
        .bind(column(&rows, |row| row.reply_to))
        .bind(column(&rows, |row| row.content.forward.as_deref()))
        .bind(column(&rows, |row| row.reactions.as_str()))
        .bind(column(&rows, |row| row.via_bot.as_deref()))
        .bind(column(&rows, |row| row.touched_at))
        .bind(column(&rows, |row| row.edited_at))
        .bind(column(&rows, |row| row.content.nul_replaced))
        .bind(column(&rows, |row| row.source))
        .bind(column(&rows, |row| row.position))
        .bind(column(&rows, |row| row.observations))
        .fetch_all(connection)
        .await?;
    Ok(new.into_iter().collect())
}

/// Writes service entries.
pub(super) async fn service_messages(
    connection: &mut PgConnection,
    entries: BTreeMap<(String, i64), ServiceColumns>,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into service_message (conversation, message_id, action, actor_person, actor_chat, happened_at, details,
            source, position, observations)
        select conversation, message_id, action, actor_person, actor_chat, happened_at, details::jsonb,
            source, position, observations
        from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[],
            $8::text[], $9::bigint[], $10::bigint[])
            as new (conversation, message_id, action, actor_person, actor_chat, happened_at, details,
            source, position, observations)
        on conflict (conversation, message_id) do update set
            action = excluded.action, actor_person = excluded.actor_person, actor_chat = excluded.actor_chat,
            happened_at = excluded.happened_at, details = excluded.details, source = excluded.source,
            position = excluded.position, observations = service_message.observations + excluded.observations";
    if entries.is_empty() {
        return Ok(());
    }
    let (keys, rows): (Vec<(String, i64)>, Vec<ServiceColumns>) = entries.into_iter().unzip();
    sqlx::query(SQL)
        .bind(column(&keys, |(conversation, _)| conversation.as_str()))
        .bind(column(&keys, |(_, message)| *message))
        .bind(column(&rows, |row| row.action.as_str()))
        .bind(column(&rows, |row| row.actor_person.as_deref()))
        .bind(column(&rows, |row| row.actor_chat))
        .bind(column(&rows, |row| row.happened_at))
        .bind(column(&rows, |row| row.details.as_deref()))
        .bind(column(&rows, |row| row.source))
        .bind(column(&rows, |row| row.position))
        .bind(column(&rows, |row| row.observations))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes conversations: first what every event of theirs brings, then openings and titles where there were any.
pub(super) async fn conversations(
    connection: &mut PgConnection,
    changes: BTreeMap<String, ConversationChange>,
    new_messages: &HashMap<String, i64>,
) -> Result<(), sqlx::Error> {
    // least and greatest pass over nulls.
    const TOUCH: &str = "
        insert into conversation (id, kind, first_message_at, last_message_at, messages_count, last_position)
        select id, kind, first_at, coalesce(last_at, 'epoch'), messages_count, last_position
        from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::bigint[])
            as new (id, kind, first_at, last_at, messages_count, last_position)
        on conflict (id) do update set
            first_message_at = least(conversation.first_message_at, excluded.first_message_at),
            last_message_at = greatest(conversation.last_message_at, excluded.last_message_at),
            messages_count = conversation.messages_count + excluded.messages_count,
            last_position = excluded.last_position";
    const OPEN: &str = "
        update conversation set kind = new.kind, opened_at = coalesce(conversation.opened_at, new.at)
        from unnest($1::text[], $2::text[], $3::timestamptz[]) as new (id, kind, at) where conversation.id = new.id";
    const DESCRIBE: &str = "
        update conversation set title = new.title, title_person = new.person
        from unnest($1::text[], $2::text[], $3::text[]) as new (id, title, person) where conversation.id = new.id";
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, ConversationChange)> = changes.into_iter().collect();
    sqlx::query(TOUCH)
        .bind(column(&rows, |(id, _)| id.as_str()))
        .bind(column(&rows, |(_, change)| change.assumed_kind.as_str()))
        .bind(column(&rows, |(_, change)| change.sent.map(|sent| sent.first.to_sqlx())))
        .bind(column(&rows, |(_, change)| change.sent.map(|sent| sent.last.to_sqlx())))
        .bind(column(&rows, |(id, _)| new_messages.get(id).copied().unwrap_or_default()))
        .bind(column(&rows, |(_, change)| change.last_position.as_i64()))
        .execute(&mut *connection)
        .await?;

    let opened: Vec<_> = rows.iter().filter_map(|(id, change)| Some((id, change.opened?))).collect();
    if !opened.is_empty() {
        sqlx::query(OPEN)
            .bind(column(&opened, |(id, _)| id.as_str()))
            .bind(column(&opened, |(_, (kind, _))| kind.as_str()))
            .bind(column(&opened, |(_, (_, at))| at.to_sqlx()))
            .execute(&mut *connection)
            .await?;
    }
    let described: Vec<_> = rows.iter().filter_map(|(id, change)| Some((id, change.described.as_ref()?))).collect();
    if !described.is_empty() {
        sqlx::query(DESCRIBE)
            .bind(column(&described, |(id, _)| id.as_str()))
            .bind(column(&described, |(_, (title, _))| title.as_deref()))
            .bind(column(&described, |(_, (_, person))| person.as_deref()))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Blanks the words of a person, into what folding them erased gives.
pub(super) async fn erase(connection: &mut PgConnection, person: &str) -> Result<(), sqlx::Error> {
    const MESSAGES: &str = "
        update message set text = null, entities = '[]', media_kind = null, media = null, forward = null,
            nul_replaced = false
        where sender_person = $1";
    const SERVICE_MESSAGES: &str = "update service_message set details = null where actor_person = $1";
    const TITLES: &str = "update conversation set title = null where title_person = $1";
    const REPLIES: &str = "update reply set text = null, kind = 'send' where person = $1";
    for sql in [MESSAGES, SERVICE_MESSAGES, TITLES, REPLIES] {
        sqlx::query(sql).bind(person).execute(&mut *connection).await?;
    }
    Ok(())
}
