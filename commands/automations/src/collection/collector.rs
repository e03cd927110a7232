//! Asks Telegram about what is due, a few channels at a time.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use chronogram_gateways::telegram::TelegramError;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Collection, CollectionError, list, list::Due, note, schedule};
use crate::{leadership::Led, todo::Todo};

/// The lock's number: nobody else's in this database.
const LOCK: i64 = 0x6368_726f_636f_6c6c;
/// Channels asked about at the same time. Telegram publishes no limit for questions; so few leave messages their way,
/// and a thousand channels are counted within minutes.
const UNDER_WAY_MAX: usize = 5;
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A lease is longer than a question.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// The longest that a due channel waits when the clock of the machine jumps.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long everything waits when Telegram does not know our token.
const UNAUTHORIZED_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// A channel that Telegram was asked about.
struct Asked {
    due: Due,
    members: Result<u32, TelegramError>,
}

#[async_trait]
impl Led for Collection {
    type Error = CollectionError;

    const NAME: &'static str = "collection";

    fn pool(&self) -> &PgPool {
        &self.parts.pool
    }

    fn lock(&self) -> i64 {
        LOCK
    }

    /// What is on its way at a stop is let go: nothing is changed by asking, and it is asked again at the next start.
    async fn work(&self, connection: &mut PgConnection, stop: &CancellationToken) -> Result<(), CollectionError> {
        list::end_leases(connection).await?;
        let mut todo = Todo::open(self, self.parts.store.clone(), connection).await?;
        let mut under_way: JoinSet<Asked> = JoinSet::new();
        let mut hold_until = Timestamp::MIN;
        loop {
            let now = self.parts.clock.now();
            if now >= hold_until {
                self.ask_about_due(connection, &mut under_way, now).await?;
            }
            let wake_in = self.look_ahead(connection, now, hold_until, under_way.len()).await?;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(asked) = under_way.join_next() => {
                    if let Ok(asked) = asked {
                        hold_until = hold_until.max(self.take_back(connection, asked).await?);
                    }
                }
                batch = todo.next() => {
                    todo.take_in(connection, &batch?).await?;
                }
                () = tokio::time::sleep(wake_in) => {}
            }
        }
    }
}

impl Collection {
    /// Claims what is due and asks about it.
    async fn ask_about_due(
        &self,
        connection: &mut PgConnection,
        under_way: &mut JoinSet<Asked>,
        now: Timestamp,
    ) -> Result<(), CollectionError> {
        let room = UNDER_WAY_MAX.saturating_sub(under_way.len());
        if room == 0 {
            return Ok(());
        }
        for due in list::claim(connection, now, later(now, LEASE), room).await? {
            under_way.spawn(self.ask(due));
        }
        Ok(())
    }

    fn ask(&self, due: Due) -> impl Future<Output = Asked> + use<> {
        let telegram = self.parts.telegram.clone();
        async move {
            let began = Instant::now();
            let asked = tokio::time::timeout(PATIENCE, telegram.member_count(due.channel())).await;
            metrics::histogram!("collection_seconds").record(began.elapsed());
            Asked { due, members: asked.unwrap_or_else(|_| Err(TelegramError::no_answer())) }
        }
    }

    /// Sets the gauges; gives how long there is nothing to do.
    #[allow(clippy::cast_precision_loss)] // nobody reads them exactly; above 2^52 they would be rounded
    async fn look_ahead(
        &self,
        connection: &mut PgConnection,
        now: Timestamp,
        hold_until: Timestamp,
        under_way: usize,
    ) -> Result<Duration, CollectionError> {
        let ahead = list::outlook(connection).await?;
        let late = ahead.next_due.map_or(SignedDuration::ZERO, |due| now.duration_since(due));
        metrics::gauge!("collection_channels").set(ahead.tracked as f64);
        metrics::gauge!("collection_late_seconds").set(late.as_secs_f64().max(0.0));
        if under_way >= UNDER_WAY_MAX {
            return Ok(LOOK_AGAIN);
        }
        let wait = ahead.next_due.map(|due| due.max(hold_until).duration_since(now));
        Ok(wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN))
    }

    /// Notes what Telegram answered; gives until when everything waits.
    async fn take_back(&self, connection: &mut PgConnection, asked: Asked) -> Result<Timestamp, CollectionError> {
        let Asked { due, members } = asked;
        let (channel, now) = (due.channel(), self.parts.clock.now());
        let result = members.as_ref().map_or_else(TelegramError::kind, |_| "counted");
        metrics::counter!("collection_attempts_total", "result" => result).increment(1);
        let failure = match members {
            Ok(members) => {
                self.note(connection, note::counted(channel, members.into(), now), now).await?;
                return Ok(Timestamp::MIN);
            }
            Err(failure) => failure,
        };
        if let Some(refused) = note::refused(channel, &failure, now) {
            tracing::warn!(channel = channel.0, reason = failure.kind(), "Telegram lets us count a channel no more");
            self.note(connection, refused, now).await?;
            return Ok(Timestamp::MIN);
        }
        let (hold_until, due_at, attempts) = match failure {
            TelegramError::RetryAfter(wait) => {
                let until = later(now, SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
                (until, until, due.attempts)
            }
            failure => {
                let attempts = due.attempts.saturating_add(1);
                let hold_until = match failure {
                    TelegramError::Unauthorized => later(now, UNAUTHORIZED_PAUSE),
                    _ => Timestamp::MIN,
                };
                (hold_until, later(now, schedule::pause_after(attempts)), attempts)
            }
        };
        tracing::info!(channel = channel.0, reason = result, attempts, "a channel cannot be counted now");
        list::put_off(connection, channel, due_at, attempts).await?;
        Ok(hold_until)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
