//! Conversations and their messages.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_model::{ConversationId, PersonId};
use chronogram_read_models::{
    Direction, Sorted, TimeRange,
    conversations::{self, ConversationRow, MessageRow},
};
use jiff::Timestamp;
use sqlx::PgPool;

use super::{
    Person, Reply, ReplyOrder, ServiceMessage, TimeRangeInput,
    content::{Entity, Forward, Media, ReactionCount},
    names::{ChatKind, Source, named},
    parse_id, pool, replies_page,
};
use crate::{
    connection::{Connection, page_cost, page_request},
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// A conversation: a chat with one of our bots, one read from an export, or a client of the API.
#[derive(Clone)]
pub(crate) struct Conversation(pub(crate) ConversationRow);

/// A message, as last observed.
#[derive(Clone)]
pub(crate) struct Message(pub(crate) MessageRow);

/// What conversations are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ConversationOrder {
    /// The one spoken in last comes first.
    LastMessageAtDesc,
    /// The one silent for longest comes first.
    LastMessageAtAsc,
    /// By id, as text.
    IdAsc,
    /// By id, as text, backwards.
    IdDesc,
}

/// What messages of a conversation are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum MessageOrder {
    /// Newest first.
    SentAtDesc,
    /// Oldest first.
    SentAtAsc,
    /// By their number within the conversation; not with a range of `sentAt`, not over several conversations.
    MessageIdAsc,
    /// By their number within the conversation, largest first; not with a range of `sentAt`, not over several
    /// conversations.
    MessageIdDesc,
}

/// Which conversations. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct ConversationFilter {
    /// Only of this kind.
    kind: Option<ChatKind>,
}

/// Which messages. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct MessageFilter {
    /// Only those of this conversation: `<bot>.<chat>`, `export.<chat>` or `api.<client>`.
    pub(crate) conversation: Option<ID>,
    /// Only those sent by this person: a Telegram user's number or `api.<client>`.
    pub(crate) person: Option<ID>,
    /// Only those sent in this range.
    pub(crate) sent_at: Option<TimeRangeInput>,
}

impl ConversationOrder {
    fn sorted(self) -> Sorted<conversations::ConversationOrder> {
        use conversations::ConversationOrder as By;
        match self {
            Self::LastMessageAtDesc => Sorted::descending(By::LastMessageAt),
            Self::LastMessageAtAsc => Sorted::ascending(By::LastMessageAt),
            Self::IdAsc => Sorted::ascending(By::Id),
            Self::IdDesc => Sorted::descending(By::Id),
        }
    }
}

impl MessageOrder {
    fn sorted(self) -> Sorted<conversations::MessageOrder> {
        use conversations::MessageOrder as By;
        match self {
            Self::SentAtDesc => Sorted::descending(By::SentAt),
            Self::SentAtAsc => Sorted::ascending(By::SentAt),
            Self::MessageIdAsc => Sorted::ascending(By::MessageId),
            Self::MessageIdDesc => Sorted::descending(By::MessageId),
        }
    }
}

/// The page that the arguments of a list of messages ask for.
pub(crate) struct MessagePage {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
    pub(crate) order: MessageOrder,
}

pub(crate) async fn conversations_page(
    pool: &PgPool,
    filter: Option<ConversationFilter>,
    order: ConversationOrder,
    request: &chronogram_read_models::PageRequest,
) -> Result<Connection<Conversation>, Failure> {
    let kind = filter.unwrap_or_default().kind.map(Into::into);
    let filter = conversations::ConversationFilter { kind };
    let page = conversations::conversations(pool, &filter, order.sorted(), request).await?;
    let pool = pool.clone();
    Ok(Connection::of(page, Conversation, move || {
        let pool = pool.clone();
        async move { conversations::count_conversations(&pool, &filter).await }
    }))
}

pub(crate) async fn messages_of_conversation(
    pool: &PgPool,
    conversation: ConversationId,
    filter: conversations::MessageFilter,
    page: MessagePage,
) -> Result<Connection<Message>, Failure> {
    let request = page_request(page.first, page.after, page.last, page.before)?;
    let rows = conversations::messages(pool, &conversation, &filter, page.order.sorted(), &request).await?;
    let pool = pool.clone();
    Ok(Connection::of(rows, Message, move || {
        let (pool, conversation, filter) = (pool.clone(), conversation.clone(), filter.clone());
        async move { conversations::count_messages(&pool, &conversation, &filter).await }
    }))
}

pub(crate) async fn messages_of_person(
    pool: &PgPool,
    person: PersonId,
    sent_at: TimeRange,
    page: MessagePage,
) -> Result<Connection<Message>, Failure> {
    let direction = match page.order {
        MessageOrder::SentAtAsc => Direction::Ascending,
        MessageOrder::SentAtDesc => Direction::Descending,
        MessageOrder::MessageIdAsc | MessageOrder::MessageIdDesc => {
            let message = "numbers are counted within a conversation; order a person's messages by sentAt";
            return Err(Failure::input("orderBy", message));
        }
    };
    let request = page_request(page.first, page.after, page.last, page.before)?;
    let rows = conversations::messages_of_person(pool, &person, sent_at, direction, &request).await?;
    let pool = pool.clone();
    Ok(Connection::of(rows, Message, move || {
        let (pool, person) = (pool.clone(), person.clone());
        async move { conversations::count_messages_of_person(&pool, &person, sent_at).await }
    }))
}

