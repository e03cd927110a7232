//! `chronogram`: the one binary. Everything that talks to a person at a terminal is in this crate.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line prints

mod cli;
mod clock;
mod commands;
mod edges;
mod event_log;
mod foundation;
mod logging;
mod master_key;
mod metrics;
mod progress;
mod settings;
mod shutdown;
mod telegram;
mod up;

use std::process::ExitCode;

use clap::Parser;

/// Failed: the reason was printed.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let cli = cli::Cli::parse(); // wrong usage ends here, with 2
    // With both aws-lc-rs and ring compiled in and no default, rustls would panic at the first connection.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("error: another TLS provider was installed before ours");
        return ExitCode::from(FAILED);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the async runtime cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

async fn run(cli: cli::Cli) -> anyhow::Result<ExitCode> {
    let settings = settings::Settings::from_environment(&settings::process_environment)?;
    logging::start(&settings, cli.command.runs_for_long())?;
    Box::pin(commands::dispatch(cli.command, settings)).await
}
