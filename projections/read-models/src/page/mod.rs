//! Keyset paging: a page starts behind a place in an order, never at an offset, so it costs the same everywhere and
//! neither repeats nor skips rows while others are written.

mod cursor;
mod keyset;

pub use cursor::Cursor;
pub(crate) use cursor::Key;
pub(crate) use keyset::{KeyColumn, SortField, read_page};

/// Rows of a page when nobody says how many.
pub const PAGE_DEFAULT: u32 = 20;

/// Rows of the largest page: what a person looks through, and what keeps one answer below a few hundred KiB.
pub const PAGE_MAX: u32 = 100;

/// Which way an order runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest, oldest first.
    #[default]
    Ascending,
    /// Largest, newest first.
    Descending,
}

impl Direction {
    fn flipped_if(self, flip: bool) -> Self {
        match (self, flip) {
            (direction, false) => direction,
            (Self::Ascending, true) => Self::Descending,
            (Self::Descending, true) => Self::Ascending,
        }
    }
}

/// An order: by what, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorted<Field> {
    /// By what; ties are broken by the row's id.
    pub by: Field,
    /// Which way.
    pub direction: Direction,
}

impl<Field> Sorted<Field> {
    /// Smallest, oldest first.
    pub fn ascending(by: Field) -> Self {
        Self { by, direction: Direction::Ascending }
    }

    /// Largest, newest first.
    pub fn descending(by: Field) -> Self {
        Self { by, direction: Direction::Descending }
    }
}

/// Which page of a list is wanted: its first rows after a place, or its last before one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    size: u32,
    from_end: bool,
    after: Option<Cursor>,
    before: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { size: PAGE_DEFAULT, from_end: false, after: None, before: None }
    }
}

impl PageRequest {
    /// A page as a Relay client asks for it. Cursors are read only when the page is, against its order.
    pub fn new(
        first: Option<i64>,
        after: Option<Cursor>,
        last: Option<i64>,
        before: Option<Cursor>,
    ) -> Result<Self, PageError> {
        let (size, from_end) = match (first, last) {
            (Some(_), Some(_)) => return Err(PageError::FirstAndLast),
            (Some(first), None) => (size_of("first", first)?, false),
            (None, Some(last)) => (size_of("last", last)?, true),
            (None, None) => (PAGE_DEFAULT, false),
        };
        Ok(Self { size, from_end, after, before })
    }

    /// How many rows at most.
    pub fn size(&self) -> u32 {
        self.size
    }
}

fn size_of(argument: &'static str, asked: i64) -> Result<u32, PageError> {
    u32::try_from(asked).ok().filter(|size| (1..=PAGE_MAX).contains(size)).ok_or(PageError::Size {
        argument,
        asked,
        max: PAGE_MAX,
    })
}

/// Some rows of a list, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, each with the place it stands at.
    pub rows: Vec<(T, Cursor)>,
    /// There are rows behind the last one.
    pub has_next: bool,
    /// There are rows before the first one.
    pub has_previous: bool,
}

/// Why a page cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Both ends were asked for.
    #[error("give `first` or `last`, not both")]
    FirstAndLast,
    /// Too few or too many rows.
    #[error("`{argument}` is {asked}; it must be from 1 to {max}")]
    Size {
        /// `first` or `last`.
        argument: &'static str,
        /// What was asked for.
        asked: i64,
        /// The largest page.
        max: u32,
    },
    /// No cursor of ours.
    #[error("`{argument}` is no cursor; pass on what an earlier page gave")]
    MalformedCursor {
        /// `after` or `before`.
        argument: &'static str,
    },
    /// A cursor of another list or order.
    #[error("`{argument}` is a cursor of another list or order; start this one from its first page")]
    ForeignCursor {
        /// `after` or `before`.
        argument: &'static str,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_twenty_rows_unless_asked_otherwise() {
        assert_eq!(PageRequest::new(None, None, None, None).unwrap().size(), 20);
        assert_eq!(PageRequest::new(None, None, Some(7), None).unwrap().size(), 7);
    }

    #[test]
    fn first_and_last_together_are_refused() {
        assert_eq!(PageRequest::new(Some(1), None, Some(1), None), Err(PageError::FirstAndLast));
    }

    #[test]
    fn a_size_outside_one_to_a_hundred_is_refused_by_its_name() {
        for asked in [0, -1, 101, i64::MAX] {
            let refused = PageRequest::new(None, None, Some(asked), None);
            assert_eq!(refused, Err(PageError::Size { argument: "last", asked, max: 100 }));
        }
        assert_eq!(PageRequest::new(Some(100), None, None, None).unwrap().size(), 100);
    }
}
