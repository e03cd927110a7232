//! Fills an empty database from an archive: the tables as they were when it was made, then what later releases changed.

use chronogram_log::crash_point;
use chronogram_migrations::MIGRATOR;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, migrate::Migrator, postgres::PgConnectOptions,
};

use crate::{
    error::{BackupError, while_},
    file::Opened,
    manifest::{LogKept, Manifest},
    tables::{EVENTS, RUNS, TABLES, quoted},
};

const OPERATION: &str = "fill a database from a backup";

/// The same text whatever the server's settings are; the disk is waited for once, when it is put in place.
const SETTINGS: &str = "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set synchronous_commit = off; \
    set statement_timeout = 0";

/// Of a log that came by the port: what a repeat of a command is told. Events of others name none.
const COMMANDS: &str = "
insert into es.command (command_id, first_position, last_position, fingerprint)
select (meta::jsonb ->> 'command_id')::uuid, min(position), max(position), max(meta::jsonb ->> 'fingerprint')
from es.event where meta::jsonb ->> 'command_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
group by 1";

const HEAD: &str = "update es.head set position = (select coalesce(max(position), 0) from es.event) where id = 1";

/// Identity columns: what is counted from goes on behind the highest.
const IDENTITIES: &str = "
select c.oid::regclass::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
where a.attidentity <> '' and c.relnamespace::regnamespace::text || '.' || c.relname = any($1)";

/// Refuses what a newer release made: this one would lose what it does not know.
pub(crate) fn refuse_newer(file: &Opened, product: &str) -> Result<(), BackupError> {
    let manifest = file.manifest();
    let newer =
        |detail: String| BackupError::Newer { file: file.name().to_owned(), product: manifest.product.clone(), detail };
    if let Some(migration) = manifest.migrations.iter().find(|version| !MIGRATOR.version_exists(**version)) {
        return Err(newer(format!("this release does not know its migration {migration}")));
    }
    if let Some(part) = manifest.parts.iter().find(|part| !TABLES.iter().any(|table| table.name == part.table)) {
        return Err(newer(format!("this release does not know its table {}", part.table)));
    }
    if release(&manifest.product) > release(product) {
        return Err(newer(format!("this is {product}")));
    }
    Ok(())
}

/// Major, minor, patch; what follows a hyphen does not count.
fn release(product: &str) -> Option<[u64; 3]> {
    let mut numbers = product.split(['-', '+']).next()?.split('.').map(|number| number.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

/// Fills the empty database at `options` from an archive, and brings it to this version. `progress` is told how many rows
/// of how many are in.
pub(crate) async fn load(
    file: &Opened,
    options: &PgConnectOptions,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(), BackupError> {
    let mut connection = options.connect().await.map_err(while_(OPERATION))?;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await.map_err(while_(OPERATION))?;
    let manifest = file.manifest();
    let had = MIGRATOR.iter().filter(|migration| manifest.migrations.contains(&migration.version)).cloned();
    Migrator::with_migrations(had.collect()).run(&mut connection).await?;
    fill(file, &mut connection, &|table| Some(quoted(table)), progress).await?;
    if manifest.log == LogKept::Port {
        for sql in [COMMANDS, HEAD] {
            sqlx::raw_sql(sql).execute(&mut connection).await.map_err(while_(OPERATION))?;
        }
    }
    crash_point("restore.filled");
    MIGRATOR.run(&mut connection).await?;
    tidy(&mut connection).await.map_err(while_(OPERATION))?;
    connection.close().await.map_err(while_(OPERATION))
}

/// Copies the parts of a file into the tables that `into` names; `None`: not this one.
pub(crate) async fn fill(
    file: &Opened,
    connection: &mut PgConnection,
    into: &(dyn Fn(&'static str) -> Option<String> + Send + Sync),
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(), BackupError> {
    let manifest = file.manifest();
    let mut blocks = file.blocks().await?;
    let (mut done, total) = (0, manifest.rows());
    let mut waiting = blocks.next().await?;
    for (number, part) in manifest.parts.iter().enumerate() {
        let table = TABLES.iter().find(|table| table.name == part.table).and_then(|table| into(table.name));
        let mut copy = match &table {
            None => None,
            Some(table) => {
                empty(connection, &part.table, table).await?;
                let columns = part.columns.iter().map(|column| quoted_column(column)).collect::<Vec<_>>().join(", ");
                let sql = format!("copy {table} ({columns}) from stdin");
                Some(connection.copy_in_raw(&sql).await.map_err(while_(OPERATION))?)
            }
        };
        while let Some(block) = waiting.take_if(|block| block.part == number) {
            if let Some(copy) = &mut copy {
                copy.send(block.text).await.map_err(while_(OPERATION))?;
            }
            done += block.rows;
            progress(done, total);
            crash_point("restore.block");
            waiting = blocks.next().await?;
        }
        if let Some(copy) = copy {
            let rows = copy.finish().await.map_err(while_(OPERATION))?;
            refuse_other_count(file, manifest, number, rows)?;
        }
    }
    Ok(())
}

/// A migration may have put a first row there. The log's own table is empty, and lets nobody delete.
async fn empty(connection: &mut PgConnection, name: &str, table: &str) -> Result<(), BackupError> {
    if name != EVENTS {
        let sql = AssertSqlSafe(format!("delete from {table}"));
        sqlx::raw_sql(sql).execute(connection).await.map_err(while_(OPERATION))?;
    }
    Ok(())
}

fn refuse_other_count(file: &Opened, manifest: &Manifest, number: usize, rows: u64) -> Result<(), BackupError> {
    match manifest.parts.get(number) {
        Some(part) if part.rows != rows => Err(BackupError::Damaged {
            file: file.name().to_owned(),
            part: part.table.clone(),
            detail: format!("{} rows were written, {rows} came back", part.rows),
        }),
        _ => Ok(()),
    }
}

fn quoted_column(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Goes on counting where it ended, and lets Postgres know what the tables hold.
async fn tidy(connection: &mut PgConnection) -> sqlx::Result<()> {
    let tables: Vec<&str> = TABLES.iter().map(|table| table.name).filter(|name| *name != RUNS).collect();
    let identities: Vec<(String, String)> = sqlx::query_as(IDENTITIES).bind(tables).fetch_all(&mut *connection).await?;
    for (table, column) in identities {
        let sql = format!(
            "select setval(pg_get_serial_sequence('{table}', '{column}'), \
             coalesce((select max(\"{column}\") from {table}), 0) + 1, false)"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    sqlx::raw_sql("analyze").execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_their_numbers() {
        assert!(release("0.10.0") > release("0.9.3"));
        assert_eq!(release("1.2.3-rc.1"), release("1.2.3"));
        assert_eq!(release("nightly"), None);
    }
}
