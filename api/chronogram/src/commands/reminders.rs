//! `chronogram reminders`: without what people want to be reminded of.

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_handlers::{Context, Handler};
use chronogram_log::Actor;
use chronogram_model::{
    Origin, PersonId, ReminderId,
    reminder::{Reminder, ReminderAction, ReminderCommand},
};
use chronogram_read_models::{
    Direction, PAGE_MAX, PageRequest,
    reminders::{ReminderFilter, ReminderRow, reminders},
};
use serde_json::json;

use super::print_json;
use crate::{cli::RemindersCommand, clock::random_bytes, foundation::Foundation};

pub(crate) async fn run(house: &Foundation, command: RemindersCommand) -> anyhow::Result<ExitCode> {
    match command {
        RemindersCommand::List { state, person, limit, json } => {
            house.catch_up().await?;
            let person: Option<PersonId> = person.map(|id| id.parse().context("--person")).transpose()?;
            let state = state.map(|state| state.as_str().to_owned());
            let filter = ReminderFilter { person, state, ..ReminderFilter::default() };
            list(house, &filter, limit, json).await?;
        }
        RemindersCommand::Cancel { id } => cancel(house, id.parse()?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(house: &Foundation, filter: &ReminderFilter, limit: u32, json: bool) -> anyhow::Result<()> {
    if !json {
        println!("{:<36}  {:<17}  {:<9}  {:<14}  CONVERSATION", "ID", "DUE (UTC)", "STATE", "PERSON");
    }
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let request = PageRequest::new(Some(left.min(PAGE_MAX).into()), after.take(), None, None)?;
        let page = reminders(&house.queries, filter, Direction::Ascending, &request).await?;
        for (row, _) in &page.rows {
            print_line(row, json)?;
        }
        left = left.saturating_sub(u32::try_from(page.rows.len())?);
        match page.rows.into_iter().next_back() {
            Some((_, cursor)) if page.has_next => after = Some(cursor),
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn print_line(row: &ReminderRow, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&json!({
            "id": row.id,
            "person": row.person,
            "conversation": row.conversation,
            "due_at": row.due_at,
            "zone": row.zone,
            "state": row.state,
            "scheduled_at": row.scheduled_at,
            "settled_at": row.settled_at,
            "late": row.late,
            "maybe_repeated": row.maybe_repeated,
            "reason": row.reason,
        }));
    }
    let due = row.due_at.strftime("%Y-%m-%d %H:%M").to_string();
    let reason = row.reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default();
    let person = row.person.to_string();
    println!("{}  {due:<17}  {:<9}  {person:<14}  {}{reason}", row.id, row.state, row.conversation);
    Ok(())
}

async fn cancel(house: &Foundation, reminder: ReminderId) -> anyhow::Result<()> {
    let handler = Handler::<Reminder>::new(house.store.clone(), house.codec.clone());
    let context = Context::new(Origin::unique(random_bytes()?), Actor::Operator);
    let command = ReminderCommand { reminder, what: ReminderAction::Cancel, at: house.clock.now() };
    handler.handle(&command, &context).await?;
    println!("Reminder {reminder} is cancelled.");
    Ok(())
}
