//! `chronogram models`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chronogram_automations::models::{Grant, ModelRequest, Models};
use chronogram_gateways::models::{ChatMessage, ChatRequest, NamedModel, Role, Schema};
use chronogram_model::PersonId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::print_json;
use crate::{
    cli::{ModelTry, ModelsCommand},
    clock::random_bytes,
    foundation::Foundation,
};

/// On whose account `try` asks where everybody may.
const TRYING: &str = "models-try";

pub(crate) async fn run(house: &Foundation, command: ModelsCommand) -> anyhow::Result<ExitCode> {
    let models = house.models.clone();
    let models = models.context("no model is configured: set LLM_MODEL or MODELS_FILE (docs/operators/models.md)")?;
    models.tidy().await?;
    match command {
        ModelsCommand::List { json } => list(&models, json).await?,
        ModelsCommand::Try(arguments) => try_one(&models, arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(models: &Models, json: bool) -> anyhow::Result<()> {
    if !json {
        println!(
            "{:<12} {:<24} {:<36} {:<4} {:>8} {:>10} {:>16}  BREAKER",
            "NAME", "MODEL", "SERVER", "KEY", "REQ/MIN", "TOKENS/MIN", "PRICE IN/OUT"
        );
    }
    for model in models.models() {
        let settings = model.settings();
        let (requests, tokens) = (settings.limits.requests_per_minute, settings.limits.tokens_per_minute);
        let breaker = breaker(models, model).await?;
        if json {
            print_json(&json!({
                "name": model.name(), "model": settings.model, "base_url": settings.base_url,
                "has_key": settings.key.is_some(), "requests_per_minute": requests, "tokens_per_minute": tokens,
                "price_per_million": settings.price.map(|price| json!({ "input": price.input, "output": price.output })),
                "timeout_seconds": settings.timeout.as_secs(), "deadline_seconds": settings.deadline.as_secs(),
                "keep_answers_hours": settings.keep_hours, "breaker": breaker,
            }))?;
            continue;
        }
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        println!(
            "{:<12} {:<24} {:<36} {:<4} {:>8} {:>10} {:>16}  {}",
            model.name(),
            settings.model,
            settings.base_url,
            if settings.key.is_some() { "set" } else { "-" },
            or_dash(requests.map(|limit| limit.to_string())),
            or_dash(tokens.map(|limit| limit.to_string())),
            or_dash(settings.price.map(|price| format!("{}/{}", price.input, price.output))),
            breaker.get("state").and_then(Value::as_str).unwrap_or_default(),
        );
    }
    spent(models, json).await
}

/// As the process that asked last told it: this one has asked nobody yet.
async fn breaker(models: &Models, model: &NamedModel) -> anyhow::Result<Value> {
    Ok(match models.breaker_told(model).await?.opened() {
        None => json!({ "state": "closed" }),
        Some(opened) => json!({
            "state": "open", "opened_at": opened.opened_at,
            "pause_seconds": opened.pause_seconds, "failures": opened.failures,
        }),
    })
}

async fn spent(models: &Models, json: bool) -> anyhow::Result<()> {
    let settings = models.settings();
    for account in models.spent_today().await? {
        let budget = match &account.plugin {
            None => settings.house_budget_per_day(),
            Some(plugin) => settings.grant_of(plugin).and_then(|grant| grant.budget_per_day),
        };
        if json {
            let (spent, reserved) = (account.spent, account.reserved);
            print_json(
                &json!({ "plugin": account.plugin, "spent_today": spent, "reserved": reserved, "budget": budget }),
            )?;
            continue;
        }
        let of = budget.map_or_else(String::new, |budget| format!(" of {budget}"));
        let who = account.plugin.as_deref().unwrap_or("all plugins");
        println!(
            "Today (UTC) {who}: {}{of} spent, {} put aside for calls on their way.",
            account.spent, account.reserved
        );
    }
    Ok(())
}

async fn try_one(models: &Models, arguments: ModelTry) -> anyhow::Result<()> {
    let schema = match &arguments.schema {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
            Some(Schema::read(&text)?)
        }
    };
    let about: Option<PersonId> = arguments.about.as_deref().map(str::parse).transpose().context("--about")?;
    let request = ModelRequest {
        model: arguments.name.clone(),
        chat: ChatRequest {
            messages: vec![ChatMessage { role: Role::User, content: arguments.text }],
            schema,
            max_output_tokens: arguments.max_tokens,
            temperature: None,
        },
        about,
    };
    let plugin = match arguments.plugin {
        Some(plugin) => plugin,
        None => account_for(models, &arguments.name)?,
    };
    let grant = Grant { plugin, run: Uuid::from_bytes(random_bytes()?) };
    let answered = models.answer(&grant, &request).await;
    models.finish().await;
    let answer = answered?;
    if arguments.json {
        return print_json(&json!({
            "content": answer.content, "finish": answer.finish, "served_by": answer.served_by,
            "input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens,
            "cost": answer.cost, "reused": answer.reused, "call": answer.call,
        }));
    }
    println!("{}", harmless(&answer.content));
    let paid = if answer.reused { "paid before" } else { "cost" };
    eprintln!(
        "{} · {} + {} tokens · {paid} {} · on the account of {}",
        answer.served_by, answer.input_tokens, answer.output_tokens, answer.cost, grant.plugin
    );
    Ok(())
}

fn account_for(models: &Models, model: &str) -> anyhow::Result<String> {
    let settings = models.settings();
    if settings.budgets(TRYING, model).is_some() {
        return Ok(TRYING.to_owned());
    }
    let granted = settings.grants().iter().find(|(_, grant)| grant.models.iter().any(|name| name == model));
    match granted {
        Some((plugin, _)) => Ok(plugin.clone()),
        None if settings.models.contains_key(model) => bail!("no plugin is granted model {model:?}; see grants"),
        None => bail!("there is no model {model:?}; `chronogram models list` names them"),
    }
}

/// What a model says may command a terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{FFFD}' } else { c }).collect()
}
