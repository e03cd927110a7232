//! Pages with numbers. Keysets have none: the pages before are read through.

use chronogram_bot_talk::views;
use chronogram_read_models::{Page, PageRequest, QueryError};

/// Pages that are read through to a later one: nobody presses "next" so often.
const PAGES_MAX: u32 = 200;

/// One page of a list.
pub(super) struct NumberedPage<Row> {
    pub(super) rows: Vec<Row>,
    /// Which page it is, from 0: the last there is where more was asked for.
    pub(super) number: u32,
    /// Rows of all pages.
    pub(super) total: u64,
}

/// Page `wanted` of a list of `total` rows, `size` on a page, of which `read` gives the rows from a cursor on.
pub(super) async fn numbered_page<Row, Reading>(
    wanted: u32,
    total: i64,
    size: u32,
    read: impl Fn(PageRequest) -> Reading,
) -> Result<NumberedPage<Row>, QueryError>
where
    Reading: Future<Output = Result<Page<Row>, QueryError>>,
{
    let total = u64::try_from(total).unwrap_or_default();
    let number = views::page_within(wanted.min(PAGES_MAX), total, size);
    let (mut after, mut rows) = (None, Vec::new());
    for _ in 0..=number {
        let request = PageRequest::new(Some(size.into()), after.take(), None, None).unwrap_or_default();
        let page = read(request).await?;
        after = page.rows.last().map(|(_, cursor)| cursor.clone());
        rows = page.rows.into_iter().map(|(row, _)| row).collect();
        if after.is_none() {
            break;
        }
    }
    Ok(NumberedPage { rows, number, total })
}
