//! People and their profiles.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_model::PersonId;
use chronogram_read_models::{
    Direction, PageRequest, Sorted,
    people::{self, EnrichmentFailureRow, EnrichmentRow, PersonConversationRow, PersonRow, ProfileFieldRow},
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::{Conversation, Message, MessageOrder, MessagePage, TimeRangeInput, messages_of_person, pool};
use crate::{
    connection::{Connection, page_cost, page_request},
    counts,
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// A person in names and numbers.
#[derive(Clone)]
pub(crate) struct Person(pub(crate) PersonRow);

/// The profile that strategies filled.
pub(crate) struct Profile {
    person: PersonId,
    strategy: Option<String>,
    plugin_digest: Option<String>,
    enriched_at: Option<Timestamp>,
}

/// A field of a profile.
pub(crate) struct ProfileField(ProfileFieldRow);

/// An enrichment of a profile.
pub(crate) struct Enrichment(EnrichmentRow);

/// A failed enrichment.
pub(crate) struct EnrichmentFailure(EnrichmentFailureRow);

/// A person's part in a conversation.
pub(crate) struct Participation(PersonConversationRow);

/// What people are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum PersonOrder {
    /// Latest sighting or message first.
    LastSeenAtDesc,
    /// Those not seen for longest first.
    LastSeenAtAsc,
    /// By id, as text.
    IdAsc,
    /// By id, as text, backwards.
    IdDesc,
    /// Who wrote most comes first.
    MessagesDesc,
    /// Who wrote least comes first.
    MessagesAsc,
}

/// Which people. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct PersonFilter {
    /// Only with, or only without a profile.
    has_profile: Option<bool>,
}

impl PersonOrder {
    fn sorted(self) -> Sorted<people::PersonOrder> {
        use people::PersonOrder as By;
        match self {
            Self::LastSeenAtDesc => Sorted::descending(By::LastSeenAt),
            Self::LastSeenAtAsc => Sorted::ascending(By::LastSeenAt),
            Self::IdAsc => Sorted::ascending(By::Id),
            Self::IdDesc => Sorted::descending(By::Id),
            Self::MessagesDesc => Sorted::descending(By::Messages),
            Self::MessagesAsc => Sorted::ascending(By::Messages),
        }
    }
}

pub(crate) async fn people_page(
    pool: &PgPool,
    filter: Option<PersonFilter>,
    order: PersonOrder,
    request: &PageRequest,
) -> Result<Connection<Person>, Failure> {
    let filter = people::PersonFilter { has_profile: filter.unwrap_or_default().has_profile };
    let page = people::people(pool, &filter, order.sorted(), request).await?;
    let pool = pool.clone();
    Ok(Connection::of(page, Person, move || {
        let pool = pool.clone();
        async move { people::count_people(&pool, &filter).await }
    }))
}

/// A person: a Telegram user or a client of the API.
#[Object]
impl Person {
    /// A Telegram user's number, or `api.<client>`.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// Name as last seen; null where unknown, deleted or erased.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// Username without its @.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// Language as IETF tag, where a source says it.
    async fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    /// Earliest sighting or message.
    async fn first_seen_at(&self) -> Option<Timestamp> {
        self.0.first_seen_at
    }

    /// Latest sighting or message; null where there is neither.
    async fn last_seen_at(&self) -> Option<Timestamp> {
        self.0.first_seen_at.map(|_| self.0.last_seen_at)
    }

    /// When their earliest message was sent.
    async fn first_message_at(&self) -> Option<Timestamp> {
        self.0.first_message_at
    }

    /// When their latest message was sent.
    async fn last_message_at(&self) -> Option<Timestamp> {
        self.0.last_message_at
    }

    /// Distinct messages they wrote.
    async fn messages_count(&self) -> Long {
        Long(self.0.messages_count)
    }

    /// Distinct conversations they wrote in.
    async fn conversations_count(&self) -> Long {
        Long(self.0.conversations_count)
    }

    /// Position of the last event about them.
    async fn last_position(&self) -> Long {
        Long(self.0.last_position)
    }

    /// The profile that strategies filled; null where there is none or it was cleared.
    async fn profile(&self) -> Option<Profile> {
        self.0.has_profile.then(|| Profile {
            person: self.0.id.clone(),
            strategy: self.0.profile_strategy.clone(),
            plugin_digest: self.0.profile_digest.clone(),
            enriched_at: self.0.profile_enriched_at,
        })
    }

    /// Every enrichment of their profile, newest first; a cleared profile keeps its history.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn enrichments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Enrichment>, Failure> {
        let request = page_request(first, after, last, before)?;
        let (pool, person) = (pool(ctx)?.clone(), self.0.id.clone());
        let page = people::enrichments_of(&pool, &person, Direction::Descending, &request).await?;
        Ok(Connection::of(page, Enrichment, move || {
            let (pool, person) = (pool.clone(), person.clone());
            async move { counts::enrichments(&pool, &person).await }
        }))
    }

    /// Enrichments that failed, newest first; the profile stayed as it was.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn enrichment_failures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<EnrichmentFailure>, Failure> {
        let request = page_request(first, after, last, before)?;
        let (pool, person) = (pool(ctx)?.clone(), self.0.id.clone());
        let page = people::enrichment_failures_of(&pool, &person, Direction::Descending, &request).await?;
        Ok(Connection::of(page, EnrichmentFailure, move || {
            let (pool, person) = (pool.clone(), person.clone());
            async move { counts::enrichment_failures(&pool, &person).await }
        }))
    }

    /// The conversations they wrote in, the latest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Participation>, Failure> {
        let request = page_request(first, after, last, before)?;
        let page = people::conversations_of(pool(ctx)?, &self.0.id, Direction::Descending, &request).await?;
        let total = self.0.conversations_count;
        Ok(Connection::of(page, Participation, move || async move { Ok(total) }))
    }

    /// What they wrote, over all conversations.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those sent in this range.")] sent_at: Option<TimeRangeInput>,
        #[graphql(desc = "The order; only by `sentAt`.", default_with = "MessageOrder::SentAtDesc")]
        order_by: MessageOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Message>, Failure> {
        let page = MessagePage { first, after, last, before, order: order_by };
        messages_of_person(pool(ctx)?, self.0.id.clone(), sent_at.unwrap_or_default().into(), page).await
    }
}