/// A conversation: a chat with one of our bots, one read from an export, or one with a client of the API.
#[Object]
impl Conversation {
    /// `<bot>.<chat>`, `export.<chat>` or `api.<client>`; chats in the Bot API's signed form.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What kind of chat it is.
    async fn kind(&self) -> Result<ChatKind, Failure> {
        named(&self.0.kind)
    }

    /// Title as last described; null where never described or where its person is erased.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// The person whose name the title is, in a private chat.
    async fn title_person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        Loaders::person(ctx, self.0.title_person.as_ref()).await
    }

    /// When the log first heard of it.
    async fn opened_at(&self) -> Option<Timestamp> {
        self.0.opened_at
    }

    /// When its earliest message was sent.
    async fn first_message_at(&self) -> Option<Timestamp> {
        self.0.first_message_at
    }

    /// When its latest message was sent; null while there is none.
    async fn last_message_at(&self) -> Option<Timestamp> {
        self.0.first_message_at.map(|_| self.0.last_message_at)
    }

    /// Distinct messages, service messages not among them.
    async fn messages_count(&self) -> Long {
        Long(self.0.messages_count)
    }

    /// Position of the last event about it.
    async fn last_position(&self) -> Long {
        Long(self.0.last_position)
    }

    /// What was said in it.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those sent by this person: a Telegram user's number or `api.<client>`.")] person: Option<
            ID,
        >,
        #[graphql(desc = "Only those sent in this range.")] sent_at: Option<TimeRangeInput>,
        #[graphql(desc = "The order.", default_with = "MessageOrder::SentAtDesc")] order_by: MessageOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Message>, Failure> {
        let filter = conversations::MessageFilter {
            sender: person.map(|id| parse_id("person", &id)).transpose()?,
            sent_at: sent_at.unwrap_or_default().into(),
        };
        let page = MessagePage { first, after, last, before, order: order_by };
        messages_of_conversation(pool(ctx)?, self.0.id.clone(), filter, page).await
    }

    /// How many people wrote in it.
    async fn people_count(&self, ctx: &Context<'_>) -> Result<Long, Failure> {
        Ok(Long(Loaders::of(ctx)?.people_count(&self.0.id).await?))
    }

    /// What the bot said in it, or is to say.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.", default_with = "ReplyOrder::RequestedAtDesc")] order_by: ReplyOrder,
        #[graphql(desc = "How many from the start: 1 to 100; 20 where neither end is given.")] first: Option<i32>,
        #[graphql(desc = "Only rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Reply>, Failure> {
        let filter = conversations::ReplyFilter::Conversation(self.0.id.clone());
        replies_page(pool(ctx)?, filter, order_by, &page_request(first, after, last, before)?).await
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
        let request = page_request(first, after, last, before)?;
        let (pool, id) = (pool(ctx)?.clone(), self.0.id.clone());
        let page = conversations::service_messages(&pool, &id, Direction::Descending, &request).await?;
        Ok(Connection::of(page, ServiceMessage::from, move || {
            let (pool, id) = (pool.clone(), id.clone());
            async move { conversations::count_service_messages(&pool, &id).await }
        }))
    }
}

/// A message as last observed. Messages read from an export may lack what the export does not say.
#[Object]
impl Message {
    /// `<conversation>/<messageId>`: unique, and what the evidence of a profile refers to.
    async fn id(&self) -> ID {
        ID(format!("{}/{}", self.0.conversation, self.0.message_id))
    }

    /// Its number within the conversation.
    async fn message_id(&self) -> ID {
        ID::from(self.0.message_id)
    }

    /// Where it was said.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// Where it was said.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.0.conversation).await
    }

    /// The person who sent it, where one did.
    async fn sender_id(&self) -> Option<ID> {
        self.0.sender_person.as_ref().map(ID::from)
    }

    /// What is known of the person who sent it.
    async fn sender(&self, ctx: &Context<'_>) -> Nullable<Person> {
        Loaders::person(ctx, self.0.sender_person.as_ref()).await
    }

    /// The chat or channel that sent it in its own name, where one did; the Bot API's signed form.
    async fn sender_chat_id(&self) -> Option<ID> {
        self.0.sender_chat.map(ID::from)
    }

    /// When it was sent, by its sender's account.
    async fn sent_at(&self) -> Timestamp {
        self.0.sent_at
    }

    /// When we received it; null when it was read from an export.
    async fn received_at(&self) -> Option<Timestamp> {
        self.0.received_at
    }

    /// The IANA zone that an old export's local time was read in; null where the time is known.
    async fn assumed_zone(&self) -> Option<&str> {
        self.0.assumed_zone.as_deref()
    }

    /// Plain text; null when its person is erased.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
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

    /// Number of the message it answers, in the same conversation.
    async fn reply_to_id(&self) -> Option<ID> {
        self.0.reply_to.map(ID::from)
    }

    /// The message it answers; null where that was never observed.
    async fn reply_to(&self, ctx: &Context<'_>) -> Nullable<Message> {
        Loaders::message(ctx, &self.0.conversation, self.0.reply_to?).await
    }

    /// Where it was forwarded from.
    async fn forward(&self) -> Option<Forward> {
        self.0.forward.clone().map(Forward)
    }

    /// Reactions when last observed.
    async fn reactions(&self) -> Vec<ReactionCount> {
        self.0.reactions.iter().cloned().map(ReactionCount::from).collect()
    }

    /// The inline bot that made it.
    async fn via_bot(&self) -> Option<&str> {
        self.0.via_bot.as_deref()
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
