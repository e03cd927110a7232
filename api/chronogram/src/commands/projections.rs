//! `chronogram projections`.

use std::process::ExitCode;

use chronogram_engine::{ProjectionStatus, VerifyReport};
use serde_json::json;

use super::{DONE_WITH_FAULTS, print_json};
use crate::{
    cli::ProjectionsCommand,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, command: ProjectionsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProjectionsCommand::List { json } => list(&house.engine.status().await?, json),
        ProjectionsCommand::Rebuild { name } => rebuild(house, &name).await,
        ProjectionsCommand::Verify { name, json } => verify(house, name, json).await,
    }
}

fn list(statuses: &[ProjectionStatus], json: bool) -> anyhow::Result<ExitCode> {
    if !json {
        println!("{:<16} {:>7} {:>12} {:>12} {:>10}  STATE", "NAME", "VERSION", "POSITION", "LAG EVENTS", "LAG");
    }
    for status in statuses {
        if json {
            print_json(&json!({
                "name": status.name,
                "version": status.version,
                "position": status.position,
                "head": status.head,
                "lag_events": status.lag_events,
                "lag_ms": status.lag_ms,
                "state": status.state.as_str(),
                "error": status.error,
                "error_position": status.error_position,
            }))?;
            continue;
        }
        let lag = format!("{:.1} s", std::time::Duration::from_millis(status.lag_ms).as_secs_f64());
        println!(
            "{:<16} {:>7} {:>12} {:>12} {lag:>10}  {}",
            status.name,
            status.version,
            status.position.0,
            status.lag_events,
            status.state.as_str()
        );
        if let Some(error) = &status.error {
            println!("                 stopped: {error}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rebuild(house: &Foundation, name: &str) -> anyhow::Result<ExitCode> {
    let progress = Progress::start(&format!("Rebuilding {name}"), Unit::Events);
    let rebuilt = house.engine.rebuild(name, &|step| progress.set(step.done, step.total)).await;
    progress.finish();
    println!("{name} is rebuilt up to position {} and live.", rebuilt?);
    Ok(ExitCode::SUCCESS)
}

async fn verify(house: &Foundation, name: Option<String>, json: bool) -> anyhow::Result<ExitCode> {
    let names = match name {
        Some(name) => vec![name],
        None => house.engine.names().map(str::to_owned).collect(),
    };
    house.catch_up().await?;
    let mut clean = true;
    for name in names {
        let progress = Progress::start(&format!("Replaying {name}"), Unit::Events);
        let report = house.engine.verify(&name, &|step| progress.set(step.done, step.total)).await;
        progress.finish();
        let report = report?;
        clean &= report.is_clean();
        show(&report, json)?;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

fn show(report: &VerifyReport, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    for table in &report.tables {
        let verdict = match (table.missing, table.extra, table.different) {
            (0, 0, 0) => "equal".to_owned(),
            (missing, extra, different) => format!("{missing} missing, {extra} extra, {different} different"),
        };
        println!("{:<16} {:<24} {:>10} rows  {verdict}", report.name, table.table, table.rows);
        for difference in &table.differences {
            println!("                 {:?} {}", difference.kind, difference.key);
        }
    }
    if !report.is_clean() {
        println!(
            "{} differs from the log at position {}: run `chronogram projections rebuild {}`.",
            report.name, report.position, report.name
        );
    }
    Ok(())
}
