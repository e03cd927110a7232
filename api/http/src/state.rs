//! What all handlers share.

use std::{sync::Arc, time::Duration};

use chronogram_intake::Intake;
use chronogram_log::Clock;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    GraphqlExecutor, SocketLimits, TelegramWebhook, Tokens,
    health::{Health, HealthCheck},
    messages::InFlight,
    subscriptions::Sockets,
};

/// Gives 16 random bytes.
pub type RandomBytes = Arc<dyn Fn() -> [u8; 16] + Send + Sync>;
/// Renders all metrics in Prometheus' text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// How much is taken on at once, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests with a body or a query at work at the same time; more are told to come back.
    pub in_flight_max: usize,
    /// After this a request is answered 504, and an operation over WebSocket ends in an error.
    pub request_timeout: Duration,
    /// Those of WebSocket.
    pub sockets: SocketLimits,
}

impl Default for Limits {
    fn default() -> Self {
        // 256: each may hold a database connection's turn and a body of 256 KiB, 64 MiB in all.
        // 30 s: what proxies commonly wait at least.
        Self { in_flight_max: 256, request_timeout: Duration::from_secs(30), sockets: SocketLimits::default() }
    }
}

/// What the edge is built from.
pub struct HttpParts {
    /// Answers GraphQL.
    pub graphql: Arc<dyn GraphqlExecutor>,
    /// Runs what is asked for.
    pub intake: Arc<Intake>,
    /// Knows the tokens.
    pub tokens: Tokens,
    /// Takes the updates that Telegram brings; none: it brings none here.
    pub telegram: Option<Arc<dyn TelegramWebhook>>,
    /// What this process depends on.
    pub health: Vec<Arc<dyn HealthCheck>>,
    /// Renders `/metrics`.
    pub metrics: RenderMetrics,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for request ids and error ids.
    pub random: RandomBytes,
    /// Cancelled as soon as this process begins to stop: from then on it is not ready.
    pub draining: CancellationToken,
    /// Bounds.
    pub limits: Limits,
}

/// What all handlers share; cheap to clone.
#[derive(Clone)]
pub struct HttpState(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) graphql: Arc<dyn GraphqlExecutor>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) tokens: Tokens,
    pub(crate) telegram: Option<Arc<dyn TelegramWebhook>>,
    pub(crate) health: Health,
    pub(crate) metrics: RenderMetrics,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: RandomBytes,
    pub(crate) limits: Limits,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) in_flight: InFlight,
    pub(crate) sockets: Sockets,
    pub(crate) tasks: TaskTracker,
}

impl HttpState {
    /// Puts the parts together.
    pub fn new(parts: HttpParts) -> Self {
        Self(Arc::new(Shared {
            health: Health::new(parts.health, parts.clock.clone(), parts.draining),
            graphql: parts.graphql,
            intake: parts.intake,
            tokens: parts.tokens,
            telegram: parts.telegram,
            metrics: parts.metrics,
            clock: parts.clock,
            random: parts.random,
            slots: Arc::new(Semaphore::new(parts.limits.in_flight_max)),
            limits: parts.limits,
            in_flight: InFlight::default(),
            sockets: Sockets::default(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Returns once every message that was taken on is recorded or refused, also those whose client has gone.
    /// Call it after [`crate::serve`] returned.
    pub async fn finish(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    pub(crate) fn random_id(&self) -> Uuid {
        uuid::Builder::from_random_bytes((self.0.random)()).into_uuid()
    }
}
