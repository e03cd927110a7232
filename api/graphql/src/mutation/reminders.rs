//! Reminders that operators ask for, put off and cancel.

use async_graphql::{Context, ID, InputObject, Object};
use chronogram_intake::{Appended, RescheduleReminder, ScheduleReminder};
use chronogram_model::{ConversationId, PersonId, ReminderId};
use chronogram_read_models::{people, reminders};
use jiff::Timestamp;

use super::{after, asking};
use crate::{
    errors::{Failure, Nullable},
    gate::wait_for,
    scalars::Long,
    types::{Reminder, deps, parse_id},
};

/// A reminder to schedule.
#[derive(InputObject)]
pub(crate) struct ScheduleReminderInput {
    /// Who is reminded: a Telegram user's number.
    person_id: ID,
    /// Where: `<bot>.<chat>`, their own private chat or a group; their private chat with the bot where absent.
    conversation_id: Option<ID>,
    /// Of what: 1 to 4096 UTF-16 units.
    text: String,
    /// When; in the future, within ten years.
    due_at: Timestamp,
    /// The IANA zone that its time is shown in: `Europe/Moscow`. Where absent the one they told the bot, else UTC.
    zone: Option<String>,
}

/// Another time for a reminder.
#[derive(InputObject)]
pub(crate) struct RescheduleReminderInput {
    /// Which: a UUID.
    id: ID,
    /// When from now on; in the future, within ten years.
    due_at: Timestamp,
    /// The IANA zone that its time is shown in; as it was where absent.
    zone: Option<String>,
}

/// Something happened to a reminder.
pub(crate) struct ReminderPayload {
    appended: Appended,
    reminder: ReminderId,
}

pub(super) async fn schedule(ctx: &Context<'_>, input: ScheduleReminderInput) -> Result<ReminderPayload, Failure> {
    let (intake, asking) = asking(ctx)?;
    let ScheduleReminderInput { person_id, conversation_id, text, due_at, zone } = input;
    let person: PersonId = parse_id("input.personId", &person_id)?;
    let conversation = conversation_id.map(|id| parse_id("input.conversationId", &id)).transpose()?;
    let private_chat = match conversation {
        None => private_chat_of(ctx, &person).await?,
        Some(_) => None,
    };
    let schedule = ScheduleReminder { person, conversation, text, due_at, zone };
    let (reminder, appended) = intake.schedule_reminder(&asking, schedule, private_chat).await?;
    Ok(ReminderPayload { appended, reminder })
}

/// Where the person talks with a bot of ours. Who wrote to it just now may not be in the read models yet, nor the read
/// models themselves in a house that was just built: what is not found at once is looked for again when they are there.
async fn private_chat_of(ctx: &Context<'_>, person: &PersonId) -> Result<Option<ConversationId>, Failure> {
    let deps = deps(ctx)?;
    let head = deps.store.head().await?;
    if let Ok(Some(known)) = people::private_chat_of(&deps.pool, person).await {
        return Ok(Some(known));
    }
    wait_for(deps, head).await?;
    Ok(people::private_chat_of(&deps.pool, person).await?)
}

pub(super) async fn reschedule(ctx: &Context<'_>, input: RescheduleReminderInput) -> Result<ReminderPayload, Failure> {
    let (intake, asking) = asking(ctx)?;
    let reminder = parse_id("input.id", &input.id)?;
    let reschedule = RescheduleReminder { reminder, due_at: input.due_at, zone: input.zone };
    let appended = intake.reschedule_reminder(&asking, reschedule).await?;
    Ok(ReminderPayload { appended, reminder })
}

pub(super) async fn cancel(ctx: &Context<'_>, id: &ID) -> Result<ReminderPayload, Failure> {
    let (intake, asking) = asking(ctx)?;
    let reminder = parse_id("id", id)?;
    let appended = intake.cancel_reminder(&asking, reminder).await?;
    Ok(ReminderPayload { appended, reminder })
}

/// Something happened to a reminder.
#[Object]
impl ReminderPayload {
    /// Position of the last event appended; give it as `minPosition` to see its effect.
    async fn position(&self) -> Long {
        self.appended.position.into()
    }

    /// True when the same request was handled before and this is its first answer.
    async fn repeated(&self) -> bool {
        self.appended.repeated
    }

    /// The reminder's id, a UUID.
    async fn reminder_id(&self) -> ID {
        ID::from(self.reminder)
    }

    /// The reminder as it is now; waits up to 2 s for the read models, `TIMEOUT` if they are further behind.
    async fn reminder(&self, ctx: &Context<'_>) -> Nullable<Reminder> {
        let read = async || -> Result<Option<Reminder>, Failure> {
            let deps = after(ctx, self.appended.position).await?;
            Ok(reminders::reminders_by_id(&deps.pool, &[self.reminder]).await?.pop().map(Reminder))
        };
        read().await.transpose()
    }
}
