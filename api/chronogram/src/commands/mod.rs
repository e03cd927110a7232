//! One file a command.

mod authors;
mod backup;
mod channels;
mod events;
mod fsck;
mod import;
mod judging;
mod models;
mod outbox;
mod people;
mod plugins;
mod profiles;
mod projections;
mod reminders;
mod tokens;
mod why;

use std::{future::Future, process::ExitCode};

use crate::{
    cli::{Command, PluginsCommand},
    foundation::Foundation,
    settings::Settings,
    up,
};

/// Done, with findings that a script must not overlook.
const DONE_WITH_FAULTS: u8 = 1;
/// The money for models is spent: what is left to do goes on when there is more.
const BUDGET_SPENT: u8 = 3;
/// What was typed is not enough to go on; clap ends so too.
const WRONG_USAGE: u8 = 2;

/// Runs what was typed.
pub(crate) async fn dispatch(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up => up::up(settings).await,
        Command::Serve { roles } => up::serve(settings, &roles).await,
        Command::Migrate => {
            on_foundation(&settings, async |_| {
                println!("The database is at the version of this binary.");
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        Command::Import(arguments) => on_foundation(&settings, async |house| import::run(house, arguments).await).await,
        Command::Events(command) => on_foundation(&settings, async |house| events::run(house, command).await).await,
        Command::Projections(command) => {
            on_foundation(&settings, async |house| projections::run(house, command).await).await
        }
        Command::Fsck(arguments) => on_foundation(&settings, async |house| fsck::run(house, arguments).await).await,
        Command::Profiles(command) => profiles::dispatch(command, &settings).await,
        Command::People(command) => on_foundation(&settings, async |house| people::run(house, command).await).await,
        Command::Channels(command) => {
            on_foundation(&settings, async |house| channels::run(house, &settings, command).await).await
        }
        Command::Plugins(PluginsCommand::Author(command)) => authors::run(command).await,
        Command::Plugins(command) => {
            Box::pin(on_foundation(&settings, async |house| plugins::run(house, command).await)).await
        }
        Command::CompilePlugin { order } => Ok(ExitCode::from(chronogram_plugin_host::compile_as_child(&order))),
        Command::Models(command) => on_foundation(&settings, async |house| models::run(house, command).await).await,
        Command::Reminders(command) => {
            on_foundation(&settings, async |house| reminders::run(house, command).await).await
        }
        Command::Outbox(command) => on_foundation(&settings, async |house| outbox::run(house, command).await).await,
        Command::Tokens(command) => on_foundation(&settings, async |house| tokens::run(house, command).await).await,
        Command::Backup(command) => Box::pin(backup::run(settings, command)).await,
    }
}

/// Opens the house, does the work, and closes it whether the work succeeded or not.
async fn on_foundation<W>(settings: &Settings, work: W) -> anyhow::Result<ExitCode>
where
    W: AsyncFnOnce(&Foundation) -> anyhow::Result<ExitCode>,
{
    let foundation = Foundation::open(settings).await?;
    let done = interruptible(work(&foundation)).await;
    let closed = foundation.close().await;
    let code = done?;
    closed?;
    Ok(code)
}

/// Ctrl-C ends a command between two steps: what was acknowledged stays, and the house is closed in order.
async fn interruptible(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let stop = crate::shutdown::on_signal()?;
    tokio::select! {
        done = work => done,
        () = stop.cancelled() => anyhow::bail!("stopped; what was done is kept, run it again to go on"),
    }
}

/// A line of JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
