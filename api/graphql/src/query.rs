//! What can be asked.

use async_graphql::{Context, ID, MergedObject, Object};
use chronogram_automations::deliveries::outbox_status;
use chronogram_log::EventFilter as LogFilter;
use chronogram_model::{ChatId, ConversationId, PersonId, ReminderId, ReplyId, StreamName};
use chronogram_read_models::{
    channels, conversations,
    event_counts::{self, EventCountFilter},
    reminders,
};
use jiff::civil::Date;

use crate::{
    as_of::ThePast,
    connection::{Connection, page_cost, page_request},
    errors::{Failure, Nullable},
    gate::Needs,
    loaders::Loaders,
    log_pages::{self, EventsPage, events_cost},
    principal::Role,
    types::{
        Channel, ChannelFilter, ChannelOrder, Conversation, ConversationFilter, ConversationOrder, Event, EventCount,
        EventFilter, FillPolicy, Message, MessageFilter, MessageOrder, MessagePage, Outbox, Person, PersonFilter,
        PersonOrder, ProfileRun, Projection, ProjectionJob, Reminder, ReminderFilter, ReminderOrder, Reply,
        ReplyFilter, ReplyOrder, channels_page, conversations_page, days_between, days_cost, deps, fill_policies,
        messages_of_conversation, messages_of_person, parse_id, people_page, pool, profile_run, projections,
        reminders_page, replies_page,
    },
};

/// What can be asked. Answers come from read models that follow the log; `extensions.asOf` says how closely, and the
/// request extension `minPosition` (over HTTP also the header `X-Min-Position`) waits, 2 s at most, until they have
/// reached a position.
#[derive(Default, MergedObject)]
pub struct Query(ReadModels, Present, ThePast);

/// What read models answer, those of now and those of the past.
#[derive(Default)]
pub(crate) struct ReadModels;

/// What read models answer.
#[Object]
impl ReadModels {
    /// Channels that are known: tracked, or read from an export.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn channels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ChannelFilter>,
        #[graphql(desc = "The order.", default_with = "ChannelOrder::TitleAsc")] order_by: ChannelOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Channel>, Failure> {
        channels_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
    }

    /// One channel, by exactly one of its id and its username; null where it is not known.
    async fn channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The Bot API's signed chat id: `-1001878264527`.")] id: Option<ID>,
        #[graphql(
            desc = "Username, with or without @, in any case. Usernames change hands: the last heard of counts."
        )]
        username: Option<String>,
    ) -> Nullable<Channel> {
        match (id, username) {
            (Some(id), None) => match parse_id::<ChatId>("id", &id) {
                Ok(id) => Loaders::channel(ctx, id).await,
                Err(failure) => Some(Err(failure)),
            },
            (None, Some(username)) if username.contains('\0') => None,
            (None, Some(username)) => channel_by_username(ctx, &username).await.transpose(),
            (Some(_), Some(_)) | (None, None) => {
                Some(Err(Failure::input("id", "give `id` or `username`, one of both")))
            }
        }
    }

    /// Conversations: with our bots, read from exports, over the API.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ConversationFilter>,
        #[graphql(desc = "The order.", default_with = "ConversationOrder::LastMessageAtDesc")]
        order_by: ConversationOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Conversation>, Failure> {
        conversations_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
    }

    /// One conversation; null where it is not known.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`<bot>.<chat>`, `export.<chat>` or `api.<client>`.")] id: ID,
    ) -> Nullable<Conversation> {
        match parse_id::<ConversationId>("id", &id) {
            Ok(id) => Loaders::conversation(ctx, &id).await,
            Err(failure) => Some(Err(failure)),
        }
    }

    /// Messages of a conversation, of a person, or of a person in a conversation.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; a conversation or a person must be named.")] filter: MessageFilter,
        #[graphql(desc = "The order.", default_with = "MessageOrder::SentAtDesc")] order_by: MessageOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Message>, Failure> {
        let conversation = filter.conversation.map(|id| parse_id("filter.conversation", &id)).transpose()?;
        let person = filter.person.map(|id| parse_id::<PersonId>("filter.person", &id)).transpose()?;
        let sent_at = filter.sent_at.unwrap_or_default().into();
        let page = MessagePage { first, after, last, before, order: order_by };
        let pool = pool(ctx)?;
        match (conversation, person) {
            (Some(conversation), sender) => {
                let filter = conversations::MessageFilter { sender, sent_at };
                messages_of_conversation(pool, conversation, filter, page).await
            }
            (None, Some(person)) => messages_of_person(pool, person, sent_at, page).await,
            (None, None) => Err(Failure::input("filter", "name a conversation, a person, or both")),
        }
    }

    /// People: Telegram users and clients of the API.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<PersonFilter>,
        #[graphql(desc = "The order.", default_with = "PersonOrder::LastSeenAtDesc")] order_by: PersonOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Person>, Failure> {
        people_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
    }

    /// One person; null where they are not known.
    async fn person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A Telegram user's number, or `api.<client>`.")] id: ID,
    ) -> Nullable<Person> {
        match parse_id::<PersonId>("id", &id) {
            Ok(id) => Loaders::person(ctx, Some(&id)).await,
            Err(failure) => Some(Err(failure)),
        }
    }

    /// What people want to be told, and when.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn reminders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ReminderFilter>,
        #[graphql(desc = "The order.", default_with = "ReminderOrder::DueAtAsc")] order_by: ReminderOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Reminder>, Failure> {
        let filter = filter.unwrap_or_default().read()?;
        reminders_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
    }

    /// One reminder; null where it is not known.
    async fn reminder(&self, ctx: &Context<'_>, #[graphql(desc = "A UUID.")] id: ID) -> Nullable<Reminder> {
        let read = async || -> Result<Option<Reminder>, Failure> {
            let id: ReminderId = parse_id("id", &id)?;
            Ok(reminders::reminders_by_id(pool(ctx)?, &[id]).await?.pop().map(Reminder))
        };
        read().await.transpose()
    }

    /// What the bot said in a conversation, or all that stands so: requested, sent or failed.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; a conversation or a state must be named.")] filter: ReplyFilter,
        #[graphql(desc = "The order.", default_with = "ReplyOrder::RequestedAtDesc")] order_by: ReplyOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Reply>, Failure> {
        replies_page(pool(ctx)?, filter.read()?, order_by, &page_request(first, after, last, before)?).await
    }

    /// One reply; null where it is not known.
    async fn reply(&self, ctx: &Context<'_>, #[graphql(desc = "A UUID.")] id: ID) -> Nullable<Reply> {
        let read = async || -> Result<Option<Reply>, Failure> {
            let id: ReplyId = parse_id("id", &id)?;
            Ok(conversations::replies_by_id(pool(ctx)?, &[id]).await?.pop().map(Reply))
        };
        read().await.transpose()
    }

    /// How many events were recorded, by day and type, by day first; days and types without events are absent.
    #[graphql(complexity = "days_cost(days_between(from, to), child_complexity)")]
    async fn event_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day, in UTC.")] from: Date,
        #[graphql(desc = "The first day that no longer counts, in UTC; at most 5000 days after `from`.")] to: Date,
        #[graphql(desc = "Only these event types: `MessageReceived`, …; all where absent.")] types: Option<Vec<String>>,
    ) -> Result<Vec<EventCount>, Failure> {
        if to <= from {
            return Err(Failure::input("to", "it must be a later day than `from`"));
        }
        // An empty list asks for no type; to the read model it would mean all of them.
        if types.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let filter = EventCountFilter { from, to, types: without_nul(types.unwrap_or_default(), "types")? };
        Ok(event_counts::event_counts(pool(ctx)?, &filter).await?.into_iter().map(EventCount).collect())
    }
}

