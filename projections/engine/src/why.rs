//! Why a row is as it is: the events that wrote it, found by folding the log again.
//!
//! Nothing is stored for this. A scratch schema is filled within one transaction that is rolled back; a batch that wrote
//! the row is taken back and folded in halves until the events stand alone. That is sound because the same events give
//! the same rows in batches of any size. A row that comes and goes within one batch leaves no trace.

use chronogram_log::{Position, RecordedEvent};
use sqlx::{AssertSqlSafe, Connection, PgConnection, error::DatabaseError};

use crate::{
    Engine, EngineError, Progress, ProgressFn, TableKey,
    apply::{Fault, fold},
    causes::{Causes, LoggedEvent},
    error::While,
    left_out::LeftOut,
    registered::Registered,
    schema,
};

/// Events folded at once before halving.
const BATCH_EVENTS: usize = 1_000;
const OPERATION: &str = "look which events wrote a row";

/// Where a row comes from.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Why {
    /// The projection.
    pub projection: String,
    /// The table.
    pub table: String,
    /// The row's key: `chat=1 message=2`.
    pub key: String,
    /// Everything up to here was looked at.
    pub position: Position,
    /// Whether the row is there at that position.
    pub exists: bool,
    /// The events that wrote it, oldest first.
    pub events: Vec<LoggedEvent>,
    /// There are more, younger ones than were asked for.
    pub more: bool,
    /// What led to them.
    pub causes: Causes,
}

impl Engine {
    /// The events that wrote a row, at most `limit` of them, and what led to them. `row` is a projection (its first
    /// table is meant) or `projection.table`; `key` holds its key's values in order, or `column=value` each.
    pub async fn why(
        &self,
        row: &str,
        key: &[String],
        limit: usize,
        progress: ProgressFn<'_>,
    ) -> Result<Why, EngineError> {
        let (name, table) = row.split_once('.').map_or((row, None), |(name, table)| (name, Some(table)));
        let registered = self.find(name)?;
        let table = table_of(registered, table)?;
        let values = values_of(table, key)?;
        let mut connection = self.sessions.pool.acquire().await.while_(OPERATION)?;
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        let until = self.sessions.store.head().await?;
        let found = self.touching(registered, table, &values, &mut transaction, (until, limit, progress)).await;
        transaction.rollback().await.while_(OPERATION)?;
        let (events, exists, position) = found?;
        let more = position < until;
        let events = events.iter().map(LoggedEvent::of).collect::<Vec<_>>();
        let causes = Causes::of(&self.sessions.store, &events).await?;
        let shown: Vec<_> = table.key.iter().zip(&values).map(|(column, value)| format!("{column}={value}")).collect();
        let (projection, table, key) = (name.to_owned(), table.table.to_owned(), shown.join(" "));
        Ok(Why { projection, table, key, position, exists, events, more, causes })
    }

    async fn touching(
        &self,
        registered: &Registered,
        table: &TableKey,
        values: &[String],
        connection: &mut PgConnection,
        (until, limit, progress): (Position, usize, ProgressFn<'_>),
    ) -> Result<(Vec<RecordedEvent>, bool, Position), EngineError> {
        let session: i32 =
            sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *connection).await.while_(OPERATION)?;
        let scratch = format!("{}_why_{session}", registered.live_schema());
        schema::create_tables(connection, &scratch, &*registered.projection).await.while_(OPERATION)?;
        let row = Row::find(connection, &scratch, table, values).await?;
        let left_out = LeftOut::of(connection, registered).await?;
        let (mut found, mut position) = (Vec::new(), Position::START);
        while position < until && found.len() < limit {
            progress(Progress { done: position.0, total: until.0 });
            let mut page = self.page_until(&registered.filter, position, until, BATCH_EVENTS).await?;
            left_out.leave_out(&mut page.events);
            let touched = row.touched_by(connection, registered, &page.events).await;
            found.extend(touched.map_err(|fault| fault.into_error(registered, &page.events))?);
            position = page.up_to;
        }
        progress(Progress { done: position.0, total: until.0 });
        if found.len() > limit {
            found.truncate(limit);
            position = found.last().map_or(position, |event| event.position);
        }
        let exists = row.trace(connection).await.while_(OPERATION)?.is_some();
        Ok((found, exists, position))
    }
}

