//! Channels and their posts.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_read_models::{
    Direction, PageRequest, Sorted,
    channels::{self, ChannelRow, PostRow},
    members,
};
use jiff::{Timestamp, civil::Date};
use sqlx::PgPool;

use super::{
    MemberCount, MembersOfDay, ServiceMessage, TimeRangeInput,
    content::{Entity, Forward, Media, ReactionCount},
    days_asked_for, days_cost, days_wanted, deps,
    names::{Source, named},
    pool,
};
use crate::{
    connection::{Connection, page_cost, page_request},
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// A channel in names and numbers.
#[derive(Clone)]
pub(crate) struct Channel(pub(crate) ChannelRow);

/// A post, as last observed.
#[derive(Clone)]
pub(crate) struct Post(pub(crate) PostRow);

/// What channels are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ChannelOrder {
    /// By title; an unknown one as the empty one.
    TitleAsc,
    /// By title, backwards.
    TitleDesc,
    /// By id, as a number.
    IdAsc,
    /// By id, as a number, largest first.
    IdDesc,
    /// Fewest posts first.
    PostsAsc,
    /// Most posts first.
    PostsDesc,
}

/// What posts of a channel are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum PostOrder {
    /// Newest first.
    PostedAtDesc,
    /// Oldest first.
    PostedAtAsc,
    /// By their number within the channel; not with a range of `postedAt`.
    PostIdAsc,
    /// By their number within the channel, largest first; not with a range of `postedAt`.
    PostIdDesc,
    /// Fewest reactions first; not with a range of `postedAt`.
    ReactionsTotalAsc,
    /// Most reactions first; not with a range of `postedAt`.
    ReactionsTotalDesc,
}

/// Which channels. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct ChannelFilter {
    /// Only tracked, or only untracked ones.
    tracked: Option<bool>,
}

impl ChannelOrder {
    fn sorted(self) -> Sorted<channels::ChannelOrder> {
        use channels::ChannelOrder as By;
        match self {
            Self::TitleAsc => Sorted::ascending(By::Title),
            Self::TitleDesc => Sorted::descending(By::Title),
            Self::IdAsc => Sorted::ascending(By::Id),
            Self::IdDesc => Sorted::descending(By::Id),
            Self::PostsAsc => Sorted::ascending(By::Posts),
            Self::PostsDesc => Sorted::descending(By::Posts),
        }
    }
}

impl PostOrder {
    fn sorted(self) -> Sorted<channels::PostOrder> {
        use channels::PostOrder as By;
        match self {
            Self::PostedAtDesc => Sorted::descending(By::PostedAt),
            Self::PostedAtAsc => Sorted::ascending(By::PostedAt),
            Self::PostIdAsc => Sorted::ascending(By::PostId),
            Self::PostIdDesc => Sorted::descending(By::PostId),
            Self::ReactionsTotalAsc => Sorted::ascending(By::ReactionsTotal),
            Self::ReactionsTotalDesc => Sorted::descending(By::ReactionsTotal),
        }
    }
}

pub(crate) async fn channels_page(
    pool: &PgPool,
    filter: Option<ChannelFilter>,
    order: ChannelOrder,
    request: &PageRequest,
) -> Result<Connection<Channel>, Failure> {
    let filter = channels::ChannelFilter { tracked: filter.unwrap_or_default().tracked };
    let page = channels::channels(pool, &filter, order.sorted(), request).await?;
    let pool = pool.clone();
    Ok(Connection::of(page, Channel, move || {
        let pool = pool.clone();
        async move { channels::count_channels(&pool, &filter).await }
    }))
}

/// A channel in names and numbers.
#[Object]
impl Channel {
    /// The Bot API's signed chat id: `-1001878264527`.
    async fn id(&self) -> ID {
        ID::from(self.0.id)
    }

    /// Username without its @, as last tracked.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// Title, as last observed.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Anybody can read it; null where nobody observed that.
    async fn public(&self) -> Option<bool> {
        self.0.public
    }

    /// It is collected and watched.
    async fn tracked(&self) -> bool {
        self.0.tracked
    }

    /// Since when it is tracked; null unless it is.
    async fn tracked_at(&self) -> Option<Timestamp> {
        self.0.tracked_at
    }

    /// Distinct posts, service messages not among them.
    async fn posts_count(&self) -> Long {
        Long(self.0.posts_count)
    }

    /// When its earliest post was published.
    async fn first_post_at(&self) -> Option<Timestamp> {
        self.0.first_post_at
    }

    /// When its latest post was published.
    async fn last_post_at(&self) -> Option<Timestamp> {
        self.0.last_post_at
    }

    /// Position of the last event about it.
    async fn last_position(&self) -> Long {
        Long(self.0.last_position)
    }

    /// How many members it has, by the newest count; null where it was never counted.
    async fn members(&self, ctx: &Context<'_>) -> Nullable<MemberCount> {
        Loaders::members(ctx, self.0.id).await
    }

