//! `chronogram profiles`.

mod fill;
mod policies;
mod vip;

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_model::PersonId;
use chronogram_read_models::people::{people_by_id, profile_fields_of, profile_statistics};
use serde_json::json;

use super::{WRONG_USAGE, on_foundation, print_json};
use crate::{
    cli::{FillArgs, ProfilesCommand, Wish},
    foundation::Foundation,
    settings::Settings,
};

pub(crate) async fn dispatch(command: ProfilesCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        ProfilesCommand::Fill(arguments) => Box::pin(fill(arguments, settings)).await,
        ProfilesCommand::Compare(arguments) => {
            let work = async |house: &Foundation| super::judging::compare::run(house, arguments).await;
            Box::pin(on_foundation(settings, work)).await
        }
        ProfilesCommand::Train(arguments) => {
            let work = async |house: &Foundation| super::judging::train::run(house, arguments).await;
            Box::pin(on_foundation(settings, work)).await
        }
        ProfilesCommand::Policies(command) => {
            let work = async |house: &Foundation| Box::pin(policies::run(house, command)).await;
            Box::pin(on_foundation(settings, work)).await
        }
        ProfilesCommand::Vip(command) => on_foundation(settings, async |house| vip::run(house, command).await).await,
        ProfilesCommand::Stats { json } => on_foundation(settings, async |house| stats(house, json).await).await,
        ProfilesCommand::Show { person, json } => {
            on_foundation(settings, async |house| show(house, &person, json).await).await
        }
    }
}

/// What is wrong in itself is refused before anything is opened.
async fn fill(arguments: FillArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    match arguments.wish() {
        Ok(Wish::Statistics) => on_foundation(settings, async |house| stats(house, arguments.json).await).await,
        Ok(Wish::Fill { selection, webhook }) => {
            let order = fill::Order { selection, webhook, secret: settings.profiles_webhook_secret.clone() };
            on_foundation(settings, async |house| {
                Box::pin(fill::run(house, fill::HowFast::typed(&arguments), order)).await
            })
            .await
        }
        Err(sentence) => {
            eprintln!("error: {sentence}");
            Ok(ExitCode::from(WRONG_USAGE))
        }
    }
}

async fn stats(house: &Foundation, json: bool) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    let statistics = profile_statistics(&house.queries).await?;
    if json {
        print_json(&json!({
            "people": statistics.people,
            "with_profile": statistics.with_profile,
            "oldest_enriched_at": statistics.oldest_enriched_at,
            "strategies": statistics.strategies.iter().map(|strategy| json!({
                "strategy": strategy.strategy,
                "profiles": strategy.profiles,
                "enrichments": strategy.enrichments,
                "fallbacks": strategy.fallbacks,
                "failures": strategy.failures,
                "tokens": strategy.tokens,
                "cost": strategy.cost,
                "duration_us": strategy.duration_us,
            })).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let percent = (statistics.with_profile * 100).checked_div(statistics.people).unwrap_or(100);
    println!("{} people, {} with a profile ({percent} %)", statistics.people, statistics.with_profile);
    if let Some(oldest) = statistics.oldest_enriched_at {
        println!("oldest profile of {}", oldest.strftime("%Y-%m-%d %H:%M UTC"));
    }
    for strategy in &statistics.strategies {
        println!(
            "{:<10} {} profiles, {} enrichments, {} fallbacks, {} failures, {} tokens, ${}",
            strategy.strategy,
            strategy.profiles,
            strategy.enrichments,
            strategy.fallbacks,
            strategy.failures,
            strategy.tokens,
            strategy.cost
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(house: &Foundation, person: &str, json: bool) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    let id: PersonId = person.parse()?;
    let found = people_by_id(&house.queries, std::slice::from_ref(&id)).await?;
    let person = found.first().with_context(|| format!("nothing is known of person {id}"))?;
    let fields = profile_fields_of(&house.queries, std::slice::from_ref(&id)).await?;
    if json {
        print_json(&json!({
            "person": person.id,
            "display_name": person.display_name,
            "messages": person.messages_count,
            "has_profile": person.has_profile,
            "strategy": person.profile_strategy,
            "plugin_digest": person.profile_digest,
            "enriched_at": person.profile_enriched_at,
            "fields": fields.iter().map(|field| json!({
                "key": field.key,
                "value": field.value,
                "confidence": field.confidence,
                "evidence": field.evidence,
            })).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = person.display_name.as_deref().unwrap_or("(no name)");
    println!("{name}, person {}, {} messages", person.id, person.messages_count);
    if !person.has_profile {
        println!("no profile yet: chronogram profiles fill --user-id {}", person.id);
    }
    for field in &fields {
        println!("  {:<16} {}  ({})", field.key, field.value, field.confidence);
    }
    Ok(ExitCode::SUCCESS)
}