/// The profile of a person as strategies filled it.
#[Object]
impl Profile {
    /// Its fields, by key.
    async fn fields(&self, ctx: &Context<'_>) -> Result<Vec<ProfileField>, Failure> {
        let fields = Loaders::of(ctx)?.profile_fields(&self.person).await?;
        Ok(fields.into_iter().map(ProfileField).collect())
    }

    /// The strategy asked for when it was last enriched: `basic`, `llm`, `hybrid` or an operator's own.
    async fn strategy(&self) -> Option<&str> {
        self.strategy.as_deref()
    }

    /// sha256 of the plugin that decided then, in hex.
    async fn plugin_digest(&self) -> Option<&str> {
        self.plugin_digest.as_deref()
    }

    /// When it was last enriched.
    async fn enriched_at(&self) -> Option<Timestamp> {
        self.enriched_at
    }
}

/// A field of a profile: what is believed of a person, how firmly, and why.
#[Object]
impl ProfileField {
    /// Its name: `display_name`, `interests`, …
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Its value, never empty.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// How sure the strategy is, from 0 to 1, four places.
    async fn confidence(&self) -> Decimal {
        self.0.confidence
    }

    /// Ids of the messages it rests on: `<conversation>/<messageId>`.
    async fn evidence(&self) -> Vec<ID> {
        self.0.evidence.iter().map(ID::from).collect()
    }

    /// When it got this value.
    async fn set_at(&self) -> Timestamp {
        self.0.set_at
    }

    /// Position of the enrichment that set it.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }
}

/// An enrichment of a profile: what decided, and what it took.
#[Object]
impl Enrichment {
    /// Position of its event.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// The strategy asked for.
    async fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// Name of the plugin that decided.
    async fn plugin(&self) -> &str {
        &self.0.plugin
    }

    /// sha256 of the plugin's artifact, in hex.
    async fn plugin_digest(&self) -> &str {
        &self.0.plugin_digest
    }

    /// Version of the WIT package that the plugin was built for.
    async fn wit_version(&self) -> &str {
        &self.0.wit_version
    }

    /// Hash of what the plugin was given.
    async fn input_hash(&self) -> &str {
        &self.0.input_hash
    }

    /// Hash of the recorded effects, such as answers of a model.
    async fn journal_hash(&self) -> &str {
        &self.0.journal_hash
    }

    /// Hash of what the plugin answered.
    async fn output_hash(&self) -> &str {
        &self.0.output_hash
    }

    /// Fuel the plugin used, in wasmtime's units.
    async fn fuel(&self) -> Long {
        Long(self.0.fuel)
    }

    /// Tokens that model calls took.
    async fn tokens(&self) -> Long {
        Long(self.0.tokens)
    }

    /// What model calls cost, in US dollars.
    async fn cost(&self) -> Decimal {
        self.0.cost
    }

    /// How long it took, in microseconds.
    async fn duration_us(&self) -> Long {
        Long(self.0.duration_us)
    }

    /// Why another strategy than the one asked for decided.
    async fn fallback_reason(&self) -> Option<&str> {
        self.0.fallback_reason.as_deref()
    }

    /// A question to the person that would help; null where there is none or the person is erased.
    async fn question(&self) -> Option<&str> {
        self.0.question.as_deref()
    }

    /// How many fields it set.
    async fn fields_set(&self) -> i32 {
        self.0.fields_set
    }

    /// How many fields it removed.
    async fn fields_unset(&self) -> i32 {
        self.0.fields_unset
    }

    /// When.
    async fn enriched_at(&self) -> Timestamp {
        self.0.enriched_at
    }
}

/// An enrichment that failed; the person kept what they had.
#[Object]
impl EnrichmentFailure {
    /// Position of its event.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }

    /// The strategy asked for.
    async fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// sha256 of the plugin that failed, in hex.
    async fn plugin_digest(&self) -> &str {
        &self.0.plugin_digest
    }

    /// The kind of failure: `out_of_fuel`, `trap`, `refused`, …
    async fn fault(&self) -> &str {
        &self.0.fault
    }

    /// When.
    async fn failed_at(&self) -> Timestamp {
        self.0.failed_at
    }
}

/// A person's part in a conversation.
#[Object]
impl Participation {
    /// The conversation's id.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// The conversation.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.0.conversation).await
    }

    /// Distinct messages of theirs there.
    async fn messages_count(&self) -> Long {
        Long(self.0.messages_count)
    }

    /// When the earliest of them was sent.
    async fn first_message_at(&self) -> Timestamp {
        self.0.first_message_at
    }

    /// When the latest of them was sent.
    async fn last_message_at(&self) -> Timestamp {
        self.0.last_message_at
    }
}
