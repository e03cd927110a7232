//! Questions about channels and posts.

use chronogram_model::{ChatId, MessageId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::{ChannelRow, ChannelServiceMessageRow, PostRow, Published};
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted, TimeRange,
    page::{Key, KeyColumn, SortField, read_page},
};

/// Which channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelFilter {
    /// Only tracked, or only untracked ones.
    pub tracked: Option<bool>,
}

/// What channels are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelOrder {
    /// The title, in the database's collation; an unknown one as the empty one.
    #[default]
    Title,
    /// The id, as a number.
    Id,
    /// How many posts they have.
    Posts,
}

impl SortField for ChannelOrder {
    type Row = ChannelRow;

    fn list(self) -> &'static str {
        match self {
            Self::Title => "channels by title",
            Self::Id => "channels by id",
            Self::Posts => "channels by posts",
        }
    }

    fn columns(self) -> &'static [KeyColumn] {
        match self {
            Self::Title => &[KeyColumn::Text("coalesce(title, '')"), KeyColumn::Number("id")],
            Self::Id => &[KeyColumn::Number("id")],
            Self::Posts => &[KeyColumn::Number("posts_count"), KeyColumn::Number("id")],
        }
    }

    fn keys(self, row: &ChannelRow) -> Vec<Key> {
        let id = Key::Number(row.id.0);
        match self {
            Self::Title => vec![Key::Text(row.title.clone().unwrap_or_default()), id],
            Self::Id => vec![id],
            Self::Posts => vec![Key::Number(row.posts_count), id],
        }
    }
}

impl ChannelFilter {
    fn push(self, query: &mut QueryBuilder<Postgres>) {
        if let Some(tracked) = self.tracked {
            query.push(" and tracked = ").push_bind(tracked);
        }
    }
}

/// Channels, a page of them.
pub async fn channels(
    executor: impl PgExecutor<'_>,
    filter: &ChannelFilter,
    order: Sorted<ChannelOrder>,
    request: &PageRequest,
) -> Result<Page<ChannelRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from channel where true");
    filter.push(&mut query);
    read_page(executor, query, order, request).await
}

/// How many channels there are; ask only when somebody wants to know.
pub async fn count_channels(executor: impl PgExecutor<'_>, filter: &ChannelFilter) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from channel where true");
    filter.push(&mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that are known, in no order: for a data loader.
pub async fn channels_by_id(executor: impl PgExecutor<'_>, ids: &[ChatId]) -> Result<Vec<ChannelRow>, QueryError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as("select * from channel where id = any($1)").bind(ids).fetch_all(executor).await?)
}

/// The channel of this username, with or without @, in any case. Usernames change hands: the last heard of counts.
pub async fn channel_by_username(
    executor: impl PgExecutor<'_>,
    username: &str,
) -> Result<Option<ChannelRow>, QueryError> {
    const SQL: &str = "select * from channel where lower(username) = lower($1) order by last_position desc limit 1";
    let username = username.strip_prefix('@').unwrap_or(username);
    Ok(sqlx::query_as(SQL).bind(username).fetch_optional(executor).await?)
}

/// Which posts of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostFilter {
    /// Only published in this range; offered with the order [`PostOrder::PostedAt`].
    pub posted_at: TimeRange,
}

/// What posts of a channel are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostOrder {
    /// When they were published.
    #[default]
    PostedAt,
    /// Their number within the channel.
    PostId,
    /// How many reactions they had when last observed.
    ReactionsTotal,
}

impl SortField for PostOrder {
    type Row = PostRow;

    fn list(self) -> &'static str {
        match self {
            Self::PostedAt => "posts by posted_at",
            Self::PostId => "posts by post_id",
            Self::ReactionsTotal => "posts by reactions_total",
        }
    }

    fn columns(self) -> &'static [KeyColumn] {
        match self {
            Self::PostedAt => &[KeyColumn::Time("posted_at"), KeyColumn::Number("post_id")],
            Self::PostId => &[KeyColumn::Number("post_id")],
            Self::ReactionsTotal => &[KeyColumn::Number("reactions_total"), KeyColumn::Number("post_id")],
        }
    }

    fn keys(self, row: &PostRow) -> Vec<Key> {
        let id = Key::Number(row.post_id.0);
        match self {
            Self::PostedAt => vec![Key::Time(row.posted_at), id],
            Self::PostId => vec![id],
            Self::ReactionsTotal => vec![Key::Number(row.reactions_total), id],
        }
    }
}

