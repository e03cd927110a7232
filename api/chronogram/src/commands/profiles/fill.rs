//! `chronogram profiles fill`: a run with its bar, its summary, and whoever is told of it.

use std::process::ExitCode;

use chronogram_automations::profiles::{Ending, FillObserver, FillOptions, FillReport, Selection};
use chronogram_gateways::webhooks::{WebhookError, WebhookSecret, WebhookUrl, Webhooks};
use chronogram_model::policy::FillPolicy;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::{BUDGET_SPENT, DONE_WITH_FAULTS, print_json};
use crate::{
    cli::FillArgs,
    clock::random_bytes,
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// People looked up at once where nobody says otherwise.
const BATCH: u32 = 500;

/// What a run is to do beside how fast it is to do it.
pub(super) struct Order {
    pub(super) selection: Selection,
    pub(super) webhook: Option<WebhookUrl>,
    pub(super) secret: Option<WebhookSecret>,
}

/// By what and how fast it is to be done.
pub(super) struct HowFast {
    strategy: String,
    workers: usize,
    batch_size: u32,
    limit: Option<u64>,
    dry_run: bool,
    json: bool,
}

impl HowFast {
    pub(super) fn typed(arguments: &FillArgs) -> Self {
        Self {
            strategy: arguments.strategy.clone(),
            workers: arguments.workers.into(),
            batch_size: arguments.batch_size.into(),
            limit: arguments.limit,
            dry_run: arguments.dry_run,
            json: arguments.json,
        }
    }

    pub(super) fn of_policy(policy: &FillPolicy, json: bool) -> Self {
        let (workers, limit) = (policy.workers.into(), policy.limit);
        Self { strategy: policy.strategy.clone(), workers, batch_size: BATCH, limit, dry_run: false, json }
    }
}

pub(super) async fn run(house: &Foundation, how: HowFast, order: Order) -> anyhow::Result<ExitCode> {
    house.catch_up().await?;
    if let Some(models) = &house.models {
        models.tidy().await?;
    }
    let filler = house.filler().await?;
    let options = FillOptions {
        strategy: how.strategy,
        selection: order.selection,
        workers: how.workers,
        batch_size: how.batch_size,
        limit: how.limit,
        dry_run: how.dry_run,
        run: uuid::Builder::from_random_bytes(random_bytes()?).into_uuid(),
    };
    let teller = Teller(Progress::start("Filling profiles", Unit::People));
    let done = filler.fill(&options, &teller).await;
    teller.0.finish();
    let report = done?;
    // The next command, and GraphQL, see what this one did.
    house.catch_up().await?;
    if how.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    if let Some(url) = &order.webhook
        && let Err(error) = post(&report, url, order.secret.as_ref(), house.clock.now()).await
    {
        // Whoever was to be told finds it in the statistics; the profiles are there.
        eprintln!("{} was not told: {error}", url.host());
    }
    Ok(match report.outcome {
        Ending::BudgetExhausted => ExitCode::from(BUDGET_SPENT),
        _ if report.failures() > 0 => ExitCode::from(DONE_WITH_FAULTS),
        _ => ExitCode::SUCCESS,
    })
}

async fn post(
    report: &FillReport,
    url: &WebhookUrl,
    secret: Option<&WebhookSecret>,
    now: Timestamp,
) -> Result<(), WebhookError> {
    let body = json!({ "event": "profiles_filled", "at": now, "report": report }).to_string();
    Webhooks::new(Foundation::means())?.tell(url, &body, secret).await
}

fn tell(report: &FillReport) {
    if report.people == 0 && report.already_filled == 0 && report.claimed_elsewhere == 0 {
        println!("Everybody has the profile that was asked for; nothing to do.");
        return;
    }
    let would = if report.dry_run { " would be" } else { "" };
    println!(
        "{} people in {}: {} profiles{would} filled with {} fields by {} ({}…), {} fuel, {} tokens, {}.",
        report.people,
        seconds(report.duration_ms),
        report.enriched,
        report.fields_set,
        report.strategy,
        report.plugin_digest.chars().take(12).collect::<String>(),
        report.fuel,
        report.tokens,
        report.cost,
    );
    for (plugin, decided) in &report.decided_by {
        let times = &decided.durations;
        println!(
            "  {plugin:<20} {:>8} people  {:>8} fields  {:>10} tokens  {:>12}  half within {} ms, 99 % within {} ms",
            decided.people,
            decided.fields_set,
            decided.tokens,
            decided.cost,
            times.percentile(50).div_ceil(1_000),
            times.percentile(99).div_ceil(1_000),
        );
    }
    for (reason, people) in &report.fallbacks {
        println!("  {people} of them by basic instead: {reason}");
    }
    if let Some(would_ask) = &report.would_ask {
        println!(
            "  {} people would be asked of models, whose first answers cost {} at most.",
            would_ask.people, would_ask.cost_most
        );
        if would_ask.unpriced > 0 {
            println!("  {} questions are not in it: not granted, or without a price.", would_ask.unpriced);
        }
    }
    if report.already_filled > 0 {
        println!("{} had their profile from another run by then.", report.already_filled);
    }
    if report.claimed_elsewhere > 0 {
        println!("{} are left to another run that is at them.", report.claimed_elsewhere);
    }
    for (kind, count) in &report.failed {
        println!("{count} failed: {kind}; they keep what they had.");
    }
    match (report.outcome, &report.spent) {
        (Ending::BudgetExhausted, spent) => println!(
            "Stopped: the budget of {} is spent. The same command goes on when there is more.",
            spent.as_deref().unwrap_or("models")
        ),
        (Ending::Limit, _) => println!("Stopped at --limit; there are more."),
        (Ending::Cancelled, _) => println!("Cancelled; the same command goes on."),
        (Ending::Done, _) => {}
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100)
}

struct Teller(Progress);

impl FillObserver for Teller {
    fn progress(&self, done: u64, total: u64, cost: Decimal) {
        if cost > Decimal::ZERO {
            self.0.note(format!(", {} spent", cost.round_dp(4).normalize()));
        }
        self.0.set(done, total);
    }
}
