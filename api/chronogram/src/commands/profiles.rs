//! `chronogram profiles`.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use chronogram_automations::profiles::{FillObserver, FillOptions, FillReport, ProfileFiller, Profiles, Selection};
use chronogram_model::PersonId;
use chronogram_read_models::people::{people_by_id, profile_fields_of, profile_statistics};
use serde_json::json;

use super::{DONE_WITH_FAULTS, print_json};
use crate::{
    cli::{FillArgs, ProfilesCommand},
    clock::random_bytes,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, command: ProfilesCommand) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    match command {
        ProfilesCommand::Fill(arguments) => fill(house, arguments).await,
        ProfilesCommand::Compare(arguments) => super::judging::compare::run(&house.filler().await?, arguments).await,
        ProfilesCommand::Stats { json } => stats(house, json).await,
        ProfilesCommand::Show { person, json } => show(house, &person, json).await,
    }
}

async fn fill(house: &Foundation, arguments: FillArgs) -> anyhow::Result<ExitCode> {
    let selection = match &arguments.user_id {
        Some(id) => Selection::of(vec![id.parse().context("--user-id")?]),
        None => Selection::everybody(Profiles::Missing),
    };
    let plugins = Arc::new(house.plugins()?);
    plugins.ensure_built_in().await?;
    let (queries, store, codec) = (house.queries.clone(), house.store.clone(), house.codec.clone());
    let filler = ProfileFiller::new(house.pool.clone(), queries, store, codec, plugins, house.clock.clone());
    let options = FillOptions {
        strategy: arguments.strategy.as_str().to_owned(),
        selection,
        limit: None,
        workers: arguments.workers.into(),
        batch_size: arguments.batch_size.into(),
        dry_run: arguments.dry_run,
        run: uuid::Builder::from_random_bytes(random_bytes()?).into_uuid(),
    };
    let teller = Teller(Progress::start("Filling profiles", Unit::People));
    let done = filler.fill(&options, &teller).await;
    teller.0.finish();
    let report = done?;
    // The next command, and GraphQL, see what this one did.
    house.catch_up().await?;
    if arguments.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    Ok(if report.failures() > 0 { ExitCode::from(DONE_WITH_FAULTS) } else { ExitCode::SUCCESS })
}

fn tell(report: &FillReport) {
    if report.people == 0 {
        println!("Everybody has a profile already; nothing to do.");
        return;
    }
    let would = if report.dry_run { " would be" } else { "" };
    println!(
        "{} people: {} profiles{would} filled with {} fields by {} ({}…), {} fuel, ${}.",
        report.people,
        report.enriched,
        report.fields_set,
        report.strategy,
        report.plugin_digest.chars().take(12).collect::<String>(),
        report.fuel,
        report.cost,
    );
    if report.already_filled > 0 {
        println!("{} got their profile from another run meanwhile.", report.already_filled);
    }
    for (kind, count) in &report.failed {
        println!("{count} failed: {kind}; they keep what they had.");
    }
}

async fn stats(house: &Foundation, json: bool) -> anyhow::Result<ExitCode> {
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

struct Teller(Progress);

impl FillObserver for Teller {
    fn progress(&self, done: u64, total: u64, _: rust_decimal::Decimal) {
        self.0.set(done, total);
    }
}
