//! Why a query has no answer.

use crate::PageError;

/// Why a query has no answer. All but `Database` are the asker's to mend.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The page asked for does not exist.
    #[error(transparent)]
    Page(#[from] PageError),
    /// No index serves this filter together with this order.
    #[error("{filter} cannot be combined with the order {order}; order by {instead}")]
    NotOffered {
        /// The filter.
        filter: &'static str,
        /// The order asked for.
        order: &'static str,
        /// An order that works with it.
        instead: &'static str,
    },
    /// More days than one answer holds.
    #[error("{days} days are more than {max} of one answer; ask for a shorter range")]
    RangeTooLong {
        /// Asked for.
        days: i64,
        /// Allowed.
        max: i64,
    },
    /// The database failed; worth another try.
    #[error("a read model could not be read")]
    Database(#[from] sqlx::Error),
}
