//! Every tracked channel's members are counted once a UTC day, and at once when it begins to be tracked.
//!
//! [`list`] says which channel is to be counted when; it follows the log, so that a channel counts from its tracking on,
//! whoever asked for it. [`collector`] asks Telegram, [`note`] tells the log. A count has its id from its channel and
//! day: however often it is taken (a crash, two processes, a clock that jumps), the log holds the first of each day.

mod collector;
mod list;
mod note;
mod schedule;

use std::{error::Error, sync::Arc};

use chronogram_gateways::telegram::Telegram;
use chronogram_handlers::Handler;
use chronogram_log::{Clock, Codec, DecodeError, SharedEventStore};
use chronogram_model::channel::Channel;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    leadership,
    todo::{self, TodoError},
};

/// What collection stands on.
#[derive(Clone)]
pub struct CollectionParts {
    /// The database.
    pub pool: PgPool,
    /// The log.
    pub store: SharedEventStore,
    /// Reads its events.
    pub codec: Arc<Codec>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Telegram.
    pub telegram: Arc<dyn Telegram>,
}

/// Counts the members of tracked channels.
pub struct Collection {
    parts: CollectionParts,
    channels: Handler<Channel>,
}

impl Collection {
    /// Collection by these means.
    pub fn new(parts: CollectionParts) -> Self {
        Self { channels: Handler::new(parts.store.clone(), parts.codec.clone()), parts }
    }

    /// Works until it is stopped, or stands by while another process does.
    pub async fn run(&self, stop: CancellationToken) {
        leadership::run(self, &stop).await;
    }
}

/// Why collection pauses.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// The database failed, or the log.
    #[error(transparent)]
    Todo(#[from] TodoError),
    /// An event cannot be read: collection stops here rather than leave it out.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The log did not take what became of a count.
    #[error("what became of a count cannot be noted")]
    Note(#[source] Box<dyn Error + Send + Sync>),
}

/// Names the operation that a database error belongs to.
fn while_(operation: &'static str) -> impl FnOnce(sqlx::Error) -> CollectionError {
    todo::while_(operation)
}
