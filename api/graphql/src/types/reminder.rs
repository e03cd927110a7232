//! Reminders.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chronogram_model::reminder::ReminderStatus;
use chronogram_read_models::{
    Direction, PageRequest,
    reminders::{self, ReminderRow},
};
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::PgPool;

use super::{Conversation, Person, TimeRangeInput, names::named, parse_id};
use crate::{
    connection::Connection,
    errors::{Failure, Nullable},
    loaders::Loaders,
    scalars::Long,
};

/// What somebody wants to be told, and when.
pub(crate) struct Reminder(pub(crate) ReminderRow);

/// Where a reminder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReminderState {
    /// It will be told.
    Scheduled,
    /// It is no longer wanted.
    Cancelled,
    /// It was told.
    Sent,
    /// It could not be told.
    Failed,
}

impl ReminderState {
    fn name(self) -> &'static str {
        match self {
            Self::Scheduled => ReminderStatus::Scheduled,
            Self::Cancelled => ReminderStatus::Cancelled,
            Self::Sent => ReminderStatus::Sent,
            Self::Failed => ReminderStatus::Failed,
        }
        .as_str()
    }
}

/// What reminders are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ReminderOrder {
    /// Due first comes first.
    DueAtAsc,
    /// Due last comes first.
    DueAtDesc,
}

/// Which reminders. Absent fields do not restrict.
#[derive(Default, InputObject)]
pub(crate) struct ReminderFilter {
    /// Only those that stand so.
    state: Option<ReminderState>,
    /// Only those of this person: a Telegram user's number or `api.<client>`.
    person: Option<ID>,
    /// Only those due in this range.
    due_at: Option<TimeRangeInput>,
}

impl ReminderFilter {
    pub(crate) fn read(self) -> Result<reminders::ReminderFilter, Failure> {
        Ok(reminders::ReminderFilter {
            person: self.person.map(|id| parse_id("filter.person", &id)).transpose()?,
            ..reminder_filter(self.state, self.due_at)
        })
    }
}

pub(crate) fn reminder_filter(
    state: Option<ReminderState>,
    due_at: Option<TimeRangeInput>,
) -> reminders::ReminderFilter {
    let state = state.map(|state| state.name().to_owned());
    reminders::ReminderFilter { person: None, state, due_at: due_at.unwrap_or_default().into() }
}

pub(crate) async fn reminders_page(
    pool: &PgPool,
    filter: reminders::ReminderFilter,
    order: ReminderOrder,
    request: &PageRequest,
) -> Result<Connection<Reminder>, Failure> {
    let direction = match order {
        ReminderOrder::DueAtAsc => Direction::Ascending,
        ReminderOrder::DueAtDesc => Direction::Descending,
    };
    let page = reminders::reminders(pool, &filter, direction, request).await?;
    let pool = pool.clone();
    Ok(Connection::of(page, Reminder, move || {
        let (pool, filter) = (pool.clone(), filter.clone());
        async move { reminders::count_reminders(&pool, &filter).await }
    }))
}

/// What somebody wants to be told, and when.
#[Object]
impl Reminder {
    /// A UUID.
    async fn id(&self) -> ID {
        ID::from(self.0.id)
    }

    /// Who is reminded: a Telegram user's number or `api.<client>`.
    async fn person_id(&self) -> ID {
        ID::from(&self.0.person)
    }

    /// Who is reminded.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        Loaders::person(ctx, Some(&self.0.person)).await
    }

    /// Where: `<bot>.<chat>`.
    async fn conversation_id(&self) -> ID {
        ID::from(&self.0.conversation)
    }

    /// Where.
    async fn conversation(&self, ctx: &Context<'_>) -> Nullable<Conversation> {
        Loaders::conversation(ctx, &self.0.conversation).await
    }

    /// Of what; null when its person is erased.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// When it is or was due.
    async fn due_at(&self) -> Timestamp {
        self.0.due_at
    }

    /// The IANA zone that its time is shown in.
    async fn zone(&self) -> &str {
        &self.0.zone
    }

    /// It was said as a wall-clock time of that zone, not as a moment or a span from then.
    async fn wall_clock(&self) -> bool {
        self.0.wall_clock
    }

    /// Where it stands.
    async fn state(&self) -> Result<ReminderState, Failure> {
        named(&self.0.state)
    }

    /// When it was asked for.
    async fn scheduled_at(&self) -> Timestamp {
        self.0.scheduled_at
    }

    /// When it was told, cancelled or given up; null while it will be told.
    async fn settled_at(&self) -> Option<Timestamp> {
        self.0.settled_at
    }

    /// It came so late that its message said so.
    async fn late(&self) -> bool {
        self.0.late
    }

    /// It may have been told twice: we were killed between Telegram's answer and our note of it.
    async fn maybe_repeated(&self) -> bool {
        self.0.maybe_repeated
    }

    /// Why it could not be told: `blocked`, `not_found`, …
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Position of the last event about it.
    async fn position(&self) -> Long {
        Long(self.0.position)
    }
}