impl PostFilter {
    fn push(self, channel: ChatId, query: &mut QueryBuilder<Postgres>) {
        query.push(" where channel = ").push_bind(channel.0);
        self.posted_at.push("posted_at", query);
    }
}

/// Posts of a channel, a page of them.
pub async fn posts(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    filter: &PostFilter,
    order: Sorted<PostOrder>,
    request: &PageRequest,
) -> Result<Page<PostRow>, QueryError> {
    if !filter.posted_at.is_open() {
        let refuse = |order| QueryError::NotOffered { filter: "a range of posted_at", order, instead: "posted_at" };
        match order.by {
            PostOrder::PostedAt => {}
            PostOrder::PostId => return Err(refuse("post_id")),
            PostOrder::ReactionsTotal => return Err(refuse("reactions_total")),
        }
    }
    let mut query = QueryBuilder::new("select * from post");
    filter.push(channel, &mut query);
    read_page(executor, query, order, request).await
}

/// How many posts a channel has.
pub async fn count_posts(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    filter: &PostFilter,
) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from post");
    filter.push(channel, &mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that exist, in no order: for a data loader.
pub async fn posts_by_id(
    executor: impl PgExecutor<'_>,
    ids: &[(ChatId, MessageId)],
) -> Result<Vec<PostRow>, QueryError> {
    const SQL: &str = "select post.* from unnest($1::bigint[], $2::bigint[]) as wanted(channel, post_id)
        join post using (channel, post_id)";
    let (channels, numbers): (Vec<i64>, Vec<i64>) = ids.iter().map(|(channel, post)| (channel.0, post.0)).unzip();
    Ok(sqlx::query_as(SQL).bind(channels).bind(numbers).fetch_all(executor).await?)
}

#[derive(Clone, Copy)]
struct ServiceOrder;

impl SortField for ServiceOrder {
    type Row = ChannelServiceMessageRow;

    fn list(self) -> &'static str {
        "channel service messages by message_id"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Number("message_id")]
    }

    fn keys(self, row: &ChannelServiceMessageRow) -> Vec<Key> {
        vec![Key::Number(row.message_id.0)]
    }
}

/// Service entries of a channel by their number, a page of them.
pub async fn channel_service_messages(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<ChannelServiceMessageRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from channel_service_message where channel = ");
    query.push_bind(channel.0);
    read_page(executor, query, Sorted { by: ServiceOrder, direction }, request).await
}

/// How many service messages a channel has.
pub async fn count_channel_service_messages(executor: impl PgExecutor<'_>, channel: ChatId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from channel_service_message where channel = $1";
    Ok(sqlx::query_scalar(SQL).bind(channel.0).fetch_one(executor).await?)
}

/// What a channel published in each of these stretches, in their order: from the first moment, not included, to the
/// second, included.
pub async fn published_between(
    executor: impl PgExecutor<'_>,
    channel: ChatId,
    stretches: &[(Timestamp, Timestamp)],
) -> Result<Vec<Published>, QueryError> {
    const SQL: &str = "
        select count(post.post_id) as posts, coalesce(sum(post.reactions_total), 0)::bigint as reactions
        from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality as stretch(after, until, number)
        left join post on post.channel = $1 and post.posted_at > stretch.after and post.posted_at <= stretch.until
        group by stretch.number order by stretch.number";
    let after: Vec<_> = stretches.iter().map(|(after, _)| after.to_sqlx()).collect();
    let until: Vec<_> = stretches.iter().map(|(_, until)| until.to_sqlx()).collect();
    Ok(sqlx::query_as(SQL).bind(channel.0).bind(after).bind(until).fetch_all(executor).await?)
}
