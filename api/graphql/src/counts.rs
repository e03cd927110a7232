//! Totals of the lists for which the read models offer pages only.

use chronogram_model::{ChatId, ConversationId, PersonId};
use chronogram_read_models::QueryError;
use sqlx::PgPool;

/// Service messages of a conversation.
pub(crate) async fn service_messages(pool: &PgPool, conversation: &ConversationId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from service_message where conversation = $1";
    Ok(sqlx::query_scalar(SQL).bind(conversation.to_string()).fetch_one(pool).await?)
}

/// Service messages of a channel.
pub(crate) async fn channel_service_messages(pool: &PgPool, channel: ChatId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from channel_service_message where channel = $1";
    Ok(sqlx::query_scalar(SQL).bind(channel.0).fetch_one(pool).await?)
}

/// Enrichments of a person's profile.
pub(crate) async fn enrichments(pool: &PgPool, person: &PersonId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from profile_enrichment where person = $1";
    Ok(sqlx::query_scalar(SQL).bind(person.to_string()).fetch_one(pool).await?)
}

/// Failed enrichments of a person's profile.
pub(crate) async fn enrichment_failures(pool: &PgPool, person: &PersonId) -> Result<i64, QueryError> {
    const SQL: &str = "select count(*) from profile_failure where person = $1";
    Ok(sqlx::query_scalar(SQL).bind(person.to_string()).fetch_one(pool).await?)
}

/// Events of these types, as far as they are folded.
pub(crate) async fn events(pool: &PgPool, types: &[String]) -> Result<i64, QueryError> {
    const SQL: &str = "select coalesce(sum(events), 0)::bigint from event_count where event_type = any($1)";
    Ok(sqlx::query_scalar(SQL).bind(types).fetch_one(pool).await?)
}
