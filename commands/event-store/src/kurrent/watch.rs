//! A live subscription to `$all`, which tells waiting readers that the log went on.
//!
//! Readers read by pages and wait here; so whatever becomes of the subscription, nobody skips or repeats an event, and a
//! slow look at the head under it bounds how late they are.

use std::{sync::Arc, time::Duration};

use chronogram_log::Position;
use eventstore::{
    Client, ClientSettings, Error, ReadAllOptions, StreamPosition, SubscribeToAllOptions, Subscription,
    SubscriptionEvent,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{connection::pause, filter, publish, runaway::Pulse};

/// A subscription whose runtime was silent for so long has run away.
const RUNAWAY_AFTER: Duration = Duration::from_secs(5);

pub(super) struct Watch {
    pub(super) settings: ClientSettings,
    pub(super) published: watch::Sender<Position>,
    pub(super) stop: CancellationToken,
}

impl Watch {
    /// Works until it is stopped. A failure here makes readers slower, never wrong: they look by themselves.
    pub(super) async fn run(self) {
        let (pulse, stop) = (Pulse::default(), self.stop.clone());
        let (watch, lived) = (Arc::new(self), pulse.clone());
        let thread = std::thread::Builder::new().name("kurrent subscription".to_owned());
        if let Err(error) = thread.spawn(move || watch.live(&lived)) {
            tracing::warn!(error = %error, "no thread for a subscription to $all; new events are noticed by polling");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = pulse.watch(RUNAWAY_AFTER) => {}
        }
        pulse.give_up();
    }

    /// One life after another, each with a runtime and a client of its own.
    fn live(self: Arc<Self>, pulse: &Pulse) {
        while !self.stop.is_cancelled() {
            let watch = self.clone();
            let ended = pulse.guard(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                match runtime {
                    Ok(runtime) => runtime.block_on(async {
                        tokio::select! {
                            () = watch.stop.cancelled() => {}
                            () = pulse.beat() => {}
                            () = watch.follow() => {}
                        }
                    }),
                    Err(error) => {
                        tracing::error!(error = %error, "no runtime for a subscription to $all");
                        std::thread::sleep(RUNAWAY_AFTER);
                    }
                }
            });
            if !ended {
                tracing::warn!("the subscription to $all was ended by the server and ran away; it is begun anew");
            }
        }
    }

    async fn follow(&self) {
        let mut failed = 0;
        loop {
            // Subscribes anew by a new client: an old one may be closed for ever.
            let Ok(client) = Client::new(self.settings.clone()) else { return };
            if let Err(error) = self.follow_once(&client, &mut failed).await {
                failed += 1;
                tracing::debug!(error = %error, "the subscription to $all broke; new events are noticed by polling until it is back");
            }
            tokio::time::sleep(pause(failed)).await;
        }
    }

    /// Follows until the subscription breaks.
    async fn follow_once(&self, client: &Client, failed: &mut u32) -> Result<(), Error> {
        let options = SubscribeToAllOptions::default().position(StreamPosition::End).filter(filter::ours());
        let mut subscription: Subscription = client.subscribe_to_all(&options).await;
        loop {
            match subscription.next_subscription_event().await? {
                SubscriptionEvent::Confirmed(_) => {
                    *failed = 0;
                    // What was appended before it took effect is not announced.
                    let newest = ReadAllOptions::default().position(StreamPosition::End).filter(filter::ours());
                    let mut newest = client.read_all(&newest.max_count(1)).await?;
                    if let Some(event) = newest.next().await?.and_then(|resolved| resolved.event) {
                        publish(&self.published, Position(event.position.commit));
                    }
                }
                SubscriptionEvent::EventAppeared(resolved) => {
                    if let Some(event) = resolved.event {
                        publish(&self.published, Position(event.position.commit));
                    }
                }
                _ => {}
            }
        }
    }
}
