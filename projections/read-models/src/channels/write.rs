//! Writes what a batch changed: one statement a table, rows in the order of their keys.

use std::collections::{BTreeMap, HashMap};

use chronogram_engine::ApplyError;
use chronogram_log::Position;
use chronogram_model::channel::PostObserved;
use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::PgConnection;

use super::fold::{ChannelChange, Tracking};
use crate::observed::{self, ContentColumns, Observed, ServiceColumns, column, count, json};

/// The columns of a post, without its key.
pub(super) struct PostColumns {
    posted_at: Timestamp,
    assumed_zone: Option<String>,
    author: Option<String>,
    content: ContentColumns,
    reply_to: Option<i64>,
    reactions: String,
    reactions_total: i64,
    touched_at: Option<Timestamp>,
    source: &'static str,
    position: i64,
    observations: i64,
}

impl PostColumns {
    pub(super) fn of(post: PostObserved, position: Position) -> Result<Self, ApplyError> {
        Ok(Self {
            posted_at: post.posted_at.to_sqlx(),
            content: ContentColumns::of(Some(&post.content), position)?,
            reply_to: post.reply_to.map(|id| id.0),
            reactions: json(&post.reactions, position)?,
            reactions_total: count(post.reactions.iter().fold(0, |sum: u64, each| sum.saturating_add(each.count))),
            touched_at: post.touched_at.map(ToSqlx::to_sqlx),
            source: observed::source(post.source),
            position: position.as_i64(),
            observations: 1,
            assumed_zone: observed::assumed_zone(Some(post.time)),
            author: post.author,
        })
    }
}

impl Observed for PostColumns {
    fn observations(&mut self) -> &mut i64 {
        &mut self.observations
    }
}

/// Writes posts; gives how many of each channel are new. (A row that this statement inserted has no `xmax`.)
pub(super) async fn posts(
    connection: &mut PgConnection,
    posts: BTreeMap<(i64, i64), PostColumns>,
) -> Result<HashMap<i64, i64>, sqlx::Error> {
    const SQL: &str = "
        with written as (
            insert into post (channel, post_id, posted_at, assumed_zone, author, text, entities, media_kind, media,
                reply_to, forward, reactions, reactions_total, touched_at, nul_replaced, source, position,
                observations)
            select channel, post_id, posted_at, assumed_zone, author, text, entities::jsonb, media_kind, media::jsonb,
                reply_to, forward::jsonb, reactions::jsonb, reactions_total, touched_at, nul_replaced, source,
                position, observations
            from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::timestamptz[],
                $15::boolean[], $16::text[], $17::bigint[], $18::bigint[])
                as new (channel, post_id, posted_at, assumed_zone, author, text, entities, media_kind, media,
                reply_to, forward, reactions, reactions_total, touched_at, nul_replaced, source, position,
                observations)
            on conflict (channel, post_id) do update set
                posted_at = excluded.posted_at, assumed_zone = excluded.assumed_zone, author = excluded.author,
                text = excluded.text, entities = excluded.entities, media_kind = excluded.media_kind,
                media = excluded.media, reply_to = excluded.reply_to, forward = excluded.forward,
                reactions = excluded.reactions, reactions_total = excluded.reactions_total,
                touched_at = excluded.touched_at, nul_replaced = excluded.nul_replaced, source = excluded.source,
                position = excluded.position, observations = post.observations + excluded.observations
            returning channel, xmax = 0 as is_new
        )
        select channel, count(*) from written where is_new group by channel";
    if posts.is_empty() {
        return Ok(HashMap::new());
    }
    let (keys, rows): (Vec<(i64, i64)>, Vec<PostColumns>) = posts.into_iter().unzip();
    let new: Vec<(i64, i64)> = sqlx::query_as(SQL)
        .bind(column(&keys, |(channel, _)| *channel))
        .bind(column(&keys, |(_, post)| *post))
        .bind(column(&rows, |row| row.posted_at))
        .bind(column(&rows, |row| row.assumed_zone.as_deref()))
        .bind(column(&rows, |row| row.author.as_deref()))
        .bind(column(&rows, |row| row.content.text.as_deref()))
        .bind(column(&rows, |row| row.content.entities.as_str()))
        .bind(column(&rows, |row| row.content.media_kind.as_deref()))
        .bind(column(&rows, |row| row.content.media.as_deref()))
        .bind(column(&rows, |row| row.reply_to))
        .bind(column(&rows, |row| row.content.forward.as_deref()))
        .bind(column(&rows, |row| row.reactions.as_str()))
        .bind(column(&rows, |row| row.reactions_total))
        .bind(column(&rows, |row| row.touched_at))
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
    entries: BTreeMap<(i64, i64), ServiceColumns>,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into channel_service_message (channel, message_id, action, actor_person, actor_chat, happened_at,
            details, source, position, observations)
        select channel, message_id, action, actor_person, actor_chat, happened_at, details::jsonb,
            source, position, observations
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[],
            $8::text[], $9::bigint[], $10::bigint[])
            as new (channel, message_id, action, actor_person, actor_chat, happened_at, details,
            source, position, observations)
        on conflict (channel, message_id) do update set
            action = excluded.action, actor_person = excluded.actor_person, actor_chat = excluded.actor_chat,
            happened_at = excluded.happened_at, details = excluded.details, source = excluded.source,
            position = excluded.position,
            observations = channel_service_message.observations + excluded.observations";
    if entries.is_empty() {
        return Ok(());
    }
    let (keys, rows): (Vec<(i64, i64)>, Vec<ServiceColumns>) = entries.into_iter().unzip();
    sqlx::query(SQL)
        .bind(column(&keys, |(channel, _)| *channel))
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

