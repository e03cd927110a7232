//! `projections parked`: events that cannot be applied.

use std::process::ExitCode;

use chronogram_log::Position;

use crate::{cli::ParkedCommand, commands::print_json, foundation::Foundation};

pub(super) async fn run(house: &Foundation, command: ParkedCommand) -> anyhow::Result<ExitCode> {
    match command {
        ParkedCommand::List { name, json } => list(house, name.as_deref(), json).await?,
        ParkedCommand::Retry { name } => {
            let position = house.engine.retry_parked(&name).await?;
            go_on(house, &name, position).await?;
            println!("{name} got past position {position}.");
        }
        ParkedCommand::Skip { name, position, why, by } => {
            house.engine.skip_parked(&name, Position(position), &by, &why).await?;
            go_on(house, &name, Position(position)).await?;
            println!("{name} goes on without the event at position {position}. Who and why are noted.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns once the projection is past `position`, whoever applies it; where it stops there again, that is the error.
async fn go_on(house: &Foundation, name: &str, position: Position) -> anyhow::Result<()> {
    house.engine.catch_up_named(&[name], position, &|_| {}).await?;
    Ok(())
}

async fn list(house: &Foundation, name: Option<&str>, json: bool) -> anyhow::Result<()> {
    let parked = house.engine.parked(name).await?;
    if json {
        return parked.iter().try_for_each(print_json);
    }
    println!("{:<16} {:>12} {:<9} {:<24} STREAM", "NAME", "POSITION", "KIND", "TYPE");
    for event in parked {
        println!(
            "{:<16} {:>12} {:<9} {:<24} {}",
            event.projection,
            event.position.0,
            event.kind.as_str(),
            event.event_type.as_deref().unwrap_or("-"),
            event.stream.as_deref().unwrap_or("-")
        );
        match &event.skipped {
            Some(skipped) => println!("                 skipped {} by {}: {}", skipped.at, skipped.by, skipped.why),
            None => {
                println!("                 tried {} times, last {}: {}", event.attempts, event.tried_at, event.reason);
            }
        }
    }
    Ok(())
}
