//! Reads alerts and the memory that comes with them.

use std::collections::BTreeSet;

use super::{ReadDecision, TEXT_BYTES, breach, check_text, decimal};
use crate::{
    alert::{Alert, AlertDecision},
    contract::alert::exports::chronogram::strategy::alert as wit,
    fault::Fault,
    limits::Limits,
};

/// Longest name of a rule, a severity or a metric: a label, not prose.
pub(crate) const LABEL_BYTES: usize = 64;
/// Longest deduplication key: a rule, a metric and a day.
pub(crate) const DEDUP_KEY_BYTES: usize = 128;
/// Longest silence after an alert: a month. A longer one is a mistake that nobody would notice.
pub(crate) const SUPPRESS_MS_MAX: u64 = 31 * 24 * 3_600_000;
/// Largest figure: no channel has more views than this, and every such number is exact to a unit.
pub(crate) const FIGURE_MAX: f64 = 1e15;

/// What a decision may hold.
pub(crate) struct AlertReader<'a> {
    pub(crate) limits: &'a Limits,
}

impl ReadDecision for AlertReader<'_> {
    type Wit = wit::AlertDecision;
    type Decision = AlertDecision;

    fn decision(&self, said: wit::AlertDecision) -> Result<AlertDecision, Fault> {
        let (alerts, limit) = (said.alerts.len(), self.limits.alerts);
        if alerts > limit {
            return Err(breach(format!("{alerts} alerts where {limit} are allowed")));
        }
        let (bytes, limit) = (said.memory.len(), self.limits.alert_memory_bytes);
        if bytes > limit {
            return Err(breach(format!("memory has {bytes} bytes where {limit} are allowed")));
        }
        let mut keys = BTreeSet::new();
        if let Some(at) = said.alerts.iter().position(|alert| !keys.insert(alert.dedup_key.as_str())) {
            return Err(breach(format!("alerts[{at}].dedup-key is there twice")));
        }
        let alerts = said.alerts.into_iter().enumerate().map(|(at, alert)| read(at, alert));
        Ok(AlertDecision { alerts: alerts.collect::<Result<_, _>>()?, memory: said.memory })
    }

    fn words(decision: &AlertDecision) -> usize {
        let alerts = decision.alerts.iter().map(|alert| {
            let texts = [&alert.rule, &alert.severity, &alert.metric, &alert.dedup_key, &alert.message];
            texts.into_iter().map(String::len).sum::<usize>()
        });
        alerts.sum::<usize>() + decision.memory.len()
    }
}

fn read(at: usize, alert: wit::Alert) -> Result<Alert, Fault> {
    let labels = [
        ("rule", &alert.rule, LABEL_BYTES),
        ("severity", &alert.severity, LABEL_BYTES),
        ("metric", &alert.metric, LABEL_BYTES),
        ("dedup-key", &alert.dedup_key, DEDUP_KEY_BYTES),
    ];
    for (name, label, limit) in labels {
        if label.is_empty() || label.len() > limit || label.chars().any(char::is_control) {
            return Err(breach(format!("alerts[{at}].{name} is not 1 to {limit} bytes without control characters")));
        }
    }
    check_text(&format!("alerts[{at}].message"), &alert.message, TEXT_BYTES)?;
    if alert.suppress_ms > SUPPRESS_MS_MAX {
        return Err(breach(format!("alerts[{at}].suppress-ms is more than a month")));
    }
    let figure = |name, float| decimal(&format!("alerts[{at}].{name}"), float, -FIGURE_MAX..=FIGURE_MAX);
    Ok(Alert {
        before: figure("before", alert.before)?,
        after: figure("after", alert.after)?,
        rule: alert.rule,
        severity: alert.severity,
        metric: alert.metric,
        dedup_key: alert.dedup_key,
        suppress_ms: alert.suppress_ms,
        message: alert.message,
    })
}
