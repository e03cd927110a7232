//! Who is being worked on by which run: two at once never pay for the same person.
//!
//! A claim is an advisory lock of one connection, so it goes with its run however that ends. While it is held nobody
//! else asks about this person; whoever gets it afterwards looks into the log first.

use std::collections::HashSet;

use chronogram_model::PersonId;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::sync::Mutex;

/// People that a run has claimed.
pub(super) struct Claims(Mutex<PgConnection>);

/// The same number for the same person everywhere; 64 bits, so that two people share one practically never.
const TAKE: &str = "
select id from unnest($1::text[]) as wanted (id) where pg_try_advisory_lock(hashtextextended('filling ' || id, 0))";
const RELEASE: &str = "select pg_advisory_unlock(hashtextextended('filling ' || $1, 0))";

impl Claims {
    /// On a connection of its own.
    pub(super) async fn open(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let options = pool.connect_options().as_ref().clone().application_name("chronogram filling");
        Ok(Self(Mutex::new(PgConnection::connect_with(&options).await?)))
    }

    /// Those of `people` that nobody else works on; they are ours until they are released.
    pub(super) async fn take(&self, people: &[PersonId]) -> Result<HashSet<PersonId>, sqlx::Error> {
        let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
        let mut connection = self.0.lock().await;
        let taken: Vec<String> = sqlx::query_scalar(TAKE).bind(ids).fetch_all(&mut *connection).await?;
        Ok(taken.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// What came of them is in the log.
    pub(super) async fn release(&self, person: &PersonId) -> Result<(), sqlx::Error> {
        let mut connection = self.0.lock().await;
        sqlx::query(RELEASE).bind(person.to_string()).execute(&mut *connection).await.map(drop)
    }
}
