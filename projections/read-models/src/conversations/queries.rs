//! Questions about conversations and messages.

use chronogram_model::{ConversationId, MessageId, PersonId, conversation::ChatKind};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::{ConversationRow, MessageRow, SentText, ServiceMessageRow};
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted, TimeRange,
    page::{Key, KeyColumn, SortField, read_page},
};

/// Which conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Only of this kind.
    pub kind: Option<ChatKind>,
}

/// What conversations are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConversationOrder {
    /// When the latest message was sent.
    #[default]
    LastMessageAt,
    /// The id, as text.
    Id,
}

impl SortField for ConversationOrder {
    type Row = ConversationRow;

    fn list(self) -> &'static str {
        match self {
            Self::LastMessageAt => "conversations by last_message_at",
            Self::Id => "conversations by id",
        }
    }

    fn columns(self) -> &'static [KeyColumn] {
        match self {
            Self::LastMessageAt => &[KeyColumn::Time("last_message_at"), KeyColumn::Text("id")],
            Self::Id => &[KeyColumn::Text("id")],
        }
    }

    fn keys(self, row: &ConversationRow) -> Vec<Key> {
        let id = Key::Text(row.id.to_string());
        match self {
            Self::LastMessageAt => vec![Key::Time(row.last_message_at), id],
            Self::Id => vec![id],
        }
    }
}

impl ConversationFilter {
    fn push(self, query: &mut QueryBuilder<Postgres>) {
        if let Some(kind) = self.kind {
            query.push(" and kind = ").push_bind(kind.as_str());
        }
    }
}

/// Conversations, a page of them.
pub async fn conversations(
    executor: impl PgExecutor<'_>,
    filter: &ConversationFilter,
    order: Sorted<ConversationOrder>,
    request: &PageRequest,
) -> Result<Page<ConversationRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from conversation where true");
    filter.push(&mut query);
    read_page(executor, query, order, request).await
}

/// How many conversations there are; ask only when somebody wants to know.
pub async fn count_conversations(
    executor: impl PgExecutor<'_>,
    filter: &ConversationFilter,
) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from conversation where true");
    filter.push(&mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that exist, in no order: for a data loader.
pub async fn conversations_by_id(
    executor: impl PgExecutor<'_>,
    ids: &[ConversationId],
) -> Result<Vec<ConversationRow>, QueryError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Ok(sqlx::query_as("select * from conversation where id = any($1)").bind(ids).fetch_all(executor).await?)
}

/// Which messages of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Only of this sender.
    pub sender: Option<PersonId>,
    /// Only sent in this range; offered with the order [`MessageOrder::SentAt`].
    pub sent_at: TimeRange,
}

/// What messages of a conversation are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageOrder {
    /// When they were sent.
    #[default]
    SentAt,
    /// Their number within the conversation.
    MessageId,
}

impl SortField for MessageOrder {
    type Row = MessageRow;

    fn list(self) -> &'static str {
        match self {
            Self::SentAt => "messages by sent_at",
            Self::MessageId => "messages by message_id",
        }
    }

    fn columns(self) -> &'static [KeyColumn] {
        match self {
            Self::SentAt => &[KeyColumn::Time("sent_at"), KeyColumn::Number("message_id")],
            Self::MessageId => &[KeyColumn::Number("message_id")],
        }
    }

    fn keys(self, row: &MessageRow) -> Vec<Key> {
        let id = Key::Number(row.message_id.0);
        match self {
            Self::SentAt => vec![Key::Time(row.sent_at), id],
            Self::MessageId => vec![id],
        }
    }
}

impl MessageFilter {
    fn push(&self, conversation: &ConversationId, query: &mut QueryBuilder<Postgres>) {
        query.push(" where conversation = ").push_bind(conversation.to_string());
        if let Some(sender) = &self.sender {
            query.push(" and sender_person = ").push_bind(sender.to_string());
        }
        self.sent_at.push("sent_at", query);
    }
}

/// Messages of a conversation, a page of them.
pub async fn messages(
    executor: impl PgExecutor<'_>,
    conversation: &ConversationId,
    filter: &MessageFilter,
    order: Sorted<MessageOrder>,
    request: &PageRequest,
) -> Result<Page<MessageRow>, QueryError> {
    if order.by == MessageOrder::MessageId && !filter.sent_at.is_open() {
        let (filter, order, instead) = ("a range of sent_at", "message_id", "sent_at");
        return Err(QueryError::NotOffered { filter, order, instead });
    }
    let mut query = QueryBuilder::new("select * from message");
    filter.push(conversation, &mut query);
    read_page(executor, query, order, request).await
}

