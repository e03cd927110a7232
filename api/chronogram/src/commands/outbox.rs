//! `chronogram outbox`: what waits to go out to Telegram, without anybody's words.

use std::process::ExitCode;

use chronogram_automations::deliveries::{
    OutboxEntry, held_chats, outbox_entries, outbox_status, parked_chats, waiting_by_priority,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::print_json;
use crate::{cli::OutboxCommand, foundation::Foundation};

/// Chats of a kind that `status` names: more would hide them.
const SHOWN_MAX: u32 = 20;

pub(crate) async fn run(house: &Foundation, command: OutboxCommand) -> anyhow::Result<ExitCode> {
    match command {
        OutboxCommand::Status { json } => status(house, json).await?,
        OutboxCommand::List { after, limit, json } => {
            if !json {
                println!(
                    "{:>10}  {:<24}  {:<8}  {:<12}  {:<8}  {:>5}  {:<19}  REASON",
                    "SEQ", "CHAT", "PURPOSE", "KIND", "STATE", "TRIES", "NEXT TRY (UTC)"
                );
            }
            for entry in outbox_entries(&house.pool, after, limit).await? {
                print_line(&entry, json)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(house: &Foundation, json: bool) -> anyhow::Result<()> {
    let now = house.clock.now();
    let status = outbox_status(&house.pool).await?;
    let priorities = waiting_by_priority(&house.pool).await?;
    let held = held_chats(&house.pool, now, SHOWN_MAX).await?;
    let parked = parked_chats(&house.pool, SHOWN_MAX).await?;
    if json {
        let by_priority: serde_json::Map<String, Value> =
            priorities.iter().map(|of| (of.priority.as_str().to_owned(), of.waiting.into())).collect();
        return print_json(&json!({
            "waiting": status.waiting,
            "sending": status.sending,
            "settling": status.settling,
            "oldest_at": status.oldest_at,
            "chats": status.chats,
            "reminders": status.reminders,
            "waiting_by_priority": by_priority,
            "held_chats": held.iter().map(|chat| json!({
                "conversation": chat.conversation,
                "waiting": chat.waiting,
                "attempts": chat.attempts,
                "next_try_at": chat.next_try_at,
                "oldest_at": chat.oldest_at,
            })).collect::<Vec<_>>(),
            "parked_chats": parked.iter().map(|chat| json!({
                "bot": chat.bot, "chat": chat.chat, "since": chat.since,
            })).collect::<Vec<_>>(),
        }));
    }
    println!("{} waiting for {} chats, {} on their way", status.waiting, status.chats, status.sending);
    let waiting: Vec<_> = priorities.iter().map(|of| format!("{} {}", of.waiting, of.priority.as_str())).collect();
    println!("by priority: {}", waiting.join(", "));
    if let Some(oldest) = status.oldest_at {
        println!("oldest of {}", shown(oldest));
    }
    println!("{} reminders yet to fall due", status.reminders);
    for chat in held {
        println!(
            "{} is held up: {} waiting, {} tries, next {}",
            chat.conversation,
            chat.waiting,
            chat.attempts,
            shown(chat.next_try_at)
        );
    }
    for chat in parked {
        println!("{}.{} is parked since {}: nobody there hears the bot", chat.bot, chat.chat, shown(chat.since));
    }
    Ok(())
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn print_line(entry: &OutboxEntry, json: bool) -> anyhow::Result<()> {
    // What was never tried in vain has no moment to wait for.
    let next_try = Some(entry.not_before).filter(|at| *at > Timestamp::UNIX_EPOCH && entry.state == "waiting");
    if json {
        return print_json(&json!({
            "seq": entry.seq,
            "id": entry.id,
            "conversation": entry.conversation,
            "purpose": entry.purpose,
            "kind": entry.kind,
            "state": entry.state,
            "attempts": entry.attempts,
            "next_try_at": next_try,
            "reason": entry.reason,
            "enqueued_at": entry.enqueued_at,
        }));
    }
    println!(
        "{:>10}  {:<24}  {:<8}  {:<12}  {:<8}  {:>5}  {:<19}  {}",
        entry.seq,
        entry.conversation.to_string(),
        entry.purpose,
        entry.kind,
        entry.state,
        entry.attempts,
        next_try.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default(),
        entry.reason.as_deref().unwrap_or_default()
    );
    Ok(())
}
