//! Questions about reminders.

use chronogram_model::{PersonId, ReminderId};
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::ReminderRow;
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted, TimeRange,
    page::{Key, KeyColumn, SortField, read_page},
};

/// Which reminders. Absent fields do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReminderFilter {
    /// Only this person's.
    pub person: Option<PersonId>,
    /// Only those that stand so: `scheduled`, `cancelled`, `sent`, `failed`.
    pub state: Option<String>,
    /// Only those due in this range.
    pub due_at: TimeRange,
}

impl ReminderFilter {
    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        if let Some(person) = &self.person {
            query.push(" and person = ").push_bind(person.to_string());
        }
        if let Some(state) = &self.state {
            query.push(" and state = ").push_bind(state.clone());
        }
        self.due_at.push("due_at", query);
    }
}

#[derive(Clone, Copy)]
struct DueOrder;

impl SortField for DueOrder {
    type Row = ReminderRow;

    fn list(self) -> &'static str {
        "reminders by due_at"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Time("due_at"), KeyColumn::Uuid("id")]
    }

    fn keys(self, row: &ReminderRow) -> Vec<Key> {
        vec![Key::Time(row.due_at), Key::Uuid(row.id)]
    }
}

/// Reminders by when they are due, a page of them.
pub async fn reminders(
    executor: impl PgExecutor<'_>,
    filter: &ReminderFilter,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<ReminderRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from reminder where true");
    filter.push(&mut query);
    read_page(executor, query, Sorted { by: DueOrder, direction }, request).await
}

/// How many reminders there are; ask only when somebody wants to know.
pub async fn count_reminders(executor: impl PgExecutor<'_>, filter: &ReminderFilter) -> Result<i64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from reminder where true");
    filter.push(&mut query);
    Ok(query.build_query_scalar().fetch_one(executor).await?)
}

/// Those of `ids` that are known, in no order.
pub async fn reminders_by_id(
    executor: impl PgExecutor<'_>,
    ids: &[ReminderId],
) -> Result<Vec<ReminderRow>, QueryError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as("select * from reminder where id = any($1)").bind(ids).fetch_all(executor).await?)
}
