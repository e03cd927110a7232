//! `chronogram profiles vip`: who is a VIP.

use std::process::ExitCode;

use chronogram_handlers::{Context, Handler};
use chronogram_log::Actor;
use chronogram_model::{
    Origin, PersonId,
    person::{Person, PersonCommand, VipMarked, VipUnmarked},
};
use chronogram_read_models::people::vips;
use serde_json::json;

use super::super::print_json;
use crate::{cli::VipCommand, clock::random_bytes, foundation::Foundation};

/// People read at once.
const PAGE: u32 = 500;

pub(super) async fn run(house: &Foundation, command: VipCommand) -> anyhow::Result<ExitCode> {
    match command {
        VipCommand::Add { people } => {
            let marked_at = house.clock.now();
            mark(house, &people, |person| PersonCommand::MarkVip(VipMarked { person, marked_at })).await?;
        }
        VipCommand::Remove { people } => {
            let unmarked_at = house.clock.now();
            mark(house, &people, |person| PersonCommand::UnmarkVip(VipUnmarked { person, unmarked_at })).await?;
        }
        VipCommand::List { json } => list(house, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn mark(
    house: &Foundation,
    people: &[PersonId],
    command: impl Fn(PersonId) -> PersonCommand,
) -> anyhow::Result<()> {
    let people_rules = Handler::<Person>::new(house.store.clone(), house.codec.clone());
    for person in people {
        let context = Context::new(Origin::unique(random_bytes()?), Actor::Operator);
        let done = people_rules.handle(&command(person.clone()), &context).await?;
        println!("{person}{}", if done.events.is_empty() { ": nothing new" } else { ": done" });
    }
    Ok(())
}

async fn list(house: &Foundation, json: bool) -> anyhow::Result<()> {
    house.catch_up().await?;
    let mut after: Option<PersonId> = None;
    if !json {
        println!("{:<20} {:<6} {:<8} NAME", "PERSON", "LIST", "PREMIUM");
    }
    loop {
        let page = vips(&house.queries, after.as_ref(), PAGE).await?;
        for person in &page {
            if json {
                print_json(&json!({
                    "person": person.id,
                    "display_name": person.display_name,
                    "on_the_list": person.vip,
                    "premium": person.premium,
                }))?;
                continue;
            }
            let premium = match person.premium {
                Some(true) => "yes",
                Some(false) => "no",
                None => "–",
            };
            let listed = if person.vip { "yes" } else { "–" };
            let name = person.display_name.as_deref().unwrap_or("(no name)");
            println!("{:<20} {listed:<6} {premium:<8} {name}", person.id.to_string());
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}
