//! Writes what a batch changed of people: one statement a table, rows in the order of their keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::fold::{PersonChange, Profile};
use crate::observed::{Stretch, column};

/// New messages by person and conversation.
pub(super) type NewMessages = HashMap<(String, String), i64>;

/// Keeps who wrote which message; gives how many of them were not known before.
pub(super) async fn messages(
    connection: &mut PgConnection,
    messages: BTreeSet<(String, String, i64)>,
) -> Result<NewMessages, sqlx::Error> {
    const SQL: &str = "
        with written as (
            insert into person_message (person, conversation, message_id)
            select * from unnest($1::text[], $2::text[], $3::bigint[])
            on conflict do nothing
            returning person, conversation
        )
        select person, conversation, count(*) from written group by person, conversation";
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, String, i64)> = messages.into_iter().collect();
    let new: Vec<(String, String, i64)> = sqlx::query_as(SQL)
        .bind(column(&rows, |(person, _, _)| person.as_str()))
        .bind(column(&rows, |(_, conversation, _)| conversation.as_str()))
        .bind(column(&rows, |(_, _, message)| *message))
        .fetch_all(connection)
        .await?;
    Ok(new.into_iter().map(|(person, conversation, count)| ((person, conversation), count)).collect())
}

/// Writes people's parts in conversations; gives how many of each person are new. (A row that this statement inserted
/// has no `xmax`.)
pub(super) async fn conversations(
    connection: &mut PgConnection,
    parts: BTreeMap<(String, String), Stretch>,
    new_messages: &NewMessages,
) -> Result<HashMap<String, i64>, sqlx::Error> {
    const SQL: &str = "
        with written as (
            insert into person_conversation (person, conversation, messages_count, first_message_at, last_message_at)
            select * from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
            on conflict (person, conversation) do update set
                messages_count = person_conversation.messages_count + excluded.messages_count,
                first_message_at = least(person_conversation.first_message_at, excluded.first_message_at),
                last_message_at = greatest(person_conversation.last_message_at, excluded.last_message_at)
            returning person, xmax = 0 as is_new
        )
        select person, count(*) from written where is_new group by person";
    if parts.is_empty() {
        return Ok(HashMap::new());
    }
    let (keys, sent): (Vec<(String, String)>, Vec<Stretch>) = parts.into_iter().unzip();
    let new: Vec<(String, i64)> = sqlx::query_as(SQL)
        .bind(column(&keys, |(person, _)| person.as_str()))
        .bind(column(&keys, |(_, conversation)| conversation.as_str()))
        .bind(column(&keys, |key| new_messages.get(key).copied().unwrap_or_default()))
        .bind(column(&sent, |sent| sent.first.to_sqlx()))
        .bind(column(&sent, |sent| sent.last.to_sqlx()))
        .fetch_all(connection)
        .await?;
    Ok(new.into_iter().collect())
}

