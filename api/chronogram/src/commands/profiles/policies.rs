//! `chronogram profiles policies`: which there are, and what is said about them.

use std::process::ExitCode;

use anyhow::Context as _;
use chronogram_automations::{
    policies::{PolicyStanding, standings},
    profiles::Selection,
};
use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::Actor;
use chronogram_model::{
    Origin,
    policy::{
        FillPolicies, FillPolicy, FillPolicyRemoved, FillPolicySet, PolicyCommand, PolicyName, PolicyRejection,
        WantedProfiles,
    },
};
use jiff::Timestamp;
use serde_json::json;

use super::{
    super::{WRONG_USAGE, print_json},
    fill::{self, HowFast, Order},
};
use crate::{
    cli::{PoliciesCommand, SetPolicyArgs},
    clock::random_bytes,
    foundation::Foundation,
};

pub(super) async fn run(house: &Foundation, command: PoliciesCommand) -> anyhow::Result<ExitCode> {
    match command {
        PoliciesCommand::List { json } => list(house, json).await,
        PoliciesCommand::Set(arguments) => set(house, &arguments).await,
        PoliciesCommand::Enable { name } => switch(house, name, true).await,
        PoliciesCommand::Disable { name } => switch(house, name, false).await,
        PoliciesCommand::Remove { name } => {
            let removed = FillPolicyRemoved { name: name.clone(), removed_at: house.clock.now() };
            say(house, PolicyCommand::Remove(removed), &format!("There is no policy {name} any more.")).await
        }
        PoliciesCommand::Run { name, json } => {
            let policy = known(house, &name).await?.with_context(|| unknown(&name))?;
            let order = Order { selection: Selection::of_policy(&policy), webhook: None, secret: None };
            let how = HowFast::of_policy(&policy, json);
            Box::pin(fill::run(house, how, order)).await
        }
    }
}

async fn set(house: &Foundation, arguments: &SetPolicyArgs) -> anyhow::Result<ExitCode> {
    let known = known(house, &arguments.name).await?;
    let policy = match arguments.policy(known.as_ref()) {
        Ok(policy) => policy,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    let told = format!("{}: {}.", policy.name, told(&policy));
    say(house, PolicyCommand::Set(FillPolicySet { policy, set_at: house.clock.now() }), &told).await
}

async fn switch(house: &Foundation, name: PolicyName, enabled: bool) -> anyhow::Result<ExitCode> {
    let told = format!("{name} {}.", if enabled { "holds" } else { "rests until you enable it" });
    say(house, PolicyCommand::Switch { name, enabled, at: house.clock.now() }, &told).await
}

/// Says it to the log, and what it means to whoever typed it.
async fn say(house: &Foundation, command: PolicyCommand, told: &str) -> anyhow::Result<ExitCode> {
    let context = Context::new(Origin::unique(random_bytes()?), Actor::Operator);
    match policies(house).handle(&command, &context).await {
        Ok(_) => {
            println!("{told}");
            Ok(ExitCode::SUCCESS)
        }
        Err(HandleError::Rejected(PolicyRejection::Invalid(fault))) => {
            eprintln!("error: {fault}");
            Ok(ExitCode::from(WRONG_USAGE))
        }
        Err(error) => Err(error.into()),
    }
}

async fn known(house: &Foundation, name: &PolicyName) -> anyhow::Result<Option<FillPolicy>> {
    let state = policies(house).state(&FillPolicies::stream_name()).await?;
    Ok(state.get(name).map(|kept| kept.policy.clone()))
}

fn unknown(name: &PolicyName) -> String {
    PolicyRejection::Unknown { name: name.clone() }.to_string()
}

fn policies(house: &Foundation) -> Handler<FillPolicies> {
    Handler::new(house.store.clone(), house.codec.clone())
}

async fn list(house: &Foundation, json: bool) -> anyhow::Result<ExitCode> {
    let standings = standings(&house.pool, &house.store, &house.codec).await?;
    if json {
        for standing in &standings {
            print_json(&json!({
                "policy": standing.kept.policy,
                "shipped": standing.kept.shipped,
                "next_run_at": standing.next_run_at,
                "rests": standing.rests,
                "last": standing.last.as_ref().map(|last| json!({
                    "at": last.at, "outcome": last.outcome, "run": last.run,
                })),
            }))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!("{:<20} {:<8} {:<18} {:<18} {:<18} WHAT", "NAME", "WHEN", "NEXT (UTC)", "LAST (UTC)", "OUTCOME");
    for standing in &standings {
        let policy = &standing.kept.policy;
        let last = standing.last.as_ref();
        println!(
            "{:<20} {:<8} {:<18} {:<18} {:<18} {}",
            policy.name.as_str(),
            policy.schedule.to_string(),
            next(standing),
            last.map_or("–".to_owned(), |last| minute(last.at)),
            last.map_or("–", |last| last.outcome.as_str()),
            told(policy)
        );
    }
    if standings.iter().all(|standing| standing.next_run_at.is_none()) {
        println!("Policies are kept to by `chronogram up` and by `serve` with the role automations.");
    }
    Ok(ExitCode::SUCCESS)
}

fn next(standing: &PolicyStanding) -> String {
    match (&standing.rests, standing.next_run_at) {
        _ if !standing.kept.policy.enabled => "off".to_owned(),
        (Some(why), _) => format!("rests: {why}"),
        (None, Some(at)) => minute(at),
        (None, None) => "–".to_owned(),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A policy in words.
fn told(policy: &FillPolicy) -> String {
    let wanted = match policy.profiles {
        WantedProfiles::Missing => "without a profile".to_owned(),
        WantedProfiles::Outdated { days } => format!("with a profile older than {days} days"),
        WantedProfiles::NotByStrategy { days } => {
            format!("without a profile by {} of the last {days} days", policy.strategy)
        }
    };
    let active = policy.active_days.map_or(String::new(), |days| format!(", who wrote within {days} days,"));
    let limit = policy.limit.map_or(String::new(), |limit| format!(", {limit} people at most"));
    let audience = policy.audience.as_str();
    format!("{audience} {wanted}{active} by {}, {} workers{limit}", policy.strategy, policy.workers)
}
