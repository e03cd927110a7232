//! What this process depends on.

use std::sync::Arc;

use async_trait::async_trait;
use chronogram_automations::models::Models;
use chronogram_engine::{Engine, ProjectionState};
use chronogram_http::{CheckResult, HealthCheck};
use chronogram_log::SharedEventStore;
use serde_json::json;
use sqlx::PgPool;

use crate::foundation::Foundation;

/// A read model this far behind is worth a look.
const LAG_DEGRADED_MS: u64 = 30_000;

/// The checks of a process that serves the API.
pub(crate) fn checks(house: &Foundation) -> Vec<Arc<dyn HealthCheck>> {
    let mut checks: Vec<Arc<dyn HealthCheck>> = vec![
        Arc::new(Database(house.queries.clone())),
        Arc::new(EventLog(house.store.clone())),
        Arc::new(ReadModels(house.engine.clone())),
    ];
    if let Some(models) = &house.models {
        checks.push(Arc::new(LanguageModels(models.clone())));
    }
    checks
}

struct Database(PgPool);

#[async_trait]
impl HealthCheck for Database {
    fn name(&self) -> &'static str {
        "database"
    }

    fn required(&self) -> bool {
        true
    }

    async fn check(&self) -> CheckResult {
        let pool = json!({ "connections": self.0.size(), "idle": self.0.num_idle() });
        match sqlx::query_scalar::<_, i32>("select 1").fetch_one(&self.0).await {
            Ok(_) => CheckResult { detail: Some(pool), ..CheckResult::healthy() },
            Err(_) => CheckResult::unhealthy(pool),
        }
    }
}

struct EventLog(SharedEventStore);

#[async_trait]
impl HealthCheck for EventLog {
    fn name(&self) -> &'static str {
        "event_store"
    }

    fn required(&self) -> bool {
        true
    }

    async fn check(&self) -> CheckResult {
        match self.0.head().await {
            Ok(head) => CheckResult { detail: Some(json!({ "head": head })), ..CheckResult::healthy() },
            Err(error) => CheckResult::unhealthy(error.to_string()),
        }
    }
}

struct ReadModels(Arc<Engine>);

#[async_trait]
impl HealthCheck for ReadModels {
    fn name(&self) -> &'static str {
        "projections"
    }

    /// Old answers are better than none.
    fn required(&self) -> bool {
        false
    }

    async fn check(&self) -> CheckResult {
        let statuses = match self.0.status().await {
            Ok(statuses) => statuses,
            Err(error) => return CheckResult::unhealthy(error.to_string()),
        };
        let unwell = |state, lag_ms| state == ProjectionState::Stopped || lag_ms > LAG_DEGRADED_MS;
        let any_unwell = statuses.iter().any(|status| unwell(status.state, status.lag_ms));
        let detail: Vec<_> = statuses
            .iter()
            .map(|status| {
                json!({
                    "name": status.name,
                    "state": status.state.as_str(),
                    "lag_events": status.lag_events,
                    "lag_ms": status.lag_ms,
                })
            })
            .collect();
        if any_unwell {
            CheckResult::degraded(detail)
        } else {
            CheckResult { detail: Some(detail.into()), ..CheckResult::healthy() }
        }
    }
}

struct LanguageModels(Models);

#[async_trait]
impl HealthCheck for LanguageModels {
    fn name(&self) -> &'static str {
        "models"
    }

    /// Strategies do without.
    fn required(&self) -> bool {
        false
    }

    async fn check(&self) -> CheckResult {
        let (mut detail, mut any_open) = (Vec::new(), false);
        for model in self.0.models() {
            let told = match self.0.breaker_told(model).await {
                Ok(told) => told,
                Err(error) => return CheckResult::unhealthy(error.to_string()),
            };
            let opened = told.opened();
            any_open |= opened.is_some();
            detail.push(json!({
                "name": model.name(),
                "breaker": if opened.is_some() { "open" } else { "closed" },
                "since": opened.map(|opened| opened.opened_at),
                "failures": opened.map_or(0, |opened| opened.failures),
            }));
        }
        if any_open {
            CheckResult::degraded(detail)
        } else {
            CheckResult { detail: Some(detail.into()), ..CheckResult::healthy() }
        }
    }
}
