//! `plugins audit`.

use std::process::ExitCode;

use chronogram_automations::judging::{AuditOptions, AuditReport, Finding, Verdict};

use super::{grouped, judge, short, showing};
use crate::{
    cli::AuditArgs,
    commands::{DONE_WITH_FAULTS, print_json},
    foundation::Foundation,
};

pub(super) async fn run(house: &Foundation, arguments: AuditArgs) -> anyhow::Result<ExitCode> {
    let judge = judge(house)?;
    let options = AuditOptions { last: usize::try_from(arguments.last)?, plugin: arguments.plugin };
    let report = showing("Deciding again", async |told| judge.audit(&options, told).await).await?;
    if arguments.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    Ok(if report.differs() { ExitCode::from(DONE_WITH_FAULTS) } else { ExitCode::SUCCESS })
}

fn tell(report: &AuditReport) {
    for Finding { position, person, plugin, digest, verdict } in &report.findings {
        let (what, why) = match verdict {
            Verdict::Same => continue,
            Verdict::OutputDiffers(why) => ("output differs", why),
            Verdict::FuelDiffers(why) => ("fuel differs", why),
            Verdict::InputDiffers(why) => ("input differs", why),
            Verdict::CannotRun(why) => ("cannot be made again", why),
        };
        println!("position {position}, person {person}, {plugin} ({}): {what}: {why}", short(digest));
    }
    if report.decisions == 0 {
        println!("Nothing was decided yet.");
        return;
    }
    println!(
        "{} decisions made again: {} the same; {} with another output, {} for another amount of fuel, {} from another \
         input; {} cannot be made again.",
        grouped(report.decisions),
        grouped(report.same),
        grouped(report.output_differs),
        grouped(report.fuel_differs),
        grouped(report.input_differs),
        grouped(report.cannot_run),
    );
}
