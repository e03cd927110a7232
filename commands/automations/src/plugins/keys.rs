//! Keys whose signature on an artifact is trusted.

use chronogram_plugin_host::SigningKey;
use sqlx::PgPool;

/// A key under the name an operator gave it.
pub type TrustedKey = (String, SigningKey);

/// Trusts a key, or gives a name another key; false where the key is trusted under another name.
pub async fn trust(pool: &PgPool, name: &str, key: &SigningKey) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into plugin.trusted_key (name, key) select $1, $2
         where not exists (select from plugin.trusted_key where key = $2 and name <> $1)
         on conflict (name) do update set key = excluded.key, added_at = clock_timestamp()",
    )
    .bind(name)
    .bind(key.as_bytes())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// All trusted keys, by name.
pub async fn trusted(pool: &PgPool) -> Result<Vec<TrustedKey>, sqlx::Error> {
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("select name, key from plugin.trusted_key order by name").fetch_all(pool).await?;
    // The table holds keys of the right length only.
    Ok(rows.into_iter().filter_map(|(name, key)| Some((name, SigningKey::from_bytes(&key).ok()?))).collect())
}

/// Trusts a key no more; false where there is none of this name. What it signed stays installed.
pub async fn distrust(pool: &PgPool, name: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("delete from plugin.trusted_key where name = $1").bind(name).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}
