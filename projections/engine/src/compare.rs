//! Compares tables of one projection in two schemas, row by row.
//!
//! The comparison is the database's: memory stays flat however large the tables are. What is named of a row is its key
//! and the columns that differ, never their contents.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::{Difference, DifferenceKind, TableKey, TableReport, registered::Registered, schema};

/// Differences of each kind that a table's report names: enough to see a pattern.
const DIFFERENCES_MAX: usize = 20;

/// Every table of the live schema against those of `other`, in the caller's snapshot.
pub(crate) async fn compare_all(
    connection: &mut PgConnection,
    registered: &Registered,
    other: &str,
) -> sqlx::Result<Vec<TableReport>> {
    let mut tables = Vec::new();
    for table in registered.projection.tables() {
        tables.push(compare(connection, &registered.live_schema(), other, table).await?);
    }
    Ok(tables)
}

/// Kind, key, how many there are of the kind, and the columns that differ.
type Found = (String, String, i64, Option<Vec<String>>);

async fn compare(
    connection: &mut PgConnection,
    live: &str,
    other: &str,
    table: &TableKey,
) -> sqlx::Result<TableReport> {
    let name = schema::quoted(table.table);
    let (live, other) = (format!("\"{live}\".{name}"), format!("\"{other}\".{name}"));
    let rows: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {live}"))).fetch_one(&mut *connection).await?;
    let found: Vec<Found> =
        sqlx::query_as(AssertSqlSafe(comparison(&live, &other, table.key))).fetch_all(connection).await?;
    let count = |kind: &str| {
        let total = found.iter().find(|(found, ..)| found == kind).map_or(0, |(_, _, total, _)| *total);
        u64::try_from(total).unwrap_or(0)
    };
    Ok(TableReport {
        table: table.table.to_owned(),
        rows: u64::try_from(rows).unwrap_or(0),
        missing: count("missing"),
        extra: count("extra"),
        different: count("different"),
        differences: found.iter().take(DIFFERENCES_MAX).map(shown).collect(),
    })
}

fn shown((kind, key, _, columns): &Found) -> Difference {
    Difference {
        kind: match kind.as_str() {
            "missing" => DifferenceKind::Missing,
            "extra" => DifferenceKind::Extra,
            _ => DifferenceKind::Different,
        },
        key: key.clone(),
        columns: columns.clone().unwrap_or_default(),
    }
}

/// Rows that differ, the first few of each kind, by key.
fn comparison(live: &str, other: &str, key: &[&str]) -> String {
    let columns: Vec<String> = key.iter().map(|column| schema::quoted(column)).collect();
    let joined = columns.iter().map(|c| format!("live_row.{c} = other_row.{c}")).collect::<Vec<_>>().join(" and ");
    let shown = key
        .iter()
        .zip(&columns)
        .map(|(name, c)| format!("'{}=' || coalesce(live_row.{c}, other_row.{c})", name.replace('\'', "''")))
        .collect::<Vec<_>>()
        .join(" || ' ' || ");
    let first = columns.first().map_or("", String::as_str);
    format!(
        "select kind, key, total, case kind when 'different' then (\
           select array_agg(l.key order by l.key) from jsonb_each(to_jsonb(live_row)) l \
             join jsonb_each(to_jsonb(other_row)) o on o.key = l.key where l.value is distinct from o.value) end \
         from (\
           select kind, key, live_row, other_row, count(*) over (partition by kind) as total, \
                  row_number() over (partition by kind order by key collate \"C\") as place \
             from (select live_row, other_row, \
                          case when live_row.{first} is null then 'missing' \
                               when other_row.{first} is null then 'extra' else 'different' end as kind, \
                          {shown} as key \
                     from {live} live_row full join {other} other_row on {joined} \
                    where live_row::text is distinct from other_row::text) differing) numbered \
          where place <= {DIFFERENCES_MAX} order by place, kind"
    )
}
