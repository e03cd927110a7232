//! A row as it is read.

use chronogram_model::{ConversationId, PersonId};
use jiff::Timestamp;
use sqlx::types::Uuid;

use crate::columns::OptionalTime;

/// A reminder.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReminderRow {
    /// Its id.
    pub id: Uuid,
    /// Who is reminded.
    #[sqlx(try_from = "String")]
    pub person: PersonId,
    /// Where.
    #[sqlx(try_from = "String")]
    pub conversation: ConversationId,
    /// Of what; absent when its person is erased.
    pub text: Option<String>,
    /// When it is or was due.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub due_at: Timestamp,
    /// The IANA zone it was said and is shown in.
    pub zone: String,
    /// It was said as a wall-clock time of that zone.
    pub wall_clock: bool,
    /// `scheduled`, `cancelled`, `sent` or `failed`.
    pub state: String,
    /// When it was asked for.
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    pub scheduled_at: Timestamp,
    /// When it was told, cancelled or given up.
    #[sqlx(try_from = "OptionalTime")]
    pub settled_at: Option<Timestamp>,
    /// Its message said that it is late.
    pub late: bool,
    /// It may have been told twice.
    pub maybe_repeated: bool,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// Position of the last event about it.
    pub position: i64,
}