fn table_of<'a>(registered: &'a Registered, wanted: Option<&str>) -> Result<&'a TableKey, EngineError> {
    let tables = registered.projection.tables();
    let found = match wanted {
        None => tables.first(),
        Some(wanted) => tables.iter().find(|table| table.table == wanted),
    };
    found.ok_or_else(|| {
        let known: Vec<_> = tables.iter().map(|table| format!("{}.{}", registered.name, table.table)).collect();
        EngineError::NoSuchRow(format!("there is no table of that name; there are: {}", known.join(", ")))
    })
}

/// The values in the order of the key's columns.
fn values_of(table: &TableKey, given: &[String]) -> Result<Vec<String>, EngineError> {
    let wrong = || {
        let columns: Vec<_> = table.key.iter().map(|column| format!("{column}=…")).collect();
        EngineError::NoSuchRow(format!("a row of {} is named by {}", table.table, columns.join(" ")))
    };
    if given.len() != table.key.len() {
        return Err(wrong());
    }
    let named = |column: &str| given.iter().find_map(|part| part.strip_prefix(column)?.strip_prefix('='));
    if let Some(values) = table.key.iter().map(|column| named(column).map(str::to_owned)).collect() {
        return Ok(values);
    }
    let is_plain = |part: &String| !table.key.iter().any(|column| part.starts_with(&format!("{column}=")));
    if given.iter().all(is_plain) { Ok(given.to_vec()) } else { Err(wrong()) }
}

/// A row of the scratch schema, there or not.
struct Row<'a> {
    sql: String,
    values: &'a [String],
}

impl<'a> Row<'a> {
    /// Finds out the types of the key's columns, so that its index is used.
    async fn find(
        connection: &mut PgConnection,
        schema: &str,
        table: &TableKey,
        values: &'a [String],
    ) -> Result<Self, EngineError> {
        let name = format!("\"{schema}\".{}", schema::quoted(table.table));
        let mut conditions = Vec::new();
        for (number, column) in table.key.iter().enumerate() {
            let kind: String = sqlx::query_scalar(
                "select format_type(atttypid, atttypmod) from pg_attribute \
                 where attrelid = $1::text::regclass and attname = $2",
            )
            .bind(&name)
            .bind(column)
            .fetch_one(&mut *connection)
            .await
            .while_(OPERATION)?;
            conditions.push(format!("{} = ${}::text::{kind}", schema::quoted(column), number + 1));
        }
        let sql = format!("select ctid::text from {name} where {}", conditions.join(" and "));
        let row = Self { sql, values };
        row.trace(connection).await.map_err(|error| match error.as_database_error().and_then(DatabaseError::code) {
            Some(code) if code.starts_with("22") => EngineError::NoSuchRow(format!(
                "a part of the key is not of its column's kind ({})",
                conditions.join(", ")
            )),
            _ => EngineError::Database { operation: OPERATION, source: error },
        })?;
        Ok(row)
    }

    /// Another one after every write to the row; `None`: it is not there.
    async fn trace(&self, connection: &mut PgConnection) -> sqlx::Result<Option<String>> {
        let mut query = sqlx::query_scalar(AssertSqlSafe(self.sql.clone()));
        for value in self.values {
            query = query.bind(value);
        }
        query.fetch_optional(connection).await
    }

    /// Folds `events`; those that wrote the row.
    async fn touched_by(
        &self,
        connection: &mut PgConnection,
        registered: &Registered,
        events: &[RecordedEvent],
    ) -> Result<Vec<RecordedEvent>, Fault> {
        let (mut found, mut parts) = (Vec::new(), vec![events]);
        while let Some(part) = parts.pop() {
            let before = self.trace(connection).await?;
            let mut attempt = connection.begin().await?;
            fold(registered, part, &mut attempt).await?;
            let touched = self.trace(&mut attempt).await? != before;
            match part {
                [alone] if touched => found.push(alone.clone()),
                several if touched => {
                    attempt.rollback().await?;
                    let (first, second) = several.split_at(several.len() / 2);
                    parts.extend([second, first]);
                    continue;
                }
                _ => {}
            }
            attempt.commit().await?;
        }
        Ok(found)
    }
}
