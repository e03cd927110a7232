//! What operators type to judge strategies.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

#[derive(Subcommand)]
pub(crate) enum JudgingCommand {
    /// Make the newest decisions again: the same artifact, configuration, answers and input must bring the same
    #[command(after_help = "Examples:
  chronogram plugins audit --last 1000
  chronogram plugins audit --last 50 --plugin profile-llm --json

Exit codes: 0 everything that can be made again came out the same, 1 something differs.")]
    Audit(AuditArgs),
    /// Try a strategy on the past: what it would have decided where something else did. Nobody is asked and nothing is
    /// recorded
    #[command(after_help = "Examples:
  chronogram plugins backtest profile-curious.wasm --since 2026-10-01 --config '{\"lang\":\"ru\"}'
  chronogram plugins backtest profile-curious --since 2026-10-01 --against 3fa9 --sample 5000
  chronogram plugins backtest swings.wasm --since 2026-01-01 --html swings.html

A strategy that fills profiles is compared with what was decided then, or with what --against decides. One that raises
alerts is called behind each count of a channel's members.")]
    Backtest(BacktestArgs),
}

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// How many decisions
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) last: u32,
    /// Only of this plugin
    #[arg(long, value_name = "NAME")]
    pub(crate) plugin: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct BacktestArgs {
    /// A component, or the name of an installed strategy
    #[arg(value_name = "NAME|FILE")]
    pub(crate) candidate: String,
    /// From this day (UTC) or moment on
    #[arg(long, value_name = "DATE", value_parser = since)]
    pub(crate) since: Timestamp,
    /// The digest of the installed one, or how it begins; the newest where none is given
    #[arg(long)]
    pub(crate) digest: Option<String>,
    /// Compare with what this installed artifact of the same name decides: its digest, or how it begins
    #[arg(long, value_name = "DIGEST")]
    pub(crate) against: Option<String>,
    /// Its configuration; the one it was last activated with where none is given
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<String>,
    /// Only so many decisions, chosen by their ids; of a strategy that raises alerts, so many channels
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sample: Option<u32>,
    /// Tell so many differences one by one, with people's words
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub(crate) examples: u32,
    /// Print JSON, people's words included
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page for a browser, people's words included
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct CompareArgs {
    /// One strategy: basic, llm, hybrid, or an operator's own, whose plugin is profile-NAME
    pub(crate) a: String,
    /// The other one
    pub(crate) b: String,
    /// How many people; half of them wrote something, as far as there are enough
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) sample: u32,
    /// Chooses the people: the same number, the same people
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// People asked about at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page for a browser
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TrainArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the configuration of profile-hybrid with the weights in it
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn since(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
    let moment = text.parse().ok().or_else(day);
    moment.ok_or_else(|| format!("{text:?} is neither a day like 2026-10-01 nor a moment like 2026-10-01T08:00:00Z"))
}
