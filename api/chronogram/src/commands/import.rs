//! `chronogram import`.

use std::process::ExitCode;

use chronogram_import::{BadMessage, ImportObserver, ImportOptions, ImportReport, Progress as Step};
use serde_json::json;

use super::{DONE_WITH_FAULTS, print_json};
use crate::{
    cli::ImportArgs,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, arguments: ImportArgs) -> anyhow::Result<ExitCode> {
    let options = ImportOptions { timezone: arguments.timezone };
    let mut faults = false;
    for file in &arguments.files {
        let teller = Teller(Progress::start(&format!("Reading {}", file.display()), Unit::Bytes));
        let imported = chronogram_import::import(house.store.clone(), file, options.clone(), &teller).await;
        teller.0.finish();
        let report = imported?;
        faults |= report.bad_messages > 0;
        if arguments.json {
            print_json(&json!({
                "file": file,
                "chats": report.chats,
                "messages_read": report.messages_read,
                "service_read": report.service_read,
                "unsupported_read": report.unsupported_read,
                "people_seen": report.people_seen,
                "events_appended": report.events_appended,
                "events_known": report.events_known,
                "bad_messages": report.bad_messages,
                "last_position": report.last_position,
            }))?;
        } else {
            println!("{}: {}", file.display(), told(&report));
        }
    }
    Ok(if faults { ExitCode::from(DONE_WITH_FAULTS) } else { ExitCode::SUCCESS })
}

fn told(report: &ImportReport) -> String {
    let read = format!(
        "{} messages and {} service entries of {} chats, {} people",
        report.messages_read, report.service_read, report.chats, report.people_seen
    );
    let done = match report.events_appended {
        0 => "nothing new: all of it was in the log already".to_owned(),
        appended => format!("{appended} events appended, {} known already", report.events_known),
    };
    let bad = match report.bad_messages {
        0 => String::new(),
        bad => format!("; {bad} entries could not be read and were passed (see above)"),
    };
    format!("{read}; {done}{bad}")
}

struct Teller(Progress);

impl ImportObserver for Teller {
    fn progress(&self, step: Step) {
        self.0.set(step.bytes_read, step.bytes_total);
    }

    fn bad_message(&self, bad: &BadMessage) {
        self.0.say(&bad.to_string());
    }
}
