//! `telegram-standin`: the stand-in as a program of its own. Its first line on stdout says where it listens.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use chronogram_telegram_standin::{DEFAULT_TOKEN, Options, RateLimits, Standin, StartError};
use clap::Parser;

/// A stand-in for Telegram: chat with the bot in a browser, or drive it from tests. Not Telegram.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(name = "telegram-standin", version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder in which everything is kept across restarts; without it nothing is
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// The bot's token
    #[arg(long, default_value = DEFAULT_TOKEN)]
    token: String,
    /// Begin with nobody, instead of Анна, Bob, a group and a channel
    #[arg(long)]
    empty: bool,
    /// Let the bot send as much as it likes
    #[arg(long)]
    no_limits: bool,
    /// In groups, let the bot hear everything, not only what is meant for it
    #[arg(long)]
    no_privacy: bool,
    /// End when stdin closes: so it never outlives whoever started it
    #[arg(long)]
    end_with_stdin: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).with_target(false).init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the stand-in cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let standin = Standin::start(Options {
        port: arguments.port,
        token: arguments.token,
        state: arguments.state,
        ready_made: !arguments.empty,
        privacy: !arguments.no_privacy,
        limits: if arguments.no_limits { RateLimits::off() } else { RateLimits::default() },
        ..Options::default()
    })
    .await?;
    let line = serde_json::json!({ "url": standin.url(), "token": standin.token() });
    // Whoever does not read where it listens does not want to know.
    writeln!(io::stdout(), "{line}").and_then(|()| io::stdout().flush()).ok();
    tokio::select! {
        () = standin.ended() => {}
        () = stdin_closed(), if arguments.end_with_stdin => {}
        _interrupted = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
    standin.stop().await;
    Ok(())
}

/// Read on a thread of its own: one that waits for stdin would hold up the runtime's end.
async fn stdin_closed() {
    let (closed, is_closed) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let read = io::copy(&mut io::stdin(), &mut io::sink());
        drop((read, closed));
    });
    // The other half is dropped when stdin ends, which is what is waited for.
    is_closed.await.ok();
}

async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}
