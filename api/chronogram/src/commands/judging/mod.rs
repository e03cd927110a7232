//! `chronogram plugins audit` and `backtest`: strategies, judged by the log.

mod audit;
mod backtest;
pub(super) mod compare;
mod page;
pub(super) mod train;

use std::{process::ExitCode, sync::Arc};

use chronogram_automations::judging::Judge;

use super::{authors::grouped, plugins::short};
use crate::{
    cli::JudgingCommand,
    foundation::Foundation,
    progress::{Progress, Unit},
};

pub(crate) async fn run(house: &Foundation, command: JudgingCommand) -> anyhow::Result<ExitCode> {
    match command {
        JudgingCommand::Audit(arguments) => audit::run(house, arguments).await,
        JudgingCommand::Backtest(arguments) => backtest::run(house, arguments).await,
    }
}

fn judge(house: &Foundation) -> anyhow::Result<Judge> {
    let plugins = Arc::new(house.plugins()?);
    Ok(Judge::new(house.engine.clone(), house.store.clone(), house.codec.clone(), plugins))
}

/// Shows how far a work is while it goes on.
async fn showing<T, E>(
    what: &str,
    work: impl AsyncFnOnce(&(dyn Fn(u64, u64) + Send + Sync)) -> Result<T, E>,
) -> Result<T, E> {
    let progress = Progress::start(what, Unit::Events);
    let done = work(&|done, total| progress.set(done, total)).await;
    progress.finish();
    done
}
