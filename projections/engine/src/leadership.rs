//! One process at a time does a thing: a session advisory lock on a connection of its own; the others stand by.
//!
//! Who holds the lock writes through the very connection that holds it. When that session ends, for whatever reason,
//! its open transaction ends with it, so nothing can be written by somebody who is not the leader any more.
//!
//! A leader that is frozen or cut off keeps its session, and would keep the others waiting for ever: who works for long
//! [lives by its pulse](Leadership::lives_by_its_pulse), and Postgres ends the session of one that has none.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

/// The right to do a thing alone. It ends with the connection, however the process ends.
#[derive(Debug)]
pub struct Leadership(PgConnection);

impl Leadership {
    /// Takes the lock `key` if nobody holds it; `name` is what the connection is called in `pg_stat_activity`.
    pub async fn take(pool: &PgPool, key: i64, name: &str) -> Result<Option<Self>, sqlx::Error> {
        let mut candidate = Candidate::open(pool, key, name).await?;
        Ok(if candidate.wins().await? { Some(candidate.into_leadership()) } else { None })
    }

    /// The connection that holds the lock: what is written through it is written by the leader or not at all.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// Whether it still stands.
    pub async fn holds(&mut self) -> bool {
        self.0.ping().await.is_ok()
    }

    /// From here on the session ends when nothing is heard of it for a minute (or for what the database sets as
    /// `chronogram.silence`), inside a transaction or outside. Who calls this keeps the [`pulse`].
    pub async fn lives_by_its_pulse(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with silence (longest) as (select coalesce(nullif(current_setting('chronogram.silence', true), ''), '60s')) \
             select set_config('idle_session_timeout', longest, false), \
             set_config('idle_in_transaction_session_timeout', longest, false) from silence",
        )
        .execute(&mut self.0)
        .await?;
        Ok(())
    }

    /// Lets another process go on at once. An error is no news: the connection is gone already then.
    pub async fn give_up(self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(error = &error as &dyn std::error::Error, "the connection of a leader was gone already");
        }
    }
}

/// How often a leader that has nothing to write shows that it lives.
const PULSE: Duration = Duration::from_secs(1);

/// Returns once the leader on this connection leads no more. Dropping it ends nothing.
pub async fn pulse(connection: &mut PgConnection) -> sqlx::Error {
    loop {
        tokio::time::sleep(PULSE).await;
        if let Err(error) = connection.ping().await {
            return error;
        }
    }
}

/// Somebody who would lead: one connection, however often it tries.
pub(crate) struct Candidate {
    connection: PgConnection,
    key: i64,
}

impl Candidate {
    pub(crate) async fn open(pool: &PgPool, key: i64, name: &str) -> Result<Self, sqlx::Error> {
        let options = pool.connect_options().as_ref().clone().application_name(name);
        Ok(Self { connection: options.connect().await?, key })
    }

    /// Whether it leads now. Asked again by who leads it says yes again.
    pub(crate) async fn wins(&mut self) -> Result<bool, sqlx::Error> {
        let lock = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(self.key);
        lock.fetch_one(&mut self.connection).await
    }

    /// For who has won.
    pub(crate) fn into_leadership(self) -> Leadership {
        Leadership(self.connection)
    }
}
