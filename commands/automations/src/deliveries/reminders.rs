//! Reminders that are yet to be told, and those that are due now.

use chronogram_log::{RecordedEvent, crash_point};
use chronogram_model::{
    MessageId, Origin, PersonId, ReminderId, ReplyId,
    conversation::{Outgoing, Priority},
    reminder::{Due, ReminderEvent},
};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, types::Uuid};

use super::{DeliveryError, DueReminder, Shared, fill, outbox, while_};

/// A reminder told later than this says so: longer than a busy minute, shorter than anybody's patience.
const LATE_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// Reminders put into the outbox in one transaction.
const DUE_AT_ONCE_MAX: i64 = 200;

/// Leaves the trace of an event.
pub(super) async fn take_in(
    connection: &mut PgConnection,
    event: &RecordedEvent,
    decoded: &ReminderEvent,
) -> Result<(), DeliveryError> {
    let id = event.stream.as_str().strip_prefix("reminder-").and_then(|id| id.parse::<ReminderId>().ok());
    let Some(id) = id else { return Ok(()) };
    match decoded {
        ReminderEvent::ReminderScheduled(scheduled) => {
            const SQL: &str = "
                insert into delivery.reminder (reminder, person, conversation, text, zone, due_at, topic, state)
                values ($1, $2, $3, $4, $5, $6, $7, 'scheduled') on conflict (reminder) do nothing";
            sqlx::query(SQL)
                .bind(id.0)
                .bind(scheduled.person.to_string())
                .bind(scheduled.conversation.to_string())
                .bind(scheduled.text.plain())
                .bind(&scheduled.due.zone)
                .bind(scheduled.due.at.to_sqlx())
                .bind(scheduled.topic.map(|topic| topic.0))
                .execute(connection)
                .await
                .map_err(while_("note a reminder"))?;
            Ok(())
        }
        ReminderEvent::ReminderRescheduled(rescheduled) => {
            outbox::withdraw(&mut *connection, id, rescheduled.rescheduled_at).await?;
            put_off(connection, id, &rescheduled.due).await
        }
        ReminderEvent::ReminderCancelled(cancelled) => {
            outbox::withdraw(&mut *connection, id, cancelled.cancelled_at).await?;
            end(connection, id).await
        }
        // What was told or failed was queued before; it is put off where somebody wants it again.
        ReminderEvent::ReminderDelivered(_) | ReminderEvent::ReminderDeliveryFailed(_) => Ok(()),
    }
}

async fn put_off(connection: &mut PgConnection, id: ReminderId, due: &Due) -> Result<(), DeliveryError> {
    const SQL: &str = "update delivery.reminder set state = 'scheduled', due_at = $2, zone = $3 where reminder = $1";
    let query = sqlx::query(SQL).bind(id.0).bind(due.at.to_sqlx()).bind(&due.zone);
    query.execute(connection).await.map_err(while_("put a reminder off"))?;
    Ok(())
}

async fn end(connection: &mut PgConnection, id: ReminderId) -> Result<(), DeliveryError> {
    const SQL: &str = "update delivery.reminder set state = 'done' where reminder = $1";
    sqlx::query(SQL).bind(id.0).execute(connection).await.map_err(while_("end a reminder"))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DueRow {
    reminder: Uuid,
    person: String,
    conversation: String,
    text: Option<String>,
    zone: String,
    topic: Option<i64>,
    #[sqlx(try_from = "jiff_sqlx::Timestamp")]
    due_at: Timestamp,
}

/// Puts what is due into the outbox: claimed and queued in one transaction, so however many look, it is queued once.
/// Gives how many it were. One that cannot be told never stops the others.
pub(super) async fn queue_due(
    shared: &Shared,
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<usize, DeliveryError> {
    const CLAIM: &str = "
        with due as (
            select reminder from delivery.reminder where state = 'scheduled' and due_at <= $1
            order by due_at, reminder limit $2 for update skip locked
        )
        update delivery.reminder set state = 'queued' from due where delivery.reminder.reminder = due.reminder
        returning reminder.reminder, person, conversation, text, zone, topic, due_at";
    sqlx::raw_sql("begin").execute(&mut *connection).await.map_err(while_("begin"))?;
    let queued = async {
        let query = sqlx::query_as::<_, DueRow>(CLAIM).bind(now.to_sqlx()).bind(DUE_AT_ONCE_MAX);
        let due = query.fetch_all(&mut *connection).await.map_err(while_("claim due reminders"))?;
        let count = due.len();
        for row in due {
            queue(shared, connection, row, now).await?;
        }
        Ok::<usize, DeliveryError>(count)
    }
    .await;
    if matches!(queued, Ok(1..)) {
        crash_point("reminder.before_commit");
    }
    let end = if queued.is_ok() { "commit" } else { "rollback" };
    sqlx::raw_sql(end).execute(&mut *connection).await.map_err(while_("end a batch of reminders"))?;
    if matches!(queued, Ok(1..)) {
        crash_point("reminder.queued");
    }
    queued
}

async fn queue(
    shared: &Shared,
    connection: &mut PgConnection,
    row: DueRow,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    // Erased, or of a conversation that is no bot's: there is nobody to tell.
    let (Some(text), Some((conversation, bot, chat)), Ok(person)) =
        (row.text, fill::place(&row.conversation), row.person.parse::<PersonId>())
    else {
        return Ok(());
    };
    let late_by = Some(now.duration_since(row.due_at)).filter(|late| *late > LATE_AFTER);
    let state = shared.people.state(&person.stream()).await.map_err(|error| DeliveryError::Note(Box::new(error)))?;
    let reminder = ReminderId(row.reminder);
    let words = (shared.parts.reminder_words)(&DueReminder {
        reminder,
        person: person.clone(),
        text,
        zone: row.zone,
        due_at: row.due_at,
        late_by,
        language: state.language().map(str::to_owned),
    });
    // The same reminder at the same time is the same message; put off, it is another.
    let origin = Origin::of(&["reminder", &reminder.to_string(), &row.due_at.to_string()]);
    let entry = outbox::NewEntry {
        id: ReplyId::of(origin, 0).0,
        conversation: &conversation,
        bot,
        chat,
        topic: row.topic.map(MessageId),
        person: Some(&person),
        reminder: Some((reminder, row.due_at, late_by.is_some())),
        in_reply_to: None,
        priority: Priority::Answer,
        parts: fill::cut(shared, Outgoing::Send(words)),
        enqueued_at: now,
    };
    outbox::enqueue(connection, &entry).await
}

/// When the next reminder is due.
pub(super) async fn next_due(connection: &mut PgConnection) -> Result<Option<Timestamp>, DeliveryError> {
    const SQL: &str = "select due_at from delivery.reminder where state = 'scheduled' order by due_at limit 1";
    let due: Option<jiff_sqlx::Timestamp> =
        sqlx::query_scalar(SQL).fetch_optional(connection).await.map_err(while_("look for the next reminder"))?;
    Ok(due.map(jiff_sqlx::Timestamp::to_jiff))
}
