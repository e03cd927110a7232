//! Who is a VIP: whom an operator put on the list, and who was seen with Telegram Premium.

use chronogram_model::PersonId;
use sqlx::PgExecutor;

use super::PersonRow;
use crate::QueryError;

/// The next of them by id, after `after`, at most `limit`.
pub async fn vips(
    executor: impl PgExecutor<'_>,
    after: Option<&PersonId>,
    limit: u32,
) -> Result<Vec<PersonRow>, QueryError> {
    const SQL: &str = "select * from person where (vip or coalesce(premium, false)) and id > $1 order by id limit $2";
    // '' stands before every id.
    let after = after.map(ToString::to_string).unwrap_or_default();
    Ok(sqlx::query_as(SQL).bind(after).bind(i64::from(limit)).fetch_all(executor).await?)
}