    /// How many members it had, day by day, oldest first; days without a count are absent. Give `from` and `to`, or
    /// `lastDays`; the last 30 days where none is given.
    #[graphql(complexity = "days_cost(days_wanted(from, to, last_days), child_complexity)")]
    async fn members_daily(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day, in UTC.")] from: Option<Date>,
        #[graphql(desc = "The first day that no longer counts, in UTC.")] to: Option<Date>,
        #[graphql(desc = "So many days until today, in UTC: 1 to 5000.")] last_days: Option<i32>,
    ) -> Result<Vec<MembersOfDay>, Failure> {
        let (from, to) = days_asked_for(from, to, last_days, deps(ctx)?.clock.now())?;
        let days = members::members_daily(pool(ctx)?, self.0.id, from, to).await?;
        Ok(days.into_iter().map(MembersOfDay).collect())
    }

    /// Its posts.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those published in this range; with an order by `postedAt`.")] posted_at: Option<
            TimeRangeInput,
        >,
        #[graphql(desc = "The order.", default_with = "PostOrder::PostedAtDesc")] order_by: PostOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>, Failure> {
        let (pool, channel) = (pool(ctx)?, self.0.id);
        let filter = channels::PostFilter { posted_at: posted_at.unwrap_or_default().into() };
        let request = page_request(first, after, last, before)?;
        let page = channels::posts(pool, channel, &filter, order_by.sorted(), &request).await?;
        let pool = pool.clone();
        Ok(Connection::of(page, Post, move || {
            let pool = pool.clone();
            async move { channels::count_posts(&pool, channel, &filter).await }
        }))
    }

    /// Its service entries, newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn service_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ServiceMessage>, Failure> {
        let (pool, channel) = (pool(ctx)?, self.0.id);
        let request = page_request(first, after, last, before)?;
        let page = channels::channel_service_messages(pool, channel, Direction::Descending, &request).await?;
        let pool = pool.clone();
        Ok(Connection::of(page, ServiceMessage::from, move || {
            let pool = pool.clone();
            async move { channels::count_channel_service_messages(&pool, channel).await }
        }))
    }
}

/// A post as last observed.
#[Object]
impl Post {
    /// `<channel>/<postId>`: unique.
    async fn id(&self) -> ID {
        ID(format!("{}/{}", self.0.channel, self.0.post_id))
    }

    /// Its number within the channel.
    async fn post_id(&self) -> ID {
        ID::from(self.0.post_id)
    }

    /// Where it was published, in the Bot API's signed form.
    async fn channel_id(&self) -> ID {
        ID::from(self.0.channel)
    }

    /// Where it was published.
    async fn channel(&self, ctx: &Context<'_>) -> Nullable<Channel> {
        Loaders::channel(ctx, self.0.channel).await
    }

    /// When it was published.
    async fn posted_at(&self) -> Timestamp {
        self.0.posted_at
    }

    /// The IANA zone that an old export's local time was read in; null where the time is known.
    async fn assumed_zone(&self) -> Option<&str> {
        self.0.assumed_zone.as_deref()
    }

    /// The signature under it: plain text of the channel, no person.
    async fn author(&self) -> Option<&str> {
        self.0.author.as_deref()
    }

    /// Plain text; empty where it only carries media.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Formatting and links within the text.
    async fn entities(&self) -> Vec<Entity> {
        self.0.entities.iter().cloned().map(Entity::from).collect()
    }

    /// What is attached: a file, a poll, a contact, a place.
    async fn media(&self) -> Option<Media> {
        let media = self.0.media.clone()?;
        Some(Media::of(media, self.0.media_kind.clone().unwrap_or_default()))
    }

    /// Number of the post it answers, in the same channel.
    async fn reply_to_id(&self) -> Option<ID> {
        self.0.reply_to.map(ID::from)
    }

    /// The post it answers; null where that was never observed.
    async fn reply_to(&self, ctx: &Context<'_>) -> Nullable<Post> {
        Loaders::post(ctx, self.0.channel, self.0.reply_to?).await
    }

    /// Where it was forwarded from.
    async fn forward(&self) -> Option<Forward> {
        self.0.forward.clone().map(Forward)
    }

    /// Reactions when last observed.
    async fn reactions(&self) -> Vec<ReactionCount> {
        self.0.reactions.iter().cloned().map(ReactionCount::from).collect()
    }

    /// Sum of the reactions' counts.
    async fn reactions_total(&self) -> Long {
        Long(self.0.reactions_total)
    }

    /// When Telegram last touched it; reactions touch it too, so this proves no edit.
    async fn touched_at(&self) -> Option<Timestamp> {
        self.0.touched_at
    }

    /// U+0000 in it was replaced by U+FFFD.
    async fn nul_replaced(&self) -> bool {
        self.0.nul_replaced
    }

    /// Which way it reached us.
    async fn source(&self) -> Result<Source, Failure> {
        named(&self.0.source)
    }

    /// Position of its newest observation.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// How often it was observed; more than once when an export brought it again, changed.
    async fn observations(&self) -> Long {
        Long(self.0.observations)
    }
}
