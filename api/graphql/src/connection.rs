//! Connections: pages of lists that keep their place while others write. `totalCount` is computed only when selected.

use std::{borrow::Cow, future::Future, pin::Pin};

use async_graphql::{Object, OutputType, SimpleObject, TypeName, connection::PageInfo};
use chronogram_read_models::{Cursor, PAGE_DEFAULT, Page, PageError, PageRequest, QueryError};

use crate::{errors::Failure, scalars::Long};

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        let argument = match &error {
            PageError::FirstAndLast => "first",
            PageError::Size { argument, .. }
            | PageError::MalformedCursor { argument }
            | PageError::ForeignCursor { argument } => argument,
        };
        Self::input(argument, error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Page(error) => error.into(),
            QueryError::Database(error) => error.into(),
            QueryError::NotOffered { .. } => Self::input("orderBy", error),
            QueryError::RangeTooLong { .. } => Self::input("to", error),
        }
    }
}

/// The page that a field's arguments ask for.
pub(crate) fn page_request(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<PageRequest, Failure> {
    let (after, before) = (after.map(Cursor::from), before.map(Cursor::from));
    Ok(PageRequest::new(first.map(i64::from), after, last.map(i64::from), before)?)
}

/// What a page costs: each of its rows what is selected of it, and the reading itself.
pub(crate) fn page_cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let rows = first.or(last).and_then(|rows| usize::try_from(rows).ok()).unwrap_or(PAGE_DEFAULT as usize);
    rows.saturating_mul(child).saturating_add(1)
}

/// One row of a list and the place it stands at.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Edge<N: OutputType> {
    /// The place of this row in this list and order; opaque. Give it as `after` or `before`.
    pub(crate) cursor: String,
    /// The row.
    pub(crate) node: N,
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

type Count = Pin<Box<dyn Future<Output = Result<i64, Failure>> + Send>>;

/// Some rows of a list.
pub(crate) struct Connection<N: OutputType> {
    edges: Vec<Edge<N>>,
    page_info: PageInfo,
    count: Box<dyn Fn() -> Count + Send + Sync>,
}

impl<N: OutputType> Connection<N> {
    /// The rows of `page`, each as `node` makes it; `count` is asked when somebody wants to know.
    pub(crate) fn of<T, F>(page: Page<T>, node: impl Fn(T) -> N, count: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<i64, QueryError>> + Send + 'static,
    {
        let edges: Vec<Edge<N>> =
            page.rows.into_iter().map(|(row, cursor)| Edge { cursor: cursor.to_string(), node: node(row) }).collect();
        let count = move || {
            let count = count();
            async move { Ok(count.await?) }
        };
        Self::new(edges, page.has_previous, page.has_next, count)
    }

    /// These edges, with the cursors of their ends.
    pub(crate) fn new<F>(
        edges: Vec<Edge<N>>,
        has_previous_page: bool,
        has_next_page: bool,
        count: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<i64, Failure>> + Send + 'static,
    {
        let page_info = PageInfo {
            has_previous_page,
            has_next_page,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self { edges, page_info, count: Box::new(move || Box::pin(count())) }
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

/// Some rows of a list, and how to get at the others.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    /// Rows of the whole list under its filter, whatever the page. Counted when selected; it costs more than the page.
    async fn total_count(&self) -> Result<Long, Failure> {
        Ok(Long((self.count)().await?))
    }

    /// The rows with their places.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The rows alone.
    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there are other pages, and where they start.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }
}
