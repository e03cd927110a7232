//! One process at a time delivers; the others stand by.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_handlers::Handler;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DeliveryError, DeliveryParts, Shared, reminders, sender, while_};
use crate::{
    leadership::{self, Led},
    todo::Todo,
};

/// The lock's number: nobody else's in this database.
const LOCK: i64 = 0x6368_726f_6465_6c69;
/// The longest that a due reminder waits when the clock of the machine jumps.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Sends what the log wants sent.
pub struct Deliveries(Arc<Shared>);

impl Deliveries {
    /// Deliveries of one bot.
    pub fn new(parts: DeliveryParts) -> Self {
        let (store, codec) = (&parts.store, &parts.codec);
        Self(Arc::new(Shared {
            talk: Handler::new(store.clone(), codec.clone()),
            reminders: Handler::new(store.clone(), codec.clone()),
            people: Handler::new(store.clone(), codec.clone()),
            wake: Notify::new(),
            parts,
        }))
    }

    /// Works until it is stopped, or stands by while another process does.
    pub async fn run(&self, stop: CancellationToken) {
        leadership::run(self, &stop).await;
    }

    /// Follows the log, and puts reminders into the outbox as they fall due.
    async fn fill(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), DeliveryError> {
        let shared = self.0.as_ref();
        let mut todo = Todo::open(shared, shared.parts.store.clone(), connection).await?;
        loop {
            let now = shared.parts.clock.now();
            while reminders::queue_due(shared, connection, now).await? > 0 {
                shared.wake.notify_one();
            }
            let until_due = reminders::next_due(connection).await?.map_or(LOOK_AGAIN, |due| wait_for(due, now));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                batch = todo.next() => {
                    if todo.take_in(connection, &batch?).await? {
                        shared.wake.notify_one();
                    }
                }
                () = tokio::time::sleep(until_due) => {}
            }
        }
    }
}

#[async_trait]
impl Led for Deliveries {
    type Error = DeliveryError;

    const NAME: &'static str = "deliveries";

    fn pool(&self) -> &PgPool {
        &self.0.parts.pool
    }

    fn lock(&self) -> i64 {
        LOCK ^ self.0.parts.bot
    }

    async fn work(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), DeliveryError> {
        let leader = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *connection).await;
        let leader = leader.map_err(while_("tell who leads"))?;
        // Whoever fails first ends both: the sender must not outlive the lock.
        let both = stop.child_token();
        let sending = tokio::spawn(sender::run(self.0.clone(), leader, both.clone()));
        let filled = self.fill(connection, &both).await;
        both.cancel();
        let sent = sending.await;
        filled?;
        sent.unwrap_or(Ok(()))
    }
}

fn wait_for(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default().min(LOOK_AGAIN)
}
