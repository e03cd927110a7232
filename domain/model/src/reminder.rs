//! Reminders: what somebody wants to be told, and when.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{ConversationId, Decider, MessageId, PersonId, Personal, ReminderId, StreamName, event::domain_events};

domain_events! {
    /// What happens to a reminder.
    pub enum ReminderEvent {
        ReminderScheduled = 2,
        ReminderRescheduled = 1,
        ReminderCancelled = 1,
        ReminderDelivered = 1,
        ReminderDeliveryFailed = 1,
    }
}

/// The furthest a reminder may lie ahead: ten years, beyond which it is a slip of the keyboard.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// The name of the command that makes a reminder.
pub const SCHEDULE_REMINDER: &str = "ScheduleReminder";

/// When a reminder is due: the moment, and how it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The moment.
    pub at: Timestamp,
    /// The IANA zone it was said and is shown in.
    pub zone: String,
    /// It was said as a wall-clock time of that zone, not as a span from now.
    pub wall_clock: bool,
}

/// Somebody wants to be reminded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderScheduled {
    /// Which reminder.
    pub reminder: ReminderId,
    /// Who is reminded.
    pub person: PersonId,
    /// Where.
    pub conversation: ConversationId,
    /// In which topic of the forum, where it was asked for in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<MessageId>,
    /// Of what.
    pub text: Personal<String>,
    /// When.
    pub due: Due,
    /// When it was asked for.
    pub scheduled_at: Timestamp,
}

/// It is due at another time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderRescheduled {
    /// When from now on.
    pub due: Due,
    /// When it was asked for.
    pub rescheduled_at: Timestamp,
}

/// It is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderCancelled {
    /// When.
    pub cancelled_at: Timestamp,
}

/// It was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderDelivered {
    /// When it was due.
    pub due_at: Timestamp,
    /// The messages that told it.
    pub message_ids: Vec<MessageId>,
    /// It came so late that its message said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// It may have been told twice: we were killed between Telegram's answer and our note of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maybe_repeated: bool,
    /// When Telegram took it.
    pub delivered_at: Timestamp,
}

/// It cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderDeliveryFailed {
    /// When it was due.
    pub due_at: Timestamp,
    /// The kind of failure: `blocked`, `chat_not_found`, …
    pub reason: String,
    /// When it was given up.
    pub failed_at: Timestamp,
}

/// What may be done about a reminder.
#[derive(Clone, Debug)]
pub struct ReminderCommand {
    /// Which.
    pub reminder: ReminderId,
    /// What.
    pub what: ReminderAction,
    /// Now.
    pub at: Timestamp,
}

/// What may be done about a reminder.
#[derive(Clone, Debug)]
pub enum ReminderAction {
    /// Ask for it.
    Schedule {
        /// Who is reminded.
        person: PersonId,
        /// Where.
        conversation: ConversationId,
        /// In which topic of it.
        topic: Option<MessageId>,
        /// Of what.
        text: Personal<String>,
        /// When.
        due: Due,
    },
    /// Another time; also of one that was told (again later).
    Reschedule(Due),
    /// No longer.
    Cancel,
    /// It was told.
    NoteDelivered(ReminderDelivered),
    /// It cannot be told.
    NoteFailed(ReminderDeliveryFailed),
}

/// Where a reminder stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReminderStatus {
    /// Nothing was ever heard of it.
    #[default]
    Unknown,
    /// It will be told.
    Scheduled,
    /// It is no longer wanted.
    Cancelled,
    /// It was told.
    Sent,
    /// It could not be told.
    Failed,
}

impl ReminderStatus {
    /// The name in SQL, JSON and GraphQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Scheduled => "scheduled",
            Self::Cancelled => "cancelled",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// What the rules need to know of a reminder.
#[derive(Clone, Debug, Default)]
pub struct ReminderState {
    status: ReminderStatus,
    person: Option<PersonId>,
    due: Option<Due>,
}

impl ReminderState {
    /// Whose it is.
    pub fn person(&self) -> Option<&PersonId> {
        self.person.as_ref()
    }

    /// When it is or was due.
    pub fn due(&self) -> Option<&Due> {
        self.due.as_ref()
    }
}

/// Why nothing is done about a reminder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReminderRejection {
    /// The moment is over.
    #[error("{due} is over")]
    InThePast {
        /// The moment.
        due: Timestamp,
    },
    /// The moment is further away than [`AHEAD_MAX`].
    #[error("{due} is more than ten years ahead")]
    TooFarAhead {
        /// The moment.
        due: Timestamp,
    },
    /// It exists already.
    #[error("reminder {0} exists already")]
    Exists(ReminderId),
    /// Nothing was ever heard of it.
    #[error("there is no reminder {0}")]
    Unknown(ReminderId),
    /// It stands otherwise.
    #[error("reminder {reminder} is {}", status.as_str())]
    NotScheduled {
        /// Which.
        reminder: ReminderId,
        /// How it stands.
        status: ReminderStatus,
    },
}

