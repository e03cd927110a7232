//! Some people, chosen by chance that a number decides: the same number, the same people, as long as the same are known.

use sqlx::PgExecutor;

use super::PersonRow;
use crate::QueryError;

/// So many of those who wrote anything, or of those who did not. Looks at all of them: for who compares, not for pages.
pub async fn people_sample(
    executor: impl PgExecutor<'_>,
    seed: u64,
    have_written: bool,
    limit: u32,
) -> Result<Vec<PersonRow>, QueryError> {
    const SQL: &str = "select * from person where (messages_count > 0) = $1 order by md5($2 || ' ' || id), id limit $3";
    let query = sqlx::query_as(SQL).bind(have_written).bind(seed.to_string()).bind(i64::from(limit));
    Ok(query.fetch_all(executor).await?)
}
