//! One process at a time: a session advisory lock on a connection of its own.
//!
//! Who holds the lock writes through the very connection that holds it. When that session ends, for whatever reason,
//! its open transaction ends with it, so nothing can be applied by somebody who is not the leader any more.

use chronogram_log::SharedEventStore;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use crate::{EngineError, error::While, registered::Registered};

/// What a session needs to work for one projection.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) pool: PgPool,
    pub(crate) store: SharedEventStore,
}

impl Sessions {
    /// A connection outside the pool, named after its work for whoever looks into `pg_stat_activity`.
    pub(crate) async fn open(&self, work: &str, registered: &Registered) -> Result<PgConnection, EngineError> {
        let options = self.pool.connect_options();
        options
            .as_ref()
            .clone()
            .application_name(&format!("chronogram {work} {}", registered.name))
            .connect()
            .await
            .while_("open a connection for a projection")
    }
}

/// Takes the lock if nobody holds it; it is held until the connection closes.
pub(crate) async fn try_lock(connection: &mut PgConnection, key: i64) -> Result<bool, EngineError> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(key)
        .fetch_one(connection)
        .await
        .while_("take a projection's lock")
}

/// Gives up the lock in an orderly way. An error is no news: a session that cannot be closed has ended already.
pub(crate) async fn release(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a projection's connection was gone already");
    }
}
