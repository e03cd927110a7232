//! Folds reminders.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chronogram_engine::{ApplyError, Projection, TableKey};
use chronogram_log::{Codec, RecordedEvent};
use chronogram_model::{
    DomainEvent as _,
    reminder::{Due, ReminderEvent, ReminderScheduled},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, types::Uuid};

use crate::{
    erasure::{self, PERSON_ERASED},
    observed::{column, id_in_stream, misplaced},
};

/// The projection `reminders`.
#[derive(Debug)]
pub struct Reminders {
    codec: Codec,
}

impl Reminders {
    /// Reads events through `codec`.
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

#[async_trait]
impl Projection for Reminders {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u32 {
        super::VERSION
    }

    fn tables_sql(&self) -> &'static str {
        include_str!("tables.sql")
    }

    fn indexes_sql(&self) -> &'static str {
        include_str!("indexes.sql")
    }

    fn tables(&self) -> &'static [TableKey] {
        &[TableKey { table: "reminder", key: &["id"] }]
    }

    fn event_types(&self) -> Option<&'static [&'static str]> {
        const TYPES: [&str; 6] = [
            "ReminderScheduled",
            "ReminderRescheduled",
            "ReminderCancelled",
            "ReminderDelivered",
            "ReminderDeliveryFailed",
            PERSON_ERASED,
        ];
        debug_assert!(ReminderEvent::SHAPES.iter().all(|shape| TYPES.contains(&shape.name)));
        Some(&TYPES)
    }

    async fn apply(&self, batch: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        for (part, end) in erasure::parts(batch) {
            self.apply_part(part, connection).await?;
            if let Some(end) = end
                && let Some(person) = erasure::erased(&self.codec, end)?
            {
                let query = sqlx::query("update reminder set text = null where person = $1").bind(person.to_string());
                query.execute(&mut *connection).await?;
            }
        }
        Ok(())
    }
}

impl Reminders {
    async fn apply_part(&self, part: &[RecordedEvent], connection: &mut PgConnection) -> Result<(), ApplyError> {
        let (mut scheduled, mut changes) = (Vec::new(), BTreeMap::new());
        for event in part {
            let id = id_in_stream(event, "reminder").and_then(|id| id.parse::<Uuid>().ok());
            let id = id.ok_or_else(|| misplaced(event, "a reminder"))?;
            match self.codec.decode::<ReminderEvent>(event)? {
                Some(ReminderEvent::ReminderScheduled(new)) => scheduled.push((id, new, event.position.as_i64())),
                Some(other) => {
                    let before = changes.remove(&id).unwrap_or_default();
                    changes.insert(id, Change { position: event.position.as_i64(), ..Change::after(before, other) });
                }
                None => {}
            }
        }
        schedule(connection, &scheduled).await?;
        change(connection, &changes.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }
}

/// What a batch changes of a reminder that exists; what is absent stays as it was.
#[derive(Default)]
struct Change {
    due: Option<Due>,
    state: &'static str,
    settled_at: Option<Timestamp>,
    late: bool,
    maybe_repeated: bool,
    reason: Option<String>,
    position: i64,
}

impl Change {
    fn after(before: Self, event: ReminderEvent) -> Self {
        let settled = |state, at| Self { due: before.due.clone(), state, settled_at: Some(at), ..Self::default() };
        match event {
            ReminderEvent::ReminderScheduled(_) => before,
            ReminderEvent::ReminderRescheduled(event) => {
                Self { due: Some(event.due), state: "scheduled", ..Self::default() }
            }
            ReminderEvent::ReminderCancelled(event) => settled("cancelled", event.cancelled_at),
            ReminderEvent::ReminderDelivered(event) => {
                Self { late: event.late, maybe_repeated: event.maybe_repeated, ..settled("sent", event.delivered_at) }
            }
            ReminderEvent::ReminderDeliveryFailed(event) => {
                Self { reason: Some(event.reason), ..settled("failed", event.failed_at) }
            }
        }
    }
}

async fn schedule(connection: &mut PgConnection, rows: &[(Uuid, ReminderScheduled, i64)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into reminder (id, person, conversation, text, due_at, zone, wall_clock, state, scheduled_at, position)
        select id, person, conversation, text, due_at, zone, wall_clock, 'scheduled', scheduled_at, position
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::boolean[],
            $8::timestamptz[], $9::bigint[])
            as new (id, person, conversation, text, due_at, zone, wall_clock, scheduled_at, position)";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |(id, ..)| *id))
        .bind(column(rows, |(_, new, _)| new.person.to_string()))
        .bind(column(rows, |(_, new, _)| new.conversation.to_string()))
        .bind(column(rows, |(_, new, _)| new.text.plain().cloned()))
        .bind(column(rows, |(_, new, _)| new.due.at.to_sqlx()))
        .bind(column(rows, |(_, new, _)| new.due.zone.as_str()))
        .bind(column(rows, |(_, new, _)| new.due.wall_clock))
        .bind(column(rows, |(_, new, _)| new.scheduled_at.to_sqlx()))
        .bind(column(rows, |(.., position)| *position))
        .execute(connection)
        .await?;
    Ok(())
}

async fn change(connection: &mut PgConnection, rows: &[(Uuid, Change)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        update reminder set state = new.state, due_at = coalesce(new.due_at, reminder.due_at),
            zone = coalesce(new.zone, reminder.zone), wall_clock = coalesce(new.wall_clock, reminder.wall_clock),
            settled_at = new.settled_at, late = new.late, maybe_repeated = new.maybe_repeated, reason = new.reason,
            position = new.position
        from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::boolean[], $6::timestamptz[],
            $7::boolean[], $8::boolean[], $9::text[], $10::bigint[])
            as new (id, state, due_at, zone, wall_clock, settled_at, late, maybe_repeated, reason, position)
        where reminder.id = new.id";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |(id, _)| *id))
        .bind(column(rows, |(_, row)| row.state))
        .bind(column(rows, |(_, row)| row.due.as_ref().map(|due| due.at.to_sqlx())))
        .bind(column(rows, |(_, row)| row.due.as_ref().map(|due| due.zone.as_str())))
        .bind(column(rows, |(_, row)| row.due.as_ref().map(|due| due.wall_clock)))
        .bind(column(rows, |(_, row)| row.settled_at.map(ToSqlx::to_sqlx)))
        .bind(column(rows, |(_, row)| row.late))
        .bind(column(rows, |(_, row)| row.maybe_repeated))
        .bind(column(rows, |(_, row)| row.reason.as_deref()))
        .bind(column(rows, |(_, row)| row.position))
        .execute(connection)
        .await?;
    Ok(())
}
