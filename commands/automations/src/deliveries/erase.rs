//! Who is erased is told nothing more: what waits for them is given up, and their words leave the tables.

use chronogram_model::PersonId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::{DeliveryError, while_};

/// Blanks the words of `person` in what is yet to go out. May be done again; whoever takes in the log does it too.
///
/// Reminders first: one that falls due meanwhile has its row locked, and is found in the outbox afterwards. A message on
/// its way is taken from its sender by a new number; whether Telegram has it nobody will know.
pub async fn erase_deliveries(
    connection: &mut PgConnection,
    person: &PersonId,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    const REMINDERS: &str = "update delivery.reminder set text = null where person = $1";
    // Of rows older than the column tells the chat: a person's private chat has their number.
    const OUTBOX: &str = "
        update delivery.outbox set parts = '[]', files = '{}', fence = fence + 1, lease_until = null,
            reason = case when state in ('waiting', 'sending') then 'erased' else reason end,
            settled_at = coalesce(settled_at, $2),
            state = case when state in ('waiting', 'sending') then 'failed' else state end
        where person = $1 or (person is null and chat::text = $1)";
    let name = person.to_string();
    sqlx::query(REMINDERS)
        .bind(&name)
        .execute(&mut *connection)
        .await
        .map_err(while_("blank the reminders of a person"))?;
    sqlx::query(OUTBOX)
        .bind(&name)
        .bind(now.to_sqlx())
        .execute(connection)
        .await
        .map_err(while_("blank what waits for a person"))?;
    Ok(())
}
