//! Tells when the number of subscribers has moved by so many percent, fast or slowly.

use chronogram_strategy::prelude::*;
use serde::Deserialize;

struct SubscriberSwing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default = "ten")]
    percent: u64,
}

fn ten() -> u64 {
    10
}

impl AlertStrategy for SubscriberSwing {
    fn describe() -> Descriptor {
        Descriptor::new(
            "my-strategy",
            env!("CARGO_PKG_VERSION"),
            "Tells when the number of subscribers has moved by so many percent, fast or slowly.",
        )
        .configured_by(
            r#"{"type":"object","properties":{"percent":{"type":"integer","minimum":1,"maximum":100}},"additionalProperties":false}"#,
        )
    }

    fn evaluate(call: &CallContext, input: AlertInput, _fx: &mut Effects) -> Decision<AlertDecision> {
        let Config { percent } = call.config_as()?;
        let (Some(first), Some(latest)) = (input.samples.first(), input.samples.last()) else {
            return Err(StrategyError::Unsupported("a call without samples".into()).into());
        };

        // What was told last; the first sample of all where nothing was told yet.
        let before = remembered(&input.memory).unwrap_or(first.subscribers);
        let after = latest.subscribers;
        let moved = after.abs_diff(before) * 100 / before.max(1);
        if moved < percent {
            log::debug(format_args!("moved by {moved} %, {percent} are told"));
            return Ok(AlertDecision { memory: remember(before), ..AlertDecision::default() });
        }
        let sign = if after < before { '-' } else { '+' };
        let alert = Alert {
            rule: "subscriber-swing".into(),
            severity: if moved >= percent * 3 { "critical" } else { "warning" }.into(),
            metric: "subscribers".into(),
            before: before as f64,
            after: after as f64,
            dedup_key: "subscriber-swing".into(),
            suppress_ms: 3_600_000,
            message: format!("{}: subscribers went from {before} to {after} ({sign}{moved} %)", input.title),
            facts: Vec::new(),
        };
        Ok(AlertDecision { alerts: vec![alert], memory: remember(after), ..AlertDecision::default() })
    }
}

fn remember(count: u64) -> Vec<u8> {
    count.to_string().into_bytes()
}

fn remembered(memory: &[u8]) -> Option<u64> {
    std::str::from_utf8(memory).ok()?.parse().ok()
}

chronogram_strategy::export_alert!(SubscriberSwing);

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(counts: &[u64], memory: &[u8]) -> (Vec<String>, Vec<u8>) {
        let sample = |subscribers| Sample { at: 0, subscribers, views: 0.0, posts: 0, facts: Vec::new() };
        let samples = counts.iter().copied().map(sample).collect();
        let input = AlertInput { samples, memory: memory.to_vec(), ..AlertInput::default() };
        let decided = SubscriberSwing::evaluate(&CallContext::sample(), input, &mut Effects::new(Vec::new()));
        let decided = decided.expect("it decides");
        (decided.alerts.into_iter().map(|alert| alert.severity).collect(), decided.memory)
    }

    #[test]
    fn a_swing_is_told_once_by_its_size() {
        assert_eq!(watched(&[1000, 1050], b""), (vec![], b"1000".to_vec()));
        assert_eq!(watched(&[1000, 1100], b""), (vec!["warning".into()], b"1100".to_vec()));
        assert_eq!(watched(&[1000, 600], b""), (vec!["critical".into()], b"600".to_vec()));
    }

    #[test]
    fn a_slow_drift_is_found_by_what_was_remembered() {
        assert_eq!(watched(&[1080, 1110], b"1000"), (vec!["warning".into()], b"1110".to_vec()));
    }
}
