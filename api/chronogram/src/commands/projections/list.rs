//! `projections list`: how far each read model is.

use std::{process::ExitCode, time::Duration};

use chronogram_engine::{CopyStatus, ProjectionStatus};
use serde_json::{Value, json};

use crate::commands::print_json;

pub(super) fn list(statuses: &[ProjectionStatus], json: bool) -> anyhow::Result<ExitCode> {
    if json {
        statuses.iter().try_for_each(|status| print_json(&as_json(status)))?;
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<16} {:>7} {:>12} {:>12} {:>10} {:>9} {:>10} {:>6}  STATE",
        "NAME", "VERSION", "POSITION", "LAG EVENTS", "LAG", "RATE", "TIME LEFT", "PARKED"
    );
    for status in statuses {
        println!(
            "{:<16} {:>7} {:>12} {:>12} {:>10} {:>9} {:>10} {:>6}  {}",
            status.name,
            status.version,
            status.position.0,
            status.lag_events,
            format!("{:.1} s", Duration::from_millis(status.lag_ms).as_secs_f64()),
            rate(status.rate),
            time_left(status.time_left_seconds),
            status.parked,
            status.state.as_str()
        );
        if let Some(error) = &status.error {
            let at = status.error_position.map(|position| format!(" at position {position}")).unwrap_or_default();
            println!("                 stopped{at}: {error}");
        }
        copy("rebuilt", status.next.as_ref());
        copy("previous", status.previous.as_ref());
        copy("as of", status.as_of.as_ref());
    }
    Ok(ExitCode::SUCCESS)
}

fn copy(what: &str, copy: Option<&CopyStatus>) {
    let Some(copy) = copy else { return };
    let state = match (copy.ready, copy.time_left_seconds) {
        (true, _) => "ready".to_owned(),
        (false, Some(left)) => format!("being built, {} left", time_left(Some(left))),
        (false, None) => "interrupted".to_owned(),
    };
    println!("                 {what}: at {} of {}, {}, {state}", copy.position, copy.until, rate(copy.rate));
}

fn rate(rate: f64) -> String {
    format!("{rate:.0}/s")
}

/// Seconds as people read them; `-` where nobody knows.
fn time_left(seconds: Option<f64>) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole seconds, to be looked at
    match seconds {
        None => "-".to_owned(),
        Some(seconds) => match (seconds.ceil() as u64 / 60, seconds.ceil() as u64 % 60) {
            (0, seconds) => format!("{seconds} s"),
            (minutes @ 1..60, seconds) => format!("{minutes} m {seconds} s"),
            (minutes, _) => format!("{} h {} m", minutes / 60, minutes % 60),
        },
    }
}

fn as_json(status: &ProjectionStatus) -> Value {
    let copy = |copy: Option<&CopyStatus>| {
        copy.map(|copy| {
            json!({
                "position": copy.position,
                "until": copy.until,
                "rate": copy.rate,
                "time_left_seconds": copy.time_left_seconds,
                "ready": copy.ready,
            })
        })
    };
    json!({
        "name": status.name,
        "version": status.version,
        "position": status.position,
        "head": status.head,
        "lag_events": status.lag_events,
        "lag_ms": status.lag_ms,
        "rate": status.rate,
        "time_left_seconds": status.time_left_seconds,
        "state": status.state.as_str(),
        "error": status.error,
        "error_position": status.error_position,
        "parked": status.parked,
        "skipped": status.skipped,
        "next": copy(status.next.as_ref()),
        "previous": copy(status.previous.as_ref()),
        "as_of": copy(status.as_of.as_ref()),
    })
}
