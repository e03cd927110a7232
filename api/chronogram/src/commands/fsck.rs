//! `chronogram fsck`: everything that must hold, looked at in one go.

use std::process::ExitCode;

use chronogram_automations::deliveries::examine_deliveries;
use chronogram_event_store::{ChainHash, LogReport, examine_log};
use chronogram_log::{Fault, Position};
use serde_json::json;

use super::{DONE_WITH_FAULTS, print_json};
use crate::{
    cli::FsckArgs,
    event_log::EventLog,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, arguments: FsckArgs) -> anyhow::Result<ExitCode> {
    let progress = Progress::start("Checking the log", Unit::Events);
    let from = Position(arguments.from.saturating_sub(1));
    let examined = match &house.log {
        EventLog::Postgres(store) => {
            examine_log(store.pool(), from, &|done, total| progress.set(done, total)).await.map(Some)
        }
        // It keeps streams, order and digests itself, and lets nobody see how.
        EventLog::Kurrent(_) => Ok(None),
    };
    progress.finish();
    let examined = examined?;
    let is_ours = examined.is_some();
    let mut log = match examined {
        Some(log) => log,
        None => LogReport { head: house.store.head().await?, hash: ChainHash::START, events: 0, faults: Vec::new() },
    };
    let mut faults = std::mem::take(&mut log.faults);
    faults.extend(house.engine.examine_checkpoints(log.head).await?);
    match examine_deliveries(&house.store, &house.codec, &house.pool, log.head).await {
        Ok(found) => faults.extend(found),
        Err(error) => faults.push(Fault::of("I3", format!("what went out cannot be examined: {error}"))),
    }
    if !arguments.log_only {
        faults.extend(read_models(house).await);
    }
    // A fault with a place before those without.
    faults.sort_by_key(|fault| fault.position.map_or((1, Position::START), |position| (0, position)));
    tell(is_ours.then_some(&log), &faults, &arguments)?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

/// Every read model against a replay of the log. One that cannot be replayed is a fault too.
async fn read_models(house: &Foundation) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Err(error) = house.catch_up().await {
        faults.push(Fault::of("I4", format!("{error:#}")));
    }
    for name in house.engine.names() {
        let progress = Progress::start(&format!("Replaying {name}"), Unit::Events);
        let verified = house.engine.verify(name, &|step| progress.set(step.done, step.total)).await;
        progress.finish();
        match verified {
            Ok(report) if report.is_clean() => {}
            Ok(report) => {
                let differing = report.tables.iter().filter(|table| !table.differences.is_empty());
                let tables: Vec<&str> = differing.map(|table| table.table.as_str()).collect();
                let detail = format!(
                    "read model {name} differs from the log in {} (chronogram projections verify {name})",
                    tables.join(", ")
                );
                faults.push(Fault::of("I4", detail));
            }
            Err(error) => faults.push(Fault::of("I4", format!("read model {name} cannot be replayed: {error}"))),
        }
    }
    faults
}

fn tell(log: Option<&LogReport>, faults: &[Fault], arguments: &FsckArgs) -> anyhow::Result<()> {
    if arguments.json {
        return print_json(&json!({
            "clean": faults.is_empty(),
            "head": log.map(|log| log.head),
            "chain_head": log.map(|log| log.hash.to_string()),
            "events_checked": log.map_or(0, |log| log.events),
            "read_models_checked": !arguments.log_only,
            "first_fault_position": faults.first().and_then(|fault| fault.position),
            "faults": faults,
        }));
    }
    for fault in faults {
        match fault.position {
            Some(position) => println!("{} at position {position}: {}", fault.invariant, fault.detail),
            None => println!("{}: {}", fault.invariant, fault.detail),
        }
    }
    match log {
        Some(log) => {
            println!("{} events checked up to position {}, chain head {}.", log.events, log.head, log.hash);
        }
        None => println!("The log lies in an EventStoreDB or KurrentDB, which answers for it; the rest was checked."),
    }
    match faults.first() {
        None => println!("Everything holds."),
        Some(Fault { position: Some(position), .. }) => {
            println!(
                "{} faults, the first at position {position}: see docs/operators, \"When fsck finds a fault\".",
                faults.len()
            );
        }
        Some(_) => println!("{} faults: see docs/operators, \"When fsck finds a fault\".", faults.len()),
    }
    Ok(())
}
