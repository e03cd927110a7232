//! Questions about how a profile came about: every enrichment, and those that failed.

use chronogram_model::PersonId;
use sqlx::{PgExecutor, QueryBuilder};

use super::{EnrichmentFailureRow, EnrichmentRow};
use crate::{
    Direction, Page, PageRequest, QueryError, Sorted,
    page::{Key, KeyColumn, SortField, read_page},
};

#[derive(Clone, Copy)]
struct EnrichmentOrder;

impl SortField for EnrichmentOrder {
    type Row = EnrichmentRow;

    fn list(self) -> &'static str {
        "enrichments by position"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Number("position")]
    }

    fn keys(self, row: &EnrichmentRow) -> Vec<Key> {
        vec![Key::Number(row.position)]
    }
}

/// Enrichments of a person's profile in the order of the log, a page of them.
pub async fn enrichments_of(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<EnrichmentRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from profile_enrichment where person = ");
    query.push_bind(person.to_string());
    read_page(executor, query, Sorted { by: EnrichmentOrder, direction }, request).await
}

/// How many enrichments a person's profile had.
pub async fn count_enrichments_of(executor: impl PgExecutor<'_>, person: &PersonId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from profile_enrichment where person = $1";
    Ok(sqlx::query_scalar(SQL).bind(person.to_string()).fetch_one(executor).await?)
}

#[derive(Clone, Copy)]
struct FailureOrder;

impl SortField for FailureOrder {
    type Row = EnrichmentFailureRow;

    fn list(self) -> &'static str {
        "enrichment failures by position"
    }

    fn columns(self) -> &'static [KeyColumn] {
        &[KeyColumn::Number("position")]
    }

    fn keys(self, row: &EnrichmentFailureRow) -> Vec<Key> {
        vec![Key::Number(row.position)]
    }
}

/// Failed enrichments of a person's profile in the order of the log, a page of them.
pub async fn enrichment_failures_of(
    executor: impl PgExecutor<'_>,
    person: &PersonId,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<EnrichmentFailureRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from profile_failure where person = ");
    query.push_bind(person.to_string());
    read_page(executor, query, Sorted { by: FailureOrder, direction }, request).await
}

/// How many enrichments of a person's profile failed.
pub async fn count_enrichment_failures_of(executor: impl PgExecutor<'_>, person: &PersonId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from profile_failure where person = $1";
    Ok(sqlx::query_scalar(SQL).bind(person.to_string()).fetch_one(executor).await?)
}
