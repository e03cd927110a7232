//! How the system is, for those who run it.

use chronogram_model::conversation::OutgoingMessage;

use super::Reader;
use crate::{
    compose::Composer,
    texts::say,
    words::{self, on_one_line, shortened},
};

/// How many checks are listed; there are about ten.
const CHECKS_MAX: usize = 40;
/// The longest name or detail of a check, in UTF-16 units.
const DETAIL_MAX: usize = 200;

/// How a thing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// All is well.
    Healthy,
    /// It works, but should be looked at.
    Degraded,
    /// It does not work.
    Unhealthy,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Check {
    /// Of what.
    pub name: String,
    /// How it does.
    pub condition: Condition,
    /// How long the answer took.
    pub latency_ms: u64,
    /// Figures and words for operators.
    pub detail: Option<String>,
}

/// The worst first said in a sentence, then check by check in the order given.
pub fn health(reader: &Reader<'_>, checks: &[Check]) -> OutgoingMessage {
    let mut message = Composer::new(reader.language);
    message.say(&match checks.iter().map(|check| check.condition).max() {
        None => say::health_unknown(),
        Some(Condition::Healthy) => say::health_well(),
        Some(Condition::Degraded) => say::health_degraded(),
        Some(Condition::Unhealthy) => say::health_unhealthy(),
    });
    if !checks.is_empty() {
        message.line();
    }
    for check in checks.iter().take(CHECKS_MAX) {
        let sign = match check.condition {
            Condition::Healthy => "🟢",
            Condition::Degraded => "🟡",
            Condition::Unhealthy => "🔴",
        };
        message.line().words(sign).words(" ").code(&shortened(&on_one_line(&check.name), DETAIL_MAX)).words(" ");
        message.say(&say::health_latency(i64::try_from(check.latency_ms).unwrap_or(i64::MAX)));
        if let Some(detail) = &check.detail {
            message.words(" — ").words(&shortened(&on_one_line(detail), DETAIL_MAX));
        }
    }
    message.paragraph().say(&say::health_when(words::moment(reader.now, reader.zone)));
    message.finish()
}
