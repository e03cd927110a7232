//! Are the live rows what the log says? A replay into a scratch schema, then every table compared row by row.
//!
//! The comparison is the database's: memory stays flat however large the tables are. Checkpoint and live rows are read
//! in one repeatable-read snapshot, and the last events up to that checkpoint are replayed inside it, so a live
//! projection may move on meanwhile. A rebuild waits: names are resolved outside snapshots, a switch would deceive us.

use chronogram_log::{Page, Position};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    Difference, DifferenceKind, Engine, EngineError, Progress, ProgressFn, TableKey, TableReport, VerifyReport,
    apply::fold, checkpoint, error::While, leadership::release, registered::Registered, schema,
};

/// Differences that a table's report names: enough to see a pattern.
const DIFFERENCES_MAX: usize = 20;
const OPERATION: &str = "replay into a scratch schema";
const COMPARE: &str = "compare live and replayed rows";

impl Engine {
    /// Replays the projection beside its live rows and compares them. Changes nothing.
    pub async fn verify(&self, name: &str, progress: ProgressFn<'_>) -> Result<VerifyReport, EngineError> {
        let registered = self.find(name)?;
        let mut connection = self.upkeep(registered, "verify").await?;
        let result = self.verify_with(registered, &mut connection, progress).await;
        let dropped = schema::drop(&mut connection, &registered.verify_schema()).await;
        release(connection).await;
        let report = result?;
        dropped.while_("drop the scratch schema")?;
        Ok(report)
    }

    async fn verify_with(
        &self,
        registered: &Registered,
        connection: &mut PgConnection,
        progress: ProgressFn<'_>,
    ) -> Result<VerifyReport, EngineError> {
        checkpoint::ensure(connection, registered).await?;
        if !self.has_its_tables(registered).await? {
            return Err(registered.mismatch());
        }
        let live = position(connection, registered).await?;
        let head = self.sessions.store.head().await?;
        if live > head {
            return Err(EngineError::AheadOfLog { name: registered.name.to_owned(), position: live, head });
        }
        let scratch = registered.verify_schema();
        let mut transaction = connection.begin().await.while_(OPERATION)?;
        schema::create_tables(&mut transaction, &scratch, &*registered.projection).await.while_(OPERATION)?;
        transaction.commit().await.while_(OPERATION)?;

        let mut done = Position::START;
        while done < live {
            progress(Progress { done: done.0, total: live.0 });
            let page = self.page_until(registered, done, live).await?;
            let mut transaction = connection.begin().await.while_(OPERATION)?;
            schema::enter(&mut transaction, &scratch).await.while_(OPERATION)?;
            let folded = fold(registered, &page.events, &mut transaction).await;
            folded.map_err(|fault| fault.into_error(registered, &page.events))?;
            transaction.commit().await.while_(OPERATION)?;
            done = page.up_to;
        }
        schema::analyze(connection, &scratch, registered).await.while_(OPERATION)?;

        let mut snapshot =
            connection.begin_with("begin transaction isolation level repeatable read").await.while_(COMPARE)?;
        schema::enter(&mut snapshot, &scratch).await.while_(COMPARE)?;
        let live = position(&mut snapshot, registered).await?;
        while done < live {
            let page = self.page_until(registered, done, live).await?;
            let folded = fold(registered, &page.events, &mut snapshot).await;
            folded.map_err(|fault| fault.into_error(registered, &page.events))?;
            done = page.up_to;
        }
        progress(Progress { done: done.0, total: live.0 });
        let mut tables = Vec::new();
        for table in registered.projection.tables() {
            tables.push(compare(&mut snapshot, registered, table).await.while_(COMPARE)?);
        }
        snapshot.rollback().await.while_(COMPARE)?;
        let version = registered.projection.version();
        Ok(VerifyReport { name: registered.name.to_owned(), version, position: live, tables })
    }

    /// The next page, without what lies behind `until`.
    async fn page_until(&self, registered: &Registered, after: Position, until: Position) -> Result<Page, EngineError> {
        let mut page = self.page(registered, after).await?;
        if page.up_to <= after {
            let (name, position, head) = (registered.name.to_owned(), until, page.head);
            return Err(EngineError::AheadOfLog { name, position, head });
        }
        let wanted = page.events.partition_point(|event| event.position <= until);
        page.events.truncate(wanted);
        page.up_to = page.up_to.min(until);
        Ok(page)
    }
}

async fn position(connection: &mut PgConnection, registered: &Registered) -> Result<Position, EngineError> {
    let row = checkpoint::read(connection, registered).await?;
    row.map(|row| row.position()).ok_or_else(|| registered.mismatch())
}

async fn compare(
    connection: &mut PgConnection,
    registered: &Registered,
    table: &TableKey,
) -> sqlx::Result<TableReport> {
    let name = schema::quoted(table.table);
    let live = format!("\"{}\".{name}", registered.live_schema());
    let replayed = format!("\"{}\".{name}", registered.verify_schema());
    let rows: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {live}"))).fetch_one(&mut *connection).await?;
    let found: Vec<(String, String, i64)> =
        sqlx::query_as(AssertSqlSafe(comparison(&live, &replayed, table.key))).fetch_all(connection).await?;
    let count = |kind: &str| {
        let total = found.iter().find(|(found, ..)| found == kind).map_or(0, |(.., total)| *total);
        u64::try_from(total).unwrap_or(0)
    };
    Ok(TableReport {
        table: table.table.to_owned(),
        rows: u64::try_from(rows).unwrap_or(0),
        missing: count("missing"),
        extra: count("extra"),
        different: count("different"),
        differences: found
            .iter()
            .take(DIFFERENCES_MAX)
            .map(|(kind, key, _)| Difference {
                kind: match kind.as_str() {
                    "missing" => DifferenceKind::Missing,
                    "extra" => DifferenceKind::Extra,
                    _ => DifferenceKind::Different,
                },
                key: key.clone(),
            })
            .collect(),
    })
}

/// Rows that differ: kind, key, and how many there are of the kind; the first few of each kind, by key.
fn comparison(live: &str, replayed: &str, key: &[&str]) -> String {
    let columns: Vec<String> = key.iter().map(|column| schema::quoted(column)).collect();
    let joined = columns.iter().map(|c| format!("live_row.{c} = replayed_row.{c}")).collect::<Vec<_>>().join(" and ");
    let shown = key
        .iter()
        .zip(&columns)
        .map(|(name, c)| format!("'{}=' || coalesce(live_row.{c}, replayed_row.{c})", name.replace('\'', "''")))
        .collect::<Vec<_>>()
        .join(" || ' ' || ");
    let first = columns.first().map_or("", String::as_str);
    format!(
        "select kind, key, total from (\
           select kind, key, count(*) over (partition by kind) as total, \
                  row_number() over (partition by kind order by key collate \"C\") as place \
             from (select case when live_row.{first} is null then 'missing' \
                               when replayed_row.{first} is null then 'extra' else 'different' end as kind, \
                          {shown} as key \
                     from {live} live_row full join {replayed} replayed_row on {joined} \
                    where live_row::text is distinct from replayed_row::text) differing) numbered \
          where place <= {DIFFERENCES_MAX} order by place, kind"
    )
}
