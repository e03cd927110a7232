//! `chronogram events why`: where a row of a read model comes from, as a tree.

use std::process::ExitCode;

use chronogram_engine::{Causes, LoggedEvent, Why};
use chronogram_log::Actor;

use super::print_json;
use crate::{
    foundation::Foundation,
    progress::{Progress, Unit},
};

/// Deeper causes are in the JSON.
const DEPTH_MAX: usize = 8;

pub(crate) async fn run(
    house: &Foundation,
    row: &str,
    key: &[String],
    limit: usize,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let progress = Progress::start("Folding the log again", Unit::Events);
    let why = house.engine.why(row, key, limit, &|step| progress.set(step.done, step.total)).await;
    progress.finish();
    let why = why?;
    if json {
        print_json(&why)?;
    } else {
        tree(&why);
    }
    Ok(ExitCode::SUCCESS)
}

fn tree(why: &Why) {
    let there = if why.exists { "" } else { " (there is no such row)" };
    println!("{}.{} {} at position {}{there}", why.projection, why.table, why.key, why.position);
    for (number, event) in why.events.iter().enumerate() {
        let is_last = number + 1 == why.events.len() && !why.more;
        println!("{} {}", if is_last { "└─" } else { "├─" }, line(event));
        causes(&why.causes, event, if is_last { "   " } else { "│  " }, 0);
    }
    if why.more {
        println!("└─ and later ones: ask for more with --limit");
    }
}

/// What led to `event`: the event that caused it, else what else came of the same cause.
fn causes(all: &Causes, event: &LoggedEvent, indent: &str, depth: usize) {
    if depth == DEPTH_MAX {
        return;
    }
    if let Some(id) = &event.causation {
        match all.events.get(id) {
            Some(cause) => {
                println!("{indent}└─ caused by {}", line(cause));
                causes(all, cause, &format!("{indent}   "), depth + 1);
            }
            None => println!("{indent}└─ caused by event {id}, which is not in the log"),
        }
        return;
    }
    let Some((correlation, together)) =
        event.correlation.as_ref().and_then(|correlation| Some((correlation, all.together.get(correlation)?)))
    else {
        return;
    };
    println!("{indent}└─ {}, {correlation}", origin(event));
    let others: Vec<_> = together.events.iter().filter(|other| other.id != event.id).collect();
    for other in &others {
        println!("{indent}   · {}", line(other));
    }
    let shown = others.len() as u64 + u64::from(together.events.iter().any(|one| one.id == event.id));
    if together.count > shown {
        println!("{indent}   · and {} more", together.count - shown);
    }
}

/// Who stands at the beginning.
fn origin(event: &LoggedEvent) -> String {
    match &event.actor {
        Some(Actor::Person(person)) => format!("an update of Telegram, by person {person}"),
        Some(Actor::Principal(name)) => format!("a request of {name}"),
        Some(Actor::Operator) => "the command line".to_owned(),
        Some(Actor::Automation(name)) => format!("the automation {name}"),
        None => "nobody knows who".to_owned(),
    }
}

fn line(event: &LoggedEvent) -> String {
    let recorded_at = event.recorded_at.strftime("%Y-%m-%d %H:%M:%S");
    format!("{} {} {} @ {} {recorded_at}", event.position, event.event_type, event.stream, event.revision)
}
