//! One process at a time delivers; the others stand by.

use std::{sync::Arc, time::Duration};

use chronogram_handlers::Handler;
use chronogram_log::Subscription;
use jiff::Timestamp;
use sqlx::PgConnection;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DeliveryError, DeliveryParts, Shared, fill, reminders, sender, while_};
use crate::leadership::Leadership;

/// The lock's number: nobody else's in this database.
const LOCK: i64 = 0x6368_726f_6465_6c69;
/// How often who stands by looks whether the leader is gone.
const STAND_BY: Duration = Duration::from_secs(1);
/// How long deliveries pause after a failure that is not one message's.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Events taken in at once.
const BATCH_EVENTS: usize = 500;
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
        while !stop.is_cancelled() {
            let pause = match self.lead(&stop).await {
                Ok(()) => STAND_BY,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "deliveries pause");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Leads until it is stopped; returns at once where somebody else leads.
    async fn lead(&self, stop: &CancellationToken) -> Result<(), DeliveryError> {
        let (pool, key) = (&self.0.parts.pool, LOCK ^ self.0.parts.bot);
        let leadership = Leadership::take(pool, key, "chronogram deliveries").await;
        let Some(mut leadership) = leadership.map_err(while_("take the lock of deliveries"))? else { return Ok(()) };
        // Whoever fails first ends both: the sender must not outlive the lock.
        let both = stop.child_token();
        let sending = tokio::spawn(sender::run(self.0.clone(), both.clone()));
        let filled = self.fill(leadership.connection(), &both).await;
        both.cancel();
        let sent = sending.await;
        leadership.give_up().await;
        filled?;
        sent.unwrap_or(Ok(()))
    }

    /// Follows the log, and puts reminders into the outbox as they fall due.
    async fn fill(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), DeliveryError> {
        let shared = &self.0;
        let mut at = fill::checkpoint(connection).await?;
        let mut log = Subscription::new(shared.parts.store.clone(), at, fill::filter(), BATCH_EVENTS);
        loop {
            let now = shared.parts.clock.now();
            while reminders::queue_due(shared, connection, now).await? > 0 {
                shared.wake.notify_one();
            }
            let until_due = reminders::next_due(connection).await?.map_or(LOOK_AGAIN, |due| wait_for(due, now));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                batch = log.next() => {
                    let batch = batch?;
                    if batch.events.is_empty() && batch.up_to == batch.head {
                        // Only others' events: the checkpoint follows when there is something of ours, or at the next start.
                        continue;
                    }
                    if !fill::take_in(shared, connection, &batch.events, at, batch.up_to).await? {
                        at = fill::checkpoint(connection).await?;
                        log = Subscription::new(shared.parts.store.clone(), at, fill::filter(), BATCH_EVENTS);
                        continue;
                    }
                    at = batch.up_to;
                    shared.wake.notify_one();
                }
                () = tokio::time::sleep(until_due) => {}
            }
        }
    }
}

fn wait_for(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default().min(LOOK_AGAIN)
}