/// Writes people: first what every event of theirs brings, then names and profiles where they changed.
pub(super) async fn people(
    connection: &mut PgConnection,
    changes: BTreeMap<String, PersonChange>,
    new_messages: &NewMessages,
    new_conversations: &HashMap<String, i64>,
) -> Result<(), sqlx::Error> {
    // least and greatest pass over nulls.
    const TOUCH: &str = "
        insert into person (id, language, chosen_language, time_zone, premium, first_seen_at, last_seen_at, first_message_at, last_message_at,
            messages_count, conversations_count, last_position)
        select id, language, chosen_language, time_zone, premium, first_seen_at, coalesce(last_seen_at, 'epoch'), first_message_at, last_message_at,
            messages_count, conversations_count, last_position
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
            $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[])
            as new (id, language, chosen_language, time_zone, first_seen_at, last_seen_at, first_message_at, last_message_at,
            messages_count, conversations_count, last_position, premium)
        on conflict (id) do update set
            language = coalesce(excluded.language, person.language),
            chosen_language = coalesce(excluded.chosen_language, person.chosen_language),
            time_zone = coalesce(excluded.time_zone, person.time_zone),
            premium = coalesce(excluded.premium, person.premium),
            first_seen_at = least(person.first_seen_at, excluded.first_seen_at),
            last_seen_at = greatest(person.last_seen_at, excluded.last_seen_at),
            first_message_at = least(person.first_message_at, excluded.first_message_at),
            last_message_at = greatest(person.last_message_at, excluded.last_message_at),
            messages_count = person.messages_count + excluded.messages_count,
            conversations_count = person.conversations_count + excluded.conversations_count,
            last_position = excluded.last_position";
    if changes.is_empty() {
        return Ok(());
    }
    let mut messages: HashMap<&str, i64> = HashMap::new();
    for ((person, _), count) in new_messages {
        *messages.entry(person).or_default() += count;
    }
    let rows: Vec<(String, PersonChange)> = changes.into_iter().collect();
    sqlx::query(TOUCH)
        .bind(column(&rows, |(id, _)| id.as_str()))
        .bind(column(&rows, |(_, change)| change.language.as_deref()))
        .bind(column(&rows, |(_, change)| change.chosen_language.as_deref()))
        .bind(column(&rows, |(_, change)| change.time_zone.as_deref()))
        .bind(column(&rows, |(_, change)| change.seen.map(|seen| seen.first.to_sqlx())))
        .bind(column(&rows, |(_, change)| change.seen.map(|seen| seen.last.to_sqlx())))
        .bind(column(&rows, |(_, change)| change.sent.map(|sent| sent.first.to_sqlx())))
        .bind(column(&rows, |(_, change)| change.sent.map(|sent| sent.last.to_sqlx())))
        .bind(column(&rows, |(id, _)| messages.get(id.as_str()).copied().unwrap_or_default()))
        .bind(column(&rows, |(id, _)| new_conversations.get(id).copied().unwrap_or_default()))
        .bind(column(&rows, |(_, change)| change.last_position.as_i64()))
        .bind(column(&rows, |(_, change)| change.premium))
        .execute(&mut *connection)
        .await?;
    names(connection, &rows).await?;
    vips(connection, &rows).await?;
    profiles(connection, &rows).await
}

async fn names(connection: &mut PgConnection, rows: &[(String, PersonChange)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update person set display_name = new.display_name, username = new.username,
            left_alone = nullif(left_alone, 'erased')
        from unnest($1::text[], $2::text[], $3::text[]) as new (id, display_name, username)
        where person.id = new.id";
    let named: Vec<_> = rows.iter().filter_map(|(id, change)| Some((id, change.name.as_ref()?))).collect();
    if named.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(&named, |(id, _)| id.as_str()))
        .bind(column(&named, |(_, name)| name.display.as_deref()))
        .bind(column(&named, |(_, name)| name.username.as_deref()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn vips(connection: &mut PgConnection, rows: &[(String, PersonChange)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update person set vip = new.vip from unnest($1::text[], $2::boolean[]) as new (id, vip) where person.id = new.id";
    let changed: Vec<_> = rows.iter().filter_map(|(id, change)| Some((id, change.vip?))).collect();
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(&changed, |(id, _)| id.as_str()))
        .bind(column(&changed, |(_, vip)| *vip))
        .execute(connection)
        .await?;
    Ok(())
}

async fn profiles(connection: &mut PgConnection, rows: &[(String, PersonChange)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update person set has_profile = new.at is not null, profile_enriched_at = new.at,
            profile_strategy = new.strategy, profile_digest = new.digest,
            left_alone = case when new.at is null then 'cleared' end
        from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) as new (id, at, strategy, digest)
        where person.id = new.id";
    let changed: Vec<_> = rows
        .iter()
        .filter_map(|(id, change)| match change.profile.as_ref()? {
            Profile::Enriched { at, strategy, digest } => Some((id, Some((at, strategy, digest)))),
            Profile::Cleared => Some((id, None)),
        })
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(&changed, |(id, _)| id.as_str()))
        .bind(column(&changed, |(_, enriched)| enriched.map(|(at, _, _)| at.to_sqlx())))
        .bind(column(&changed, |(_, enriched)| enriched.map(|(_, strategy, _)| strategy.as_str())))
        .bind(column(&changed, |(_, enriched)| enriched.map(|(_, _, digest)| digest.as_str())))
        .execute(connection)
        .await?;
    Ok(())
}

/// Blanks what is known of a person but numbers, which are nobody's words.
pub(super) async fn erase(connection: &mut PgConnection, person: &str, position: i64) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update person set display_name = null, username = null, language = null, chosen_language = null,
            time_zone = null, has_profile = false, profile_enriched_at = null, profile_strategy = null,
            profile_digest = null, vip = false, premium = null, left_alone = 'erased', last_position = $2
        where id = $1";
    sqlx::query(SQL).bind(person).bind(position).execute(connection).await?;
    Ok(())
}
