//! What many rows of one answer refer to is read once, with one statement a kind of row.

use std::{collections::HashMap, hash::Hash};

use async_graphql::{
    Context,
    dataloader::{DataLoader, HashMapCache, Loader},
    runtime::{TokioSpawner, TokioTimer},
};
use chronogram_model::{ChatId, ConversationId, MessageId, PersonId};
use chronogram_read_models::{
    channels::{self, ChannelRow, PostRow},
    conversations::{self, ConversationRow, MessageRow},
    members::{self, CountRow},
    people::{self, PersonRow, ProfileFieldRow},
};
use sqlx::PgPool;

use crate::{
    errors::{Failure, Nullable},
    types::{Channel, Conversation, MemberCount, Message, Person, Post},
};

/// The loaders of one request; what they loaded lives as long as the request.
pub(crate) struct Loaders(DataLoader<Rows, HashMapCache>);

struct Rows {
    pool: PgPool,
}

/// Key of a post.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PostKey(ChatId, MessageId);

/// Key of a channel's newest count of members.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct MembersOf(ChatId);

/// Key of a person's profile.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ProfileOf(PersonId);

/// Key of the number of people in a conversation.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PeopleIn(ConversationId);

impl Loaders {
    pub(crate) fn new(pool: PgPool) -> Self {
        let timer = TokioTimer::default();
        Self(DataLoader::with_cache(Rows { pool }, TokioSpawner::current(), timer, HashMapCache::default()))
    }

    /// Those of the request; the gate put them there.
    pub(crate) fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self, Failure> {
        ctx.data_opt().ok_or_else(|| Failure::miswired("the request did not pass the gate"))
    }

    /// What `ctx`'s request refers to with `key`, for a field that is null where there is nothing.
    async fn one<K>(ctx: &Context<'_>, key: Option<K>) -> Nullable<<Rows as Loader<K>>::Value>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Rows: Loader<K, Error = Failure>,
    {
        match Self::of(ctx) {
            Ok(loaders) => loaders.0.load_one(key?).await.transpose(),
            Err(failure) => Some(Err(failure)),
        }
    }

    pub(crate) async fn person(ctx: &Context<'_>, id: Option<&PersonId>) -> Nullable<Person> {
        Some(Self::one(ctx, id.cloned()).await?.map(Person))
    }

    pub(crate) async fn conversation(ctx: &Context<'_>, id: &ConversationId) -> Nullable<Conversation> {
        Some(Self::one(ctx, Some(id.clone())).await?.map(Conversation))
    }

    pub(crate) async fn message(ctx: &Context<'_>, at: &ConversationId, number: MessageId) -> Nullable<Message> {
        Some(Self::one(ctx, Some((at.clone(), number))).await?.map(Message))
    }

    pub(crate) async fn channel(ctx: &Context<'_>, id: ChatId) -> Nullable<Channel> {
        Some(Self::one(ctx, Some(id)).await?.map(Channel))
    }

    pub(crate) async fn post(ctx: &Context<'_>, channel: ChatId, number: MessageId) -> Nullable<Post> {
        Some(Self::one(ctx, Some(PostKey(channel, number))).await?.map(Post))
    }

    pub(crate) async fn members(ctx: &Context<'_>, channel: ChatId) -> Nullable<MemberCount> {
        Some(Self::one(ctx, Some(MembersOf(channel))).await?.map(MemberCount))
    }

    /// Fields of a person's profile, by key.
    pub(crate) async fn profile_fields(&self, person: &PersonId) -> Result<Vec<ProfileFieldRow>, Failure> {
        Ok(self.0.load_one(ProfileOf(person.clone())).await?.unwrap_or_default())
    }

    /// How many people wrote in a conversation.
    pub(crate) async fn people_count(&self, conversation: &ConversationId) -> Result<i64, Failure> {
        Ok(self.0.load_one(PeopleIn(conversation.clone())).await?.unwrap_or_default())
    }
}

/// Rows by the key they were asked for.
fn by<K: Eq + Hash, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, R> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

impl Loader<PersonId> for Rows {
    type Value = PersonRow;
    type Error = Failure;

    async fn load(&self, keys: &[PersonId]) -> Result<HashMap<PersonId, PersonRow>, Failure> {
        Ok(by(people::people_by_id(&self.pool, keys).await?, |row| row.id.clone()))
    }
}

impl Loader<ConversationId> for Rows {
    type Value = ConversationRow;
    type Error = Failure;

    async fn load(&self, keys: &[ConversationId]) -> Result<HashMap<ConversationId, ConversationRow>, Failure> {
        Ok(by(conversations::conversations_by_id(&self.pool, keys).await?, |row| row.id.clone()))
    }
}

impl Loader<(ConversationId, MessageId)> for Rows {
    type Value = MessageRow;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[(ConversationId, MessageId)],
    ) -> Result<HashMap<(ConversationId, MessageId), MessageRow>, Failure> {
        let rows = conversations::messages_by_id(&self.pool, keys).await?;
        Ok(by(rows, |row| (row.conversation.clone(), row.message_id)))
    }
}

impl Loader<ChatId> for Rows {
    type Value = ChannelRow;
    type Error = Failure;

    async fn load(&self, keys: &[ChatId]) -> Result<HashMap<ChatId, ChannelRow>, Failure> {
        Ok(by(channels::channels_by_id(&self.pool, keys).await?, |row| row.id))
    }
}

impl Loader<PostKey> for Rows {
    type Value = PostRow;
    type Error = Failure;

    async fn load(&self, keys: &[PostKey]) -> Result<HashMap<PostKey, PostRow>, Failure> {
        let keys: Vec<_> = keys.iter().map(|PostKey(channel, post)| (*channel, *post)).collect();
        Ok(by(channels::posts_by_id(&self.pool, &keys).await?, |row| PostKey(row.channel, row.post_id)))
    }
}

impl Loader<MembersOf> for Rows {
    type Value = CountRow;
    type Error = Failure;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, CountRow>, Failure> {
        let channels: Vec<_> = keys.iter().map(|MembersOf(channel)| *channel).collect();
        Ok(by(members::latest_counts(&self.pool, &channels).await?, |row| MembersOf(row.channel)))
    }
}

impl Loader<ProfileOf> for Rows {
    type Value = Vec<ProfileFieldRow>;
    type Error = Failure;

    async fn load(&self, keys: &[ProfileOf]) -> Result<HashMap<ProfileOf, Vec<ProfileFieldRow>>, Failure> {
        let keys: Vec<_> = keys.iter().map(|ProfileOf(person)| person.clone()).collect();
        let mut profiles: HashMap<ProfileOf, Vec<ProfileFieldRow>> = HashMap::new();
        for row in people::profile_fields_of(&self.pool, &keys).await? {
            profiles.entry(ProfileOf(row.person.clone())).or_default().push(row);
        }
        Ok(profiles)
    }
}

impl Loader<PeopleIn> for Rows {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[PeopleIn]) -> Result<HashMap<PeopleIn, i64>, Failure> {
        let keys: Vec<_> = keys.iter().map(|PeopleIn(conversation)| conversation.clone()).collect();
        let counts = people::people_counts(&self.pool, &keys).await?;
        Ok(counts.into_iter().map(|count| (PeopleIn(count.conversation), count.people)).collect())
    }
}
