//! The bytes of artifacts, by digest.

use chronogram_plugin_host::PluginDigest;
use sqlx::PgPool;

/// Keeps an artifact; keeping it again changes nothing.
pub(super) async fn keep(pool: &PgPool, digest: &PluginDigest, wasm: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("insert into plugin.artifact (digest, wasm) values ($1, $2) on conflict (digest) do nothing")
        .bind(digest.as_str())
        .bind(wasm)
        .execute(pool)
        .await
        .map(drop)
}

/// The bytes of an artifact, if it is kept.
pub(super) async fn read(pool: &PgPool, digest: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar("select wasm from plugin.artifact where digest = $1").bind(digest).fetch_optional(pool).await
}

/// Keeps an artifact no more; its digest stays in the log.
pub(super) async fn discard(pool: &PgPool, digest: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from plugin.artifact where digest = $1").bind(digest).execute(pool).await.map(drop)
}