/// What is of now only: the log itself, and what works on it.
#[derive(Default)]
struct Present;

/// What is of now only: the log itself, and what works on it.
#[Object]
impl Present {
    /// The log itself, oldest first; `last` gives the newest. For operators and admins: it holds people's words.
    #[graphql(guard = "Needs(Role::Operator)", complexity = "events_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<EventFilter>,
        #[graphql(desc = "How many from the start: 1 to 500; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only events behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 500; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only events before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Event>, Failure> {
        let deps = deps(ctx)?;
        let page = EventsPage { first, after, last, before };
        let EventFilter { types, stream } = filter.unwrap_or_default();
        match (types, stream) {
            (Some(_), Some(_)) => Err(Failure::input("filter", "filter by `types` or by `stream`, one of both")),
            (None, Some(stream)) => {
                let stream = without_nul(vec![stream], "filter.stream")?.concat();
                let stream = StreamName::try_from(stream).map_err(|error| Failure::input("filter.stream", error))?;
                log_pages::of_stream(&deps.store, stream, page).await
            }
            (Some(types), None) => {
                let types = without_nul(types, "filter.types")?;
                let (pool, wanted) = (deps.pool.clone(), types.clone());
                let count = move || {
                    let (pool, wanted) = (pool.clone(), wanted.clone());
                    async move { Ok(event_counts::count_events(&pool, &wanted).await?) }
                };
                log_pages::of_log(&deps.store, LogFilter { types: Some(types) }, page, count).await
            }
            (None, None) => {
                let store = deps.store.clone();
                let count = move || {
                    let store = store.clone();
                    async move { Ok(store.head().await?.as_i64()) }
                };
                log_pages::of_log(&deps.store, LogFilter::all(), page, count).await
            }
        }
    }

    /// What waits to go out to Telegram, now.
    async fn outbox(&self, ctx: &Context<'_>) -> Result<Outbox, Failure> {
        Ok(Outbox(outbox_status(pool(ctx)?).await?))
    }

    /// A run that fills profiles; null where nothing is remembered of it. For operators and admins.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn profile_run(&self, ctx: &Context<'_>, #[graphql(desc = "A UUID.")] id: ID) -> Nullable<ProfileRun> {
        profile_run(ctx, &id).await.transpose()
    }

    /// Fill policies: profiles that are filled without anybody asking each time. For operators and admins.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn fill_policies(&self, ctx: &Context<'_>) -> Result<Vec<FillPolicy>, Failure> {
        fill_policies(deps(ctx)?).await
    }

    /// Every projection and how far it is behind the log.
    async fn projections(&self, ctx: &Context<'_>) -> Result<Vec<Projection>, Failure> {
        projections(deps(ctx)?).await
    }

    /// The newest work on projections that was asked for, newest first, at most 20. For operators and admins.
    #[graphql(guard = "Needs(Role::Operator)")]
    async fn projection_jobs(&self, ctx: &Context<'_>) -> Result<Vec<ProjectionJob>, Failure> {
        Ok(deps(ctx)?.engine.jobs().await?.into_iter().map(ProjectionJob).collect())
    }
}

async fn channel_by_username(ctx: &Context<'_>, username: &str) -> Result<Option<Channel>, Failure> {
    Ok(channels::channel_by_username(pool(ctx)?, username).await?.map(Channel))
}

/// No column holds U+0000, and Postgres refuses it in a parameter.
fn without_nul(texts: Vec<String>, argument: &'static str) -> Result<Vec<String>, Failure> {
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(Failure::input(argument, "U+0000 is not allowed"));
    }
    Ok(texts)
}
