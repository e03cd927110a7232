//! People, and their part in conversations.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_read_models::{
    Direction, PageRequest, Sorted,
    people::{self, PersonConversationRow, PersonRow},
    reminders,
};
use jiff::Timestamp;
use sqlx::PgPool;

use super::{
    Conversation, Enrichment, EnrichmentFailure, Message, MessageOrder, MessagePage, Profile, Reminder, ReminderOrder,
    ReminderState, TimeRangeInput, messages_of_person, pool, reminder_filter, reminders_page,
};
use crate::{
    connection::{Connection, page_cost, page_request},
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// A person in names and numbers.
#[derive(Clone)]
pub(crate) struct Person(pub(crate) PersonRow);

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

    /// Whether an operator put them on the list of VIPs.
    async fn vip(&self) -> bool {
        self.0.vip
    }

    /// Whether they have Telegram Premium; null where nobody said. Who has it is treated as a VIP.
    async fn premium(&self) -> Option<bool> {
        self.0.premium
    }

    /// Language as IETF tag, where a source says it.
    async fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    /// Language as IETF tag, as they told the bot.
    async fn chosen_language(&self) -> Option<&str> {
        self.0.chosen_language.as_deref()
    }

    /// IANA time zone, as they told the bot.
    async fn time_zone(&self) -> Option<&str> {
        self.0.time_zone.as_deref()
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
        Profile::of(&self.0)
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
            async move { people::count_enrichments_of(&pool, &person).await }
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
            async move { people::count_enrichment_failures_of(&pool, &person).await }
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

    /// What they want to be told, and when.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn reminders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that stand so.")] state: Option<ReminderState>,
        #[graphql(desc = "Only those due in this range.")] due_at: Option<TimeRangeInput>,
        #[graphql(desc = "The order.", default_with = "ReminderOrder::DueAtAsc")] order_by: ReminderOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Reminder>, Failure> {
        let filter = reminders::ReminderFilter { person: Some(self.0.id.clone()), ..reminder_filter(state, due_at) };
        reminders_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
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
