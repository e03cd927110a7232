//! `chronogram projections`.

mod compare;
mod list;
mod parked;
mod tables;

use std::process::ExitCode;

use chronogram_engine::CopyRole;

use crate::{cli::ProjectionsCommand, foundation::Foundation};

pub(crate) async fn run(house: &Foundation, command: ProjectionsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProjectionsCommand::List { json } => list::list(&house.engine.status().await?, json),
        ProjectionsCommand::Rebuild { name, as_of: Some(moment), .. } => {
            tables::build_as_of(house, name.as_deref(), moment).await
        }
        ProjectionsCommand::Rebuild { name, switch, as_of: None } => {
            tables::rebuild(house, &name.unwrap_or_default(), switch).await
        }
        ProjectionsCommand::Diff { name, previous, json } => {
            let role = if previous { CopyRole::Previous } else { CopyRole::Next };
            compare::diff(house, &name, role, json).await
        }
        ProjectionsCommand::Switch { name } => tables::switch(house, &name).await,
        ProjectionsCommand::Rollback { name } => tables::rollback(house, &name).await,
        ProjectionsCommand::Verify { name, json } => compare::verify(house, name, json).await,
        ProjectionsCommand::Prune { name, unswitched } => tables::prune(house, name.as_deref(), unswitched).await,
        ProjectionsCommand::Parked(command) => parked::run(house, command).await,
    }
}
