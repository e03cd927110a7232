//! One process at a time does a thing: a session advisory lock on a connection of its own; the others stand by.

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

/// The right to do a thing alone. It ends with the connection, however the process ends.
#[derive(Debug)]
pub struct Leadership(PgConnection);

impl Leadership {
    /// Takes the lock `key` if nobody holds it; `name` is what the connection is called in `pg_stat_activity`.
    pub async fn take(pool: &PgPool, key: i64, name: &str) -> Result<Option<Self>, sqlx::Error> {
        let options = pool.connect_options().as_ref().clone().application_name(name);
        let mut connection = options.connect().await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(key);
        let is_leader: bool = lock.fetch_one(&mut connection).await?;
        Ok(is_leader.then_some(Self(connection)))
    }

    /// The connection that holds the lock: what is written through it is written by the leader or not at all.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// Whether it still stands.
    pub async fn holds(&mut self) -> bool {
        self.0.ping().await.is_ok()
    }

    /// Lets another process go on at once. An error is no news: the connection is gone already then.
    pub async fn give_up(self) {
        let _ = self.0.close().await;
    }
}
