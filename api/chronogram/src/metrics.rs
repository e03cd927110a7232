//! Metrics: taken from here on, and begun at zero where the first one counts.
//!
//! A counter that appears with its first failure looks to Prometheus as if it had always stood there: the alarm of the
//! first time is lost. What alarms are about therefore stands at zero from the start.

use anyhow::Context as _;
use chronogram_automations::{models::Models, profiles::Ending};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::foundation::Foundation;

/// Strategies that come with the program.
const STRATEGIES: [&str; 3] = ["basic", "llm", "hybrid"];
/// The commonest reasons; another one begins with its first time.
const FAILURE: &str = "trap";
const FALLBACK: &str = "unavailable";

/// Takes metrics from here on.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().context("start the metrics")
}

/// Begins at zero what alarms are about.
pub(crate) fn begin(house: &Foundation) {
    metrics::gauge!("chronogram_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::counter!("events_appended_total").increment(0);
    metrics::counter!("append_conflicts_total").increment(0);
    metrics::counter!("http_shed_total").increment(0);
    metrics::counter!("telegram_update_failures_total").increment(0);
    for projection in house.engine.names() {
        metrics::counter!("projection_errors_total", "projection" => projection).increment(0);
    }
    for strategy in STRATEGIES {
        metrics::counter!("profiles_failed_total", "strategy" => strategy, "reason" => FAILURE).increment(0);
        metrics::counter!("profile_fallbacks_total", "strategy" => strategy, "reason" => FALLBACK).increment(0);
    }
    for ending in [Ending::Done, Ending::Limit, Ending::BudgetExhausted, Ending::Cancelled] {
        metrics::counter!("profile_runs_total", "outcome" => ending.name()).increment(0);
    }
    for model in house.models.iter().flat_map(Models::models) {
        let name = model.name().to_owned();
        metrics::counter!("model_budget_refusals_total", "model" => name).increment(0);
    }
}
