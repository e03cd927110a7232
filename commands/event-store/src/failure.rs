//! What a failed statement means for the appends it carried.

use std::sync::Arc;

use chronogram_log::StoreError;

/// What to do next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection is gone; whether the statement took effect is not known.
    Lost,
    /// A command or an event is in the log already; nothing was appended.
    Known,
    /// A stream is further than this process believed; nothing was appended.
    StaleHeads,
    /// Another transaction stood in the way; nothing was appended, another try is worth it.
    Again,
    /// `es.head` stands before the last event: somebody tampered with the tables.
    HeadBehindEvents,
    /// Postgres does not take the data of one of the appends; nothing was appended.
    Data {
        /// The SQLSTATE: says what kind, without the data.
        sqlstate: String,
    },
    /// Postgres refuses for a reason of its own (disk full, missing table, …); nothing was appended.
    Refused,
}

impl Failure {
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(answer) = error else { return Self::Lost };
        let sqlstate = answer.code().unwrap_or_default();
        match (sqlstate.as_ref(), answer.constraint()) {
            ("23505", Some("command_id" | "event_id")) => Self::Known,
            ("23505", Some("event_stream_revision")) => Self::StaleHeads,
            ("23505", Some("event_position")) => Self::HeadBehindEvents,
            // Shutdown, crash of another backend, starting up, database dropped, too long silent: the connection ends with
            // it. The last: this server only reads, so it is no primary (any more), and another connection may find one.
            ("57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25006", _) => Self::Lost,
            ("55P03", _) => Self::Again,
            _ => match sqlstate.get(..2) {
                Some("08") => Self::Lost,
                Some("40") => Self::Again,
                // Bad data, broken constraint, too complex or too long.
                Some("22" | "23" | "54") => Self::Data { sqlstate: sqlstate.into_owned() },
                _ => Self::Refused,
            },
        }
    }
}

/// The store failed while it should `operation`.
pub(crate) fn unavailable(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| match source {
        sqlx::Error::PoolClosed => StoreError::Closed,
        source => StoreError::Unavailable { operation, source: Arc::new(source) },
    }
}
