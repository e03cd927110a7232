//! `projections diff | verify`: which rows are not the same.

use std::process::ExitCode;

use chronogram_engine::{CopyRole, DifferenceKind, VerifyReport};

use crate::{
    commands::{DONE_WITH_FAULTS, print_json},
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// What a row is called that one side lacks.
struct Words {
    missing: &'static str,
    extra: &'static str,
}

pub(super) async fn diff(house: &Foundation, name: &str, role: CopyRole, json: bool) -> anyhow::Result<ExitCode> {
    let progress = Progress::start(&format!("Comparing {name}"), Unit::Events);
    let report = house.engine.diff(name, role, &|step| progress.set(step.done, step.total)).await;
    progress.finish();
    let report = report?;
    let missing = if role == CopyRole::Previous { "only in the previous" } else { "only in the rebuilt" };
    show(&report, &Words { missing, extra: "only live" }, json)?;
    if !json && report.is_clean() {
        println!("{name} is the same on both sides at position {}.", report.position);
    }
    Ok(ending(report.is_clean()))
}

pub(super) async fn verify(house: &Foundation, name: Option<String>, json: bool) -> anyhow::Result<ExitCode> {
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
        show(&report, &Words { missing: "missing", extra: "extra" }, json)?;
        if !json && !report.is_clean() {
            println!(
                "{name} differs from the log at position {}: run `chronogram projections rebuild {name} --switch`.",
                report.position
            );
        }
    }
    Ok(ending(clean))
}

fn ending(is_clean: bool) -> ExitCode {
    if is_clean { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) }
}

fn show(report: &VerifyReport, words: &Words, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    for table in &report.tables {
        let verdict = match (table.missing, table.extra, table.different) {
            (0, 0, 0) => "equal".to_owned(),
            (missing, extra, different) => {
                format!("{missing} {}, {extra} {}, {different} different", words.missing, words.extra)
            }
        };
        println!("{:<16} {:<24} {:>10} rows  {verdict}", report.name, table.table, table.rows);
        for difference in &table.differences {
            let what = match difference.kind {
                DifferenceKind::Missing => words.missing.to_owned(),
                DifferenceKind::Extra => words.extra.to_owned(),
                DifferenceKind::Different => format!("different in {}", difference.columns.join(", ")),
            };
            println!("                 {}: {what}", difference.key);
        }
    }
    Ok(())
}
