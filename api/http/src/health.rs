//! Health: whether this process lives, is ready, and how each thing it depends on does.
//!
//! Without a token only statuses and latencies are told. What is optional and fails degrades (200), what is required
//! makes unhealthy (503). Living never depends on anything else: a database outage must not restart every process.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use chronogram_log::Clock;
use futures::{FutureExt, future::join_all};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::HttpState;

/// So long a result is shown again: many askers cost each dependency one check a second.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(1);
/// A dependency that needs longer to say that it is well is not.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// As it should.
    Healthy,
    /// It works, but somebody should look.
    Degraded,
    /// It does not work.
    Unhealthy,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// How the dependency does.
    pub status: HealthStatus,
    /// Figures and words for operators (lag, breaker, error); shown in `/health/full` to those with a token.
    pub detail: Option<Value>,
}

impl CheckResult {
    /// All is well.
    pub fn healthy() -> Self {
        Self { status: HealthStatus::Healthy, detail: None }
    }

    /// It works, but `detail` should be looked at.
    pub fn degraded(detail: impl Into<Value>) -> Self {
        Self { status: HealthStatus::Degraded, detail: Some(detail.into()) }
    }

    /// It does not work, for this reason.
    pub fn unhealthy(detail: impl Into<Value>) -> Self {
        Self { status: HealthStatus::Unhealthy, detail: Some(detail.into()) }
    }
}

/// Something this process depends on.
#[async_trait]
pub trait HealthCheck: Send + Sync + 'static {
    /// Its name in the answer: `database`, `event_store`, …
    fn name(&self) -> &'static str;
    /// Whether this process is useless without it.
    fn required(&self) -> bool;
    /// Looks. Cut off after two seconds, asked at most once a second.
    async fn check(&self) -> CheckResult;
}

pub(crate) fn routes() -> Router<HttpState> {
    Router::new()
        .route("/health", get(overall))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/ready", get(ready))
        .route("/health/full", get(full))
}

pub(crate) struct Health {
    checks: Vec<Arc<dyn HealthCheck>>,
    clock: Arc<dyn Clock>,
    draining: CancellationToken,
    /// Held while checking: whoever asks meanwhile waits for the same result.
    remembered: Mutex<Option<(Timestamp, Arc<Vec<Finding>>)>>,
}

struct Finding {
    name: &'static str,
    required: bool,
    result: CheckResult,
    latency_ms: u64,
}

impl Health {
    pub(crate) fn new(checks: Vec<Arc<dyn HealthCheck>>, clock: Arc<dyn Clock>, draining: CancellationToken) -> Self {
        Self { checks, clock, draining, remembered: Mutex::new(None) }
    }

    async fn findings(&self) -> Arc<Vec<Finding>> {
        let mut remembered = self.remembered.lock().await;
        let now = self.clock.now();
        if let Some((at, findings)) = remembered.as_ref()
            && (SignedDuration::ZERO..REMEMBERED).contains(&now.duration_since(*at))
        {
            return findings.clone();
        }
        let findings = Arc::new(join_all(self.checks.iter().map(|check| look(check.as_ref()))).await);
        *remembered = Some((now, findings.clone()));
        findings
    }
}

/// One check, with an end: whatever it does, it becomes a finding.
async fn look(check: &dyn HealthCheck) -> Finding {
    let started = Instant::now();
    let checking = AssertUnwindSafe(check.check()).catch_unwind();
    let result = match tokio::time::timeout(CHECK_TIMEOUT, checking).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => CheckResult::unhealthy("the check itself panicked"),
        Err(_elapsed) => CheckResult::unhealthy("no answer within 2 s"),
    };
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Finding { name: check.name(), required: check.required(), result, latency_ms }
}

/// The worst of what is required; what is optional degrades at most.
fn status_of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> HealthStatus {
    findings
        .into_iter()
        .map(|finding| match finding.result.status {
            HealthStatus::Unhealthy if !finding.required => HealthStatus::Degraded,
            status => status,
        })
        .max()
        .unwrap_or(HealthStatus::Healthy)
}

async fn live() -> Response {
    answer(HealthStatus::Healthy, &json!({ "status": HealthStatus::Healthy }))
}

async fn overall(State(state): State<HttpState>) -> Response {
    let findings = state.0.health.findings().await;
    let status = status_of(findings.iter());
    answer(status, &json!({ "status": status, "dependencies": dependencies(findings.iter(), false) }))
}

/// Whether new work should come here.
async fn ready(State(state): State<HttpState>) -> Response {
    let draining = state.0.health.draining.is_cancelled();
    let findings = state.0.health.findings().await;
    let required = || findings.iter().filter(|finding| finding.required);
    let status = if draining { HealthStatus::Unhealthy } else { status_of(required()) };
    let body = json!({ "status": status, "draining": draining, "dependencies": dependencies(required(), false) });
    answer(status, &body)
}

async fn full(State(state): State<HttpState>, headers: HeaderMap) -> Response {
    let findings = state.0.health.findings().await;
    let status = status_of(findings.iter());
    // A wrong token is answered like none: while tokens cannot be looked up, health must still answer.
    let known = state.0.tokens.authenticate(&headers).await.is_ok();
    let body = json!({
        "status": status,
        "draining": state.0.health.draining.is_cancelled(),
        "dependencies": dependencies(findings.iter(), known),
    });
    answer(status, &body)
}

fn dependencies<'a>(findings: impl Iterator<Item = &'a Finding>, with_detail: bool) -> BTreeMap<&'static str, Value> {
    findings
        .map(|finding| {
            let mut shown = json!({
                "status": finding.result.status,
                "required": finding.required,
                "latency_ms": finding.latency_ms,
            });
            if let (true, Some(detail), Some(shown)) = (with_detail, &finding.result.detail, shown.as_object_mut()) {
                shown.insert("detail".to_owned(), detail.clone());
            }
            (finding.name, shown)
        })
        .collect()
}

fn answer(status: HealthStatus, body: &Value) -> Response {
    let code = match status {
        HealthStatus::Healthy | HealthStatus::Degraded => StatusCode::OK,
        HealthStatus::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(body)).into_response()
}