/// How many messages a conversation has.
pub async fn count_messages(
    executor: impl PgExecutor<'_>,
    conversation: &ConversationId,
    filter: &MessageFilter,
) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from message");
    filter.push(conversation, &mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that exist, in no order: for a data loader.
pub async fn messages_by_id(
    executor: impl PgExecutor<'_>,
    ids: &[(ConversationId, MessageId)],
) -> Result<Vec<MessageRow>, QueryError> {
    const SQL: &str = "select message.* from unnest($1::text[], $2::bigint[]) as wanted(conversation, message_id)
        join message using (conversation, message_id)";
    let (conversations, numbers): (Vec<String>, Vec<i64>) =
        ids.iter().map(|(conversation, message)| (conversation.to_string(), message.0)).unzip();
    Ok(sqlx::query_as(SQL).bind(conversations).bind(numbers).fetch_all(executor).await?)
}

/// A person's messages by time, over all conversations.
#[derive(Clone, Copy)]
struct HistoryOrder;

impl SortField for HistoryOrder {
    type Row = MessageRow;

    fn list(self) -> &'static str {
        "history by sent_at"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Time("sent_at"), KeyColumn::Text("conversation"), KeyColumn::Number("message_id")]
    }

    fn keys(self, row: &MessageRow) -> Vec<Key> {
        vec![Key::Time(row.sent_at), Key::Text(row.conversation.to_string()), Key::Number(row.message_id.0)]
    }
}

/// What a person wrote in all conversations, by `sent_at`, a page of it.
pub async fn messages_of_person(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    sent_at: TimeRange,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<MessageRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from message where sender_person = ");
    query.push_bind(person.to_string());
    sent_at.push("sent_at", &mut query);
    read_page(executor, query, Sorted { by: HistoryOrder, direction }, request).await
}

/// How many messages a person wrote in all conversations.
pub async fn count_messages_of_person(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    sent_at: TimeRange,
) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from message where sender_person = ");
    query.push_bind(person.to_string());
    sent_at.push("sent_at", &mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// The newest texts that each of `people` wrote, person by person, oldest first: of each at most `limit`, at most
/// `budget_bytes` of UTF-8 together. Messages without text are passed over; the first text that exceeds the budget ends a
/// person's list, so that it has no gap.
pub async fn latest_messages_of(
    executor: impl PgExecutor<'_>,
    people: &[PersonId],
    limit: u32,
    budget_bytes: u32,
) -> Result<Vec<SentText>, QueryError> {
    const SQL: &str = "select wanted.person, sent.*
        from unnest($1::text[]) as wanted (person)
        cross join lateral (
            select conversation, message_id, sent_at, text
            from (select conversation, message_id, sent_at, text,
                         sum(octet_length(text)) over (order by sent_at desc, conversation desc, message_id desc) as bytes
                  from (select conversation, message_id, sent_at, text from message
                        where sender_person = wanted.person and text <> ''
                        order by sent_at desc, conversation desc, message_id desc limit $2) as newest) as summed
            where bytes <= $3
        ) as sent
        order by wanted.person, sent_at, conversation, message_id";
    let people: Vec<String> = people.iter().map(ToString::to_string).collect();
    let query = sqlx::query_as(SQL).bind(people).bind(i64::from(limit)).bind(i64::from(budget_bytes));
    Ok(query.fetch_all(executor).await?)
}

#[derive(Clone, Copy)]
struct ServiceOrder;

impl SortField for ServiceOrder {
    type Row = ServiceMessageRow;

    fn list(self) -> &'static str {
        "service messages by message_id"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Number("message_id")]
    }

    fn keys(self, row: &ServiceMessageRow) -> Vec<Key> {
        vec![Key::Number(row.message_id.0)]
    }
}

/// Service entries of a conversation by their number, a page of them.
pub async fn service_messages(
    executor: impl PgExecutor<'_>,
    conversation: &ConversationId,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<ServiceMessageRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from service_message where conversation = ");
    query.push_bind(conversation.to_string());
    read_page(executor, query, Sorted { by: ServiceOrder, direction }, request).await
}

/// How many service messages a conversation has.
pub async fn count_service_messages(
    executor: impl PgExecutor<'_>,
    conversation: &ConversationId,
) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from service_message where conversation = $1";
    Ok(sqlx::query_scalar(SQL).bind(conversation.to_string()).fetch_one(executor).await?)
}
