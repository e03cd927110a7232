//! Questions about what we said.

use chronogram_model::{ConversationId, ReplyId};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::ReplyRow;
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted,
    page::{Key, KeyColumn, SortField, read_page},
};

/// Which replies: each kind of list has its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyFilter {
    /// Those of a conversation.
    Conversation(ConversationId),
    /// Those that stand so, in all conversations: `requested`, `sent`, `failed`.
    State(String),
}

impl ReplyFilter {
    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Conversation(id) => query.push(" where conversation = ").push_bind(id.to_string()),
            Self::State(state) => query.push(" where state = ").push_bind(state.clone()),
        };
    }
}

#[derive(Clone, Copy)]
struct RequestedOrder;

impl SortField for RequestedOrder {
    type Row = ReplyRow;

    fn list(self) -> &'static str {
        "replies by requested_at"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Time("requested_at"), KeyColumn::Uuid("id")]
    }

    fn keys(self, row: &ReplyRow) -> Vec<Key> {
        vec![Key::Time(row.requested_at), Key::Uuid(row.id)]
    }
}

/// Replies by when they were asked for, a page of them.
pub async fn replies(
    executor: impl PgExecutor<'_>,
    filter: &ReplyFilter,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<ReplyRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from reply");
    filter.push(&mut query);
    read_page(executor, query, Sorted { by: RequestedOrder, direction }, request).await
}

/// How many replies there are; ask only when somebody wants to know.
pub async fn count_replies(executor: impl PgExecutor<'_>, filter: &ReplyFilter) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from reply");
    filter.push(&mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that exist, in no order.
pub async fn replies_by_id(executor: impl PgExecutor<'_>, ids: &[ReplyId]) -> Result<Vec<ReplyRow>, QueryError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as("select * from reply where id = any($1)").bind(ids).fetch_all(executor).await?)
}