/// Writes channels: first what is observed of them, then whether they are tracked, where that changed.
pub(super) async fn channels(
    connection: &mut PgConnection,
    changes: BTreeMap<i64, ChannelChange>,
    new_posts: &HashMap<i64, i64>,
) -> Result<(), sqlx::Error> {
    // least and greatest pass over nulls.
    const TOUCH: &str = "
        insert into channel (id, username, title, public, first_post_at, last_post_at, posts_count, last_position)
        select * from unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[], $6::timestamptz[],
            $7::bigint[], $8::bigint[])
        on conflict (id) do update set
            username = coalesce(excluded.username, channel.username),
            title = coalesce(excluded.title, channel.title),
            public = coalesce(excluded.public, channel.public),
            first_post_at = least(channel.first_post_at, excluded.first_post_at),
            last_post_at = greatest(channel.last_post_at, excluded.last_post_at),
            posts_count = channel.posts_count + excluded.posts_count,
            last_position = excluded.last_position";
    const TRACK: &str = "
        update channel set tracked = new.since is not null, tracked_at = new.since
        from unnest($1::bigint[], $2::timestamptz[]) as new (id, since) where channel.id = new.id";
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, ChannelChange)> = changes.into_iter().collect();
    sqlx::query(TOUCH)
        .bind(column(&rows, |(id, _)| *id))
        .bind(column(&rows, |(_, change)| change.username.as_deref()))
        .bind(column(&rows, |(_, change)| change.title.as_deref()))
        .bind(column(&rows, |(_, change)| change.public))
        .bind(column(&rows, |(_, change)| change.posted.map(|posted| posted.first.to_sqlx())))
        .bind(column(&rows, |(_, change)| change.posted.map(|posted| posted.last.to_sqlx())))
        .bind(column(&rows, |(id, _)| new_posts.get(id).copied().unwrap_or_default()))
        .bind(column(&rows, |(_, change)| change.last_position.as_i64()))
        .execute(&mut *connection)
        .await?;

    let tracking: Vec<_> = rows.iter().filter_map(|(id, change)| Some((*id, change.tracking?))).collect();
    if !tracking.is_empty() {
        let since = |tracking: &Tracking| match tracking {
            Tracking::Since(at) => Some(at.to_sqlx()),
            Tracking::No => None,
        };
        sqlx::query(TRACK)
            .bind(column(&tracking, |(id, _)| *id))
            .bind(column(&tracking, |(_, tracking)| since(tracking)))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Blanks what a person did in channels; posts are no person's.
pub(super) async fn erase(connection: &mut PgConnection, person: &str) -> Result<(), sqlx::Error> {
    const SQL: &str = "update channel_service_message set details = null where actor_person = $1";
    sqlx::query(SQL).bind(person).execute(connection).await?;
    Ok(())
}
