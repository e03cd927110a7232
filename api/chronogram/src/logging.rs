//! Logs go to standard error: what a command prints for people or scripts stays alone on standard output.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::settings::Settings;

/// Quiet about others, open about ourselves. The client of `EventStoreDB` calls each lost connection an error; its store says
/// what it means for us. SQL is never logged with its parameters; statements slower than the
/// threshold of the pool come as warnings. The pool itself warns of
/// each connection that ends while Postgres stops, and Postgres of each rollback that found nothing to undo.
const FILTER_SERVICE: &str =
    "info,sqlx=warn,sqlx_core::pool=error,sqlx::postgres::notice=error,async_graphql=warn,kurrentdb=off";
const FILTER_COMMAND: &str = "warn,sqlx_core::pool=error,sqlx::postgres::notice=error,kurrentdb=off";

/// Starts logging, once.
pub(crate) fn start(settings: &Settings, service: bool) -> anyhow::Result<()> {
    let default = if service { FILTER_SERVICE } else { FILTER_COMMAND };
    let filter = EnvFilter::try_new(settings.log_filter.as_deref().unwrap_or(default))
        .context("CHRONOGRAM_LOG must be a filter like info,sqlx=warn")?;
    let registry = tracing_subscriber::registry().with(filter);
    if settings.log_json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    } else {
        let colours = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_ansi(colours).with_writer(std::io::stderr)).try_init()
    }
    .context("start logging")
}
