//! What the bot asks of the rest of the house.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chronogram_bot::House;
use chronogram_bot_talk::views::{Check, Condition};
use chronogram_engine::Engine;
use chronogram_http::{HealthCheck, HealthStatus};
use chronogram_log::Position;
use tokio::time::Instant;

use crate::{edges, foundation::Foundation};

/// How long a check may take before it is told as failed.
const CHECK_PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct BotHouse {
    engine: Arc<Engine>,
    checks: Vec<Arc<dyn HealthCheck>>,
}

impl BotHouse {
    pub(super) fn new(house: &Foundation) -> Self {
        Self { engine: house.engine.clone(), checks: edges::checks(house) }
    }
}

#[async_trait]
impl House for BotHouse {
    async fn wait_for(&self, position: Position, patience: Duration) -> bool {
        self.engine.wait_for(None, position, patience).await.is_ok()
    }

    async fn health(&self) -> Vec<Check> {
        let mut found = Vec::new();
        for check in &self.checks {
            let started = Instant::now();
            let condition = match tokio::time::timeout(CHECK_PATIENCE, check.check()).await {
                Ok(result) => match result.status {
                    HealthStatus::Healthy => Condition::Healthy,
                    HealthStatus::Degraded => Condition::Degraded,
                    HealthStatus::Unhealthy => Condition::Unhealthy,
                },
                Err(_) => Condition::Unhealthy,
            };
            let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            found.push(Check { name: check.name().to_owned(), condition, latency_ms, detail: None });
        }
        found
    }
}
