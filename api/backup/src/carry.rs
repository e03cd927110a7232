//! Takes a table over from one database into another, row by row, as it is.

use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    create::columns,
    error::{BackupError, while_},
    tables::quoted,
};

const OPERATION: &str = "take a table over from the living database";

/// Whether there is a table of this name.
pub(crate) async fn has_table(connection: &mut PgConnection, name: &str) -> Result<bool, BackupError> {
    let sql = "select to_regclass($1) is not null";
    sqlx::query_scalar(sql).bind(name).fetch_one(connection).await.map_err(while_(OPERATION))
}

/// Replaces what is in `table` of `to` by what is in that of `from`.
pub(crate) async fn carry(from: &mut PgConnection, to: &mut PgConnection, table: &str) -> Result<(), BackupError> {
    let name = quoted(table);
    sqlx::raw_sql(AssertSqlSafe(format!("delete from {name}"))).execute(&mut *to).await.map_err(while_(OPERATION))?;
    let columns =
        columns(from, table).await?.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let copy = format!("copy {name} ({columns}) from stdin");
    let mut into = to.copy_in_raw(&copy).await.map_err(while_(OPERATION))?;
    let copy = format!("copy {name} ({columns}) to stdout");
    let mut out = from.copy_out_raw(&copy).await.map_err(while_(OPERATION))?;
    while let Some(rows) = out.try_next().await.map_err(while_(OPERATION))? {
        into.send(rows).await.map_err(while_(OPERATION))?;
    }
    drop(out);
    into.finish().await.map_err(while_(OPERATION))?;
    Ok(())
}