/// The rules of reminders.
pub struct Reminder;

impl Decider for Reminder {
    type Command = ReminderCommand;
    type Event = ReminderEvent;
    type State = ReminderState;
    type Rejection = ReminderRejection;

    fn name(command: &ReminderCommand) -> &'static str {
        match command.what {
            ReminderAction::Schedule { .. } => SCHEDULE_REMINDER,
            ReminderAction::Reschedule(_) => "RescheduleReminder",
            ReminderAction::Cancel => "CancelReminder",
            ReminderAction::NoteDelivered(_) => "NoteDelivered",
            ReminderAction::NoteFailed(_) => "NoteFailed",
        }
    }

    fn stream(command: &ReminderCommand) -> StreamName {
        command.reminder.stream()
    }

    fn decide(state: &ReminderState, command: &ReminderCommand) -> Result<Vec<ReminderEvent>, ReminderRejection> {
        let (reminder, at) = (command.reminder, command.at);
        // To the microsecond: who notes it has kept the moment in a table.
        let is_due = |due_at: Timestamp| {
            let due = state.due.as_ref().map(|due| due.at.as_microsecond());
            state.status == ReminderStatus::Scheduled && due == Some(due_at.as_microsecond())
        };
        match &command.what {
            ReminderAction::Schedule { person, conversation, topic, text, due } => {
                if state.status != ReminderStatus::Unknown {
                    return Err(ReminderRejection::Exists(reminder));
                }
                check(due, at)?;
                let (person, conversation) = (person.clone(), conversation.clone());
                let (topic, text, due) = (*topic, text.clone(), due.clone());
                let scheduled =
                    ReminderScheduled { reminder, person, conversation, topic, text, due, scheduled_at: at };
                Ok(vec![scheduled.into()])
            }
            ReminderAction::Reschedule(due) => match state.status {
                ReminderStatus::Unknown => Err(ReminderRejection::Unknown(reminder)),
                ReminderStatus::Cancelled => Err(ReminderRejection::NotScheduled { reminder, status: state.status }),
                ReminderStatus::Scheduled | ReminderStatus::Sent | ReminderStatus::Failed => {
                    check(due, at)?;
                    Ok(vec![ReminderRescheduled { due: due.clone(), rescheduled_at: at }.into()])
                }
            },
            ReminderAction::Cancel => match state.status {
                ReminderStatus::Unknown => Err(ReminderRejection::Unknown(reminder)),
                ReminderStatus::Scheduled => Ok(vec![ReminderCancelled { cancelled_at: at }.into()]),
                status => Err(ReminderRejection::NotScheduled { reminder, status }),
            },
            // It was told or failed, whatever was decided meanwhile; about another due time it says nothing.
            ReminderAction::NoteDelivered(event) if is_due(event.due_at) => Ok(vec![event.clone().into()]),
            ReminderAction::NoteFailed(event) if is_due(event.due_at) => Ok(vec![event.clone().into()]),
            ReminderAction::NoteDelivered(_) | ReminderAction::NoteFailed(_) => Ok(Vec::new()),
        }
    }

    fn evolve(mut state: ReminderState, event: &ReminderEvent) -> ReminderState {
        match event {
            ReminderEvent::ReminderScheduled(event) => {
                state.status = ReminderStatus::Scheduled;
                state.person = Some(event.person.clone());
                state.due = Some(event.due.clone());
            }
            ReminderEvent::ReminderRescheduled(event) => {
                state.status = ReminderStatus::Scheduled;
                state.due = Some(event.due.clone());
            }
            ReminderEvent::ReminderCancelled(_) => state.status = ReminderStatus::Cancelled,
            ReminderEvent::ReminderDelivered(_) => state.status = ReminderStatus::Sent,
            ReminderEvent::ReminderDeliveryFailed(_) => state.status = ReminderStatus::Failed,
        }
        state
    }
}

fn check(due: &Due, now: Timestamp) -> Result<(), ReminderRejection> {
    if due.at <= now {
        return Err(ReminderRejection::InThePast { due: due.at });
    }
    if due.at.duration_since(now) > AHEAD_MAX {
        return Err(ReminderRejection::TooFarAhead { due: due.at });
    }
    Ok(())
}

#[cfg(test)]
#[path = "reminder_tests.rs"]
mod tests;
