//! Synchronous replication: what is acknowledged must be where the standby can take over with it.
//!
//! A server whose standby is away waits in COMMIT for as long as it takes. When that wait is cancelled (an operator's
//! `pg_cancel_backend`, a server that is told to stop) the commit stands on this server alone, and all the client hears is
//! a warning. Two rules follow: a commit with a warning is of unknown outcome, and what is found in the log is told to
//! nobody before a commit of our own behind it was replicated.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::PgConnection;
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    instrument::WithSubscriber as _,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

/// What sqlx calls notices of the server: it tells them to `tracing` and to nobody else.
const NOTICES: &str = "sqlx::postgres::notice";

const IS_SYNCHRONOUS: &str = "select current_setting('synchronous_standby_names') <> ''";

/// A commit that waits as an append does: behind it everything seen before is safe.
const CONFIRM: &str = "select pg_logical_emit_message(true, 'chronogram', '')";

/// Waits until everything that this connection has seen is replicated, where that is asked for at all.
pub(crate) async fn confirm(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    if sqlx::query_scalar(IS_SYNCHRONOUS).fetch_one(&mut *connection).await? {
        Warnings::new().none_while(sqlx::query(CONFIRM).execute(connection)).await?;
    }
    Ok(())
}

/// Hears what the server warns of while it commits.
#[derive(Clone)]
pub(crate) struct Warnings {
    heard: Arc<AtomicBool>,
    listener: Dispatch,
}

impl Warnings {
    pub(crate) fn new() -> Self {
        let heard = Arc::new(AtomicBool::new(false));
        let outer = tracing::dispatcher::get_default(Dispatch::clone);
        Self { listener: Dispatch::new(Listener { heard: heard.clone(), outer }), heard }
    }

    /// Does `work`, which commits; with a warning its outcome is as unknown as that of a lost connection.
    pub(crate) async fn none_while<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        self.heard.store(false, Ordering::Relaxed);
        let done = work.with_subscriber(self.listener.clone()).await?;
        if self.heard.load(Ordering::Relaxed) {
            return Err(sqlx::Error::Io(std::io::Error::other(
                "Postgres committed with a warning: it may not be replicated",
            )));
        }
        Ok(done)
    }
}

/// Passes everything on, and notes a warning.
struct Listener {
    heard: Arc<AtomicBool>,
    outer: Dispatch,
}

fn is_warning(metadata: &Metadata<'_>) -> bool {
    metadata.target() == NOTICES && *metadata.level() == Level::WARN
}

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_warning(metadata) { Interest::always() } else { self.outer.register_callsite(metadata) }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_warning(metadata) || self.outer.enabled(metadata)
    }

    fn event(&self, event: &Event<'_>) {
        if is_warning(event.metadata()) {
            self.heard.store(true, Ordering::Relaxed);
        }
        if self.outer.enabled(event.metadata()) {
            self.outer.event(event);
        }
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.outer.new_span(attributes)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.outer.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.outer.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.outer.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.outer.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.outer.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.outer.try_close(span)
    }
}
