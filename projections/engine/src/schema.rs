//! Schemas of read models: made, entered, dropped. Names come from [`crate::registered::Registered`], which lets
//! only plain ones pass, so they are quoted without escaping.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::{Projection, registered::Registered};

/// From here to the end of the transaction unqualified names mean `schema`; its commit does not wait for the disk, as
/// rows and checkpoint are lost together and replayed. `public` stays in sight for extensions.
pub(crate) async fn enter(connection: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    sqlx::query("select set_config('search_path', $1, true), set_config('synchronous_commit', 'off', true)")
        .bind(format!("\"{schema}\", public"))
        .execute(connection)
        .await?;
    Ok(())
}

/// An empty `schema` with the projection's tables, in the caller's transaction; whatever had its name is dropped.
pub(crate) async fn create_tables(
    connection: &mut PgConnection,
    schema: &str,
    projection: &dyn Projection,
) -> sqlx::Result<()> {
    drop(connection, schema).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("create schema \"{schema}\""))).execute(&mut *connection).await?;
    enter(connection, schema).await?;
    sqlx::raw_sql(projection.tables_sql()).execute(connection).await?;
    Ok(())
}

/// The other indexes, in the caller's transaction, which has entered the schema.
pub(crate) async fn create_indexes(connection: &mut PgConnection, projection: &dyn Projection) -> sqlx::Result<()> {
    sqlx::raw_sql(projection.indexes_sql()).execute(connection).await?;
    Ok(())
}

pub(crate) async fn drop(connection: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("drop schema if exists \"{schema}\" cascade"))).execute(connection).await?;
    Ok(())
}

pub(crate) async fn rename(connection: &mut PgConnection, from: &str, to: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("alter schema \"{from}\" rename to \"{to}\""))).execute(connection).await?;
    Ok(())
}

pub(crate) async fn exists(connection: &mut PgConnection, schema: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema)
        .fetch_one(connection)
        .await
}

/// New tables have no statistics: without them the first queries would choose their plans blindly.
pub(crate) async fn analyze(connection: &mut PgConnection, schema: &str, registered: &Registered) -> sqlx::Result<()> {
    for table in registered.projection.tables() {
        let sql = format!("analyze \"{schema}\".{}", quoted(table.table));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A name of a projection's own SQL, as an identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
