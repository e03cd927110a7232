//! One page of one list: the filter's index gives the rows behind a place, one more than asked for tells whether
//! there are others.

use jiff_sqlx::ToSqlx;
use sqlx::{FromRow, PgExecutor, Postgres, QueryBuilder, postgres::PgRow};

use super::{
    Cursor, Direction, Key, Page, PageError, PageRequest, Sorted,
    cursor::{self, CursorFault, KeyKind},
};
use crate::QueryError;

/// A column (or indexed expression) of an order, by the kind of its values.
#[derive(Clone, Copy)]
pub(crate) enum KeyColumn {
    Number(&'static str),
    Time(&'static str),
    Text(&'static str),
    Uuid(&'static str),
}

impl KeyColumn {
    fn sql(self) -> &'static str {
        match self {
            Self::Number(sql) | Self::Time(sql) | Self::Text(sql) | Self::Uuid(sql) => sql,
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Number(_) => KeyKind::Number,
            Self::Time(_) => KeyKind::Time,
            Self::Text(_) => KeyKind::Text,
            Self::Uuid(_) => KeyKind::Uuid,
        }
    }
}

/// What rows can be ordered by. The columns together identify a row within its list.
pub(crate) trait SortField: Copy {
    type Row: for<'r> FromRow<'r, PgRow> + Send + Unpin;
    /// Name of the list in this order; cursors of another name are refused.
    fn list(self) -> &'static str;
    fn columns(self) -> &'static [KeyColumn];
    /// The values of `columns` in `row`.
    fn keys(self, row: &Self::Row) -> Vec<Key>;
}

/// Completes `query` (a select that ends within its `where` clause) and reads the page.
pub(crate) async fn read_page<F: SortField>(
    executor: impl PgExecutor<'_>,
    mut query: QueryBuilder<Postgres>,
    order: Sorted<F>,
    request: &PageRequest,
) -> Result<Page<F::Row>, QueryError> {
    let direction = order.direction;
    push_bound(&mut query, order.by, direction, "after", request.after.as_ref())?;
    push_bound(&mut query, order.by, direction.flipped_if(true), "before", request.before.as_ref())?;
    push_order(&mut query, order.by.columns(), direction.flipped_if(request.from_end));
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);
    query.push(" limit ").push_bind(i64::from(request.size) + 1);

    let mut rows: Vec<F::Row> = query.build_query_as().fetch_all(executor).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    if request.from_end {
        rows.reverse();
    }
    let (has_next, has_previous) = if request.from_end {
        (request.before.is_some(), more || request.after.is_some())
    } else {
        (more || request.before.is_some(), request.after.is_some())
    };
    let rows = rows
        .into_iter()
        .map(|row| {
            let cursor = cursor::encode(order.by.list(), &order.by.keys(&row));
            (row, cursor)
        })
        .collect();
    Ok(Page { rows, has_next, has_previous })
}

/// Adds ` and (a, b) > ($1, $2)`: one comparison of rows, which an index on (a, b) answers from either end.
fn push_bound<F: SortField>(
    query: &mut QueryBuilder<Postgres>,
    by: F,
    direction: Direction,
    argument: &'static str,
    cursor: Option<&Cursor>,
) -> Result<(), PageError> {
    let Some(cursor) = cursor else { return Ok(()) };
    let columns = by.columns();
    let kinds: Vec<KeyKind> = columns.iter().map(|column| column.kind()).collect();
    let keys = cursor::decode(by.list(), &kinds, cursor).map_err(|fault| match fault {
        CursorFault::Malformed => PageError::MalformedCursor { argument },
        CursorFault::Foreign => PageError::ForeignCursor { argument },
    })?;
    let names = columns.iter().map(|column| column.sql()).collect::<Vec<_>>().join(", ");
    let sign = if direction == Direction::Ascending { ">" } else { "<" };
    query.push(format_args!(" and ({names}) {sign} ("));
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            query.push(", ");
        }
        match key {
            Key::Number(number) => query.push_bind(number),
            Key::Time(time) => query.push_bind(time.to_sqlx()),
            Key::Text(text) => query.push_bind(text),
            Key::Uuid(id) => query.push_bind(id),
        };
    }
    query.push(")");
    Ok(())
}

fn push_order(query: &mut QueryBuilder<Postgres>, columns: &[KeyColumn], direction: Direction) {
    let suffix = if direction == Direction::Ascending { "" } else { " desc" };
    let terms: Vec<String> = columns.iter().map(|column| format!("{}{suffix}", column.sql())).collect();
    query.push(format_args!(" order by {}", terms.join(", ")));
}
