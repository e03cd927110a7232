//! Questions about people and their profiles.

use chronogram_model::{ConversationId, PersonId};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::{PeopleCount, PersonConversationRow, PersonRow, ProfileFieldRow};
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted,
    page::{Key, KeyColumn, SortField, read_page},
};

/// Which people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonFilter {
    /// Only with, or only without a profile.
    pub has_profile: Option<bool>,
}

/// What people are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonOrder {
    /// Latest sighting or message.
    #[default]
    LastSeenAt,
    /// The id, as text.
    Id,
    /// How many messages they wrote.
    Messages,
}

impl SortField for PersonOrder {
    type Row = PersonRow;

    fn list(self) -> &'static str {
        match self {
            Self::LastSeenAt => "people by last_seen_at",
            Self::Id => "people by id",
            Self::Messages => "people by messages",
        }
    }

    fn columns(self) -> &'static [KeyColumn] {
        match self {
            Self::LastSeenAt => &[KeyColumn::Time("last_seen_at"), KeyColumn::Text("id")],
            Self::Id => &[KeyColumn::Text("id")],
            Self::Messages => &[KeyColumn::Number("messages_count"), KeyColumn::Text("id")],
        }
    }

    fn keys(self, row: &PersonRow) -> Vec<Key> {
        let id = Key::Text(row.id.to_string());
        match self {
            Self::LastSeenAt => vec![Key::Time(row.last_seen_at), id],
            Self::Id => vec![id],
            Self::Messages => vec![Key::Number(row.messages_count), id],
        }
    }
}

impl PersonFilter {
    fn push(self, query: &mut QueryBuilder<Postgres>) {
        if let Some(has_profile) = self.has_profile {
            query.push(" and has_profile = ").push_bind(has_profile);
        }
    }
}

/// People, a page of them.
pub async fn people(
    executor: impl PgExecutor<'_>,
    filter: &PersonFilter,
    order: Sorted<PersonOrder>,
    request: &PageRequest,
) -> Result<Page<PersonRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from person where true");
    filter.push(&mut query);
    read_page(executor, query, order, request).await
}

/// How many people there are; ask only when somebody wants to know.
pub async fn count_people(executor: impl PgExecutor<'_>, filter: &PersonFilter) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from person where true");
    filter.push(&mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that are known, in no order: for a data loader.
pub async fn people_by_id(executor: impl PgExecutor<'_>, ids: &[PersonId]) -> Result<Vec<PersonRow>, QueryError> {
    Ok(sqlx::query_as("select * from person where id = any($1)").bind(texts(ids)).fetch_all(executor).await?)
}

/// The profiles of `people` as they stand, by person and key: for a data loader.
pub async fn profile_fields_of(
    executor: impl PgExecutor<'_>,
    people: &[PersonId],
) -> Result<Vec<ProfileFieldRow>, QueryError> {
    const SQL: &str = "select * from profile_field where person = any($1) order by person, key";
    Ok(sqlx::query_as(SQL).bind(texts(people)).fetch_all(executor).await?)
}

#[derive(Clone, Copy)]
struct PartOrder;

impl SortField for PartOrder {
    type Row = PersonConversationRow;

    fn list(self) -> &'static str {
        "conversations of a person by last_message_at"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Time("last_message_at"), KeyColumn::Text("conversation")]
    }

    fn keys(self, row: &PersonConversationRow) -> Vec<Key> {
        vec![Key::Time(row.last_message_at), Key::Text(row.conversation.to_string())]
    }
}

/// The conversations a person wrote in, by their last message there, a page of them.
pub async fn conversations_of(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<PersonConversationRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from person_conversation where person = ");
    query.push_bind(person.to_string());
    read_page(executor, query, Sorted { by: PartOrder, direction }, request).await
}

/// Where a person talks with a bot of ours alone; of several, where they wrote last.
pub async fn private_chat_of(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
) -> Result<Option<ConversationId>, QueryError> {
    // A private chat has the number of its person: `<bot>.<person>`.
    const SQL: &str = "select conversation from person_conversation
        where person = $1 and conversation ~ ('^[0-9]+\\.' || $1 || '$')
        order by last_message_at desc, conversation desc limit 1";
    let PersonId::Telegram(number) = person else { return Ok(None) };
    let found: Option<String> = sqlx::query_scalar(SQL).bind(number.to_string()).fetch_optional(executor).await?;
    Ok(found.and_then(|id| id.parse().ok()))
}

/// How many people wrote in each of `conversations`: for a data loader.
pub async fn people_counts(
    executor: impl PgExecutor<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<PeopleCount>, QueryError> {
    const SQL: &str = "select conversation, count(*) as people from person_conversation
        where conversation = any($1) group by conversation";
    let ids: Vec<String> = conversations.iter().map(ToString::to_string).collect();
    Ok(sqlx::query_as(SQL).bind(ids).fetch_all(executor).await?)
}

fn texts(people: &[PersonId]) -> Vec<String> {
    people.iter().map(ToString::to_string).collect()
}
