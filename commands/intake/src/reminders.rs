//! Reminders are asked for, put off and cancelled by somebody else than who is reminded.

use chronogram_handlers::HandleError;
use chronogram_model::{
    ChatId, ConversationId, PersonId, Personal, ReminderId,
    person::PersonRejection,
    reminder::{Due, ReminderAction, ReminderCommand, ReminderRejection, SCHEDULE_REMINDER},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Appended, Asking, FieldFault, Intake, IntakeError, RefusalKind, check_words, check_zone, error::Refusal,
    field_rules::faults, known_zone,
};

/// The zone of who told us none.
const ZONE_DEFAULT: &str = "UTC";

/// A reminder to schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleReminder {
    /// Who is reminded.
    pub person: PersonId,
    /// Where: a conversation with a bot of ours; their private chat with it where absent.
    pub conversation: Option<ConversationId>,
    /// Of what: 1 to 4096 UTF-16 units.
    pub text: String,
    /// When.
    pub due_at: Timestamp,
    /// The IANA zone that the time is shown in; the one they set where absent, else UTC.
    pub zone: Option<String>,
}

/// Another time for a reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RescheduleReminder {
    /// Which.
    pub reminder: ReminderId,
    /// When from now on.
    pub due_at: Timestamp,
    /// The IANA zone that the time is shown in; as it was where absent.
    pub zone: Option<String>,
}

impl Intake {
    /// Schedules a reminder. `private_chat` is where the person talks with a bot of ours, as far as the caller knows; it
    /// counts where the request names no conversation.
    pub async fn schedule_reminder(
        &self,
        asking: &Asking,
        schedule: ScheduleReminder,
        private_chat: Option<ConversationId>,
    ) -> Result<(ReminderId, Appended), IntakeError> {
        faults([
            ("conversation_id", schedule.conversation.as_ref().map_or(Ok(()), |at| check_place(at, &schedule.person))),
            ("text", check_words(&schedule.text)),
            ("zone", schedule.zone.as_deref().map_or(Ok(()), check_zone)),
        ])?;
        let context = asking.context(self, &("schedule reminder", &schedule))?;
        let reminder = ReminderId::of(context.origin);
        // What is looked at below may be otherwise by now: a repeat hears its first answer all the same.
        if asking.key.is_some()
            && let Some(first) = self.reminders.earlier(SCHEDULE_REMINDER, &reminder.stream(), &context).await?
        {
            return Ok((reminder, Appended::of(&first)?));
        }
        let ScheduleReminder { person, conversation, text, due_at, zone } = schedule;
        let known = self.people.state(&person.stream()).await?;
        if !known.is_known() {
            return Err(HandleError::Rejected(PersonRejection::Unknown { person }).into());
        }
        let conversation = conversation.or(private_chat).ok_or_else(|| no_private_chat(&person))?;
        let talk = self.talk.state(&conversation.stream()).await?;
        talk.can_hear(&conversation).map_err(HandleError::Rejected)?;

        let zone = zone.as_deref().and_then(known_zone).or_else(|| known.time_zone().map(str::to_owned));
        let due = Due { at: due_at, zone: zone.unwrap_or_else(|| ZONE_DEFAULT.to_owned()), wall_clock: false };
        let text = Personal::of(person.clone(), text);
        let what = ReminderAction::Schedule { person, conversation, topic: None, text, due };
        let command = ReminderCommand { reminder, what, at: self.clock.now() };
        let handled = self.reminders.handle(&command, &context).await?;
        Ok((reminder, Appended::of(&handled)?))
    }

    /// Gives a reminder another time; also one that was told or could not be told. A conflict where it is cancelled.
    pub async fn reschedule_reminder(
        &self,
        asking: &Asking,
        reschedule: RescheduleReminder,
    ) -> Result<Appended, IntakeError> {
        faults([("zone", reschedule.zone.as_deref().map_or(Ok(()), check_zone))])?;
        let context = asking.context(self, &("reschedule reminder", &reschedule))?;
        let RescheduleReminder { reminder, due_at, zone } = reschedule;
        let before = self.reminders.state(&reminder.stream()).await?;
        let zone = zone.as_deref().and_then(known_zone).or_else(|| before.due().map(|due| due.zone.clone()));
        let due = Due { at: due_at, zone: zone.unwrap_or_else(|| ZONE_DEFAULT.to_owned()), wall_clock: false };
        let command = ReminderCommand { reminder, what: ReminderAction::Reschedule(due), at: self.clock.now() };
        Appended::of(&self.reminders.handle(&command, &context).await?)
    }

    /// Cancels a reminder. A conflict where it is not waiting to be told.
    pub async fn cancel_reminder(&self, asking: &Asking, reminder: ReminderId) -> Result<Appended, IntakeError> {
        let context = asking.context(self, &("cancel reminder", reminder))?;
        let command = ReminderCommand { reminder, what: ReminderAction::Cancel, at: self.clock.now() };
        Appended::of(&self.reminders.handle(&command, &context).await?)
    }
}

/// Nobody is reminded where only somebody else reads it.
fn check_place(conversation: &ConversationId, person: &PersonId) -> Result<(), String> {
    match conversation {
        ConversationId::Bot { chat: ChatId(chat), .. } if *chat <= 0 || *person == PersonId::Telegram(*chat) => Ok(()),
        ConversationId::Bot { .. } => Err("must be the person's own private chat, or a group".to_owned()),
        ConversationId::Export(_) | ConversationId::Api(_) => {
            Err("must be a conversation with a bot of ours: <bot>.<chat>".to_owned())
        }
    }
}

fn no_private_chat(person: &PersonId) -> IntakeError {
    let message = format!("person {person} has no conversation with a bot of ours: they have to write to it first");
    IntakeError::Refused { kind: RefusalKind::NotFound, message }
}

impl Refusal for ReminderRejection {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::Unknown(_) => RefusalKind::NotFound,
            Self::Exists(_) | Self::NotScheduled { .. } | Self::InThePast { .. } | Self::TooFarAhead { .. } => {
                RefusalKind::Conflict
            }
        }
    }

    fn fault(&self) -> Option<FieldFault> {
        let must = match self {
            Self::InThePast { .. } => "must lie in the future",
            Self::TooFarAhead { .. } => "must lie within the next ten years",
            Self::Unknown(_) | Self::Exists(_) | Self::NotScheduled { .. } => return None,
        };
        Some(FieldFault { field: "due_at", message: format!("{must}: {self}") })
    }
}
