//! The trial before activation: the same small input twice, the same answer and fuel demanded.

use crate::{
    context::{CallContext, Fact, Scalar},
    digest::seed_for,
    fault::Fault,
    profile::{Message, ProfileInput},
    strategy::{Filled, Strategy},
};

/// Noon of a day in 2023, in milliseconds; any moment does, as long as it stays.
const SAMPLE_MS: u64 = 1_700_049_600_000;
/// Between two messages of the sample.
const HOUR_MS: u64 = 3_600_000;

/// A strategy passed its trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialReport {
    /// `done`, `suspended` or `refused`; each is an answer.
    pub outcome: &'static str,
    /// Fuel of each of the two calls.
    pub fuel_used: u64,
    /// Hash of each of the two answers.
    pub output_hash: String,
    /// Memory of each of the two calls.
    pub peak_memory_bytes: usize,
    /// Log lines of each of the two calls, dropped ones included.
    pub log_lines: u64,
}

/// A strategy did not pass its trial.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// It faulted on the sample.
    #[error("the strategy faulted in its trial")]
    Faulted(#[from] Fault),
    /// The same input brought two answers.
    #[error("the strategy answered the same input in two ways: {first} and {second}")]
    TwoAnswers {
        /// Hash of the first.
        first: String,
        /// Hash of the second.
        second: String,
    },
    /// The same input took two ways.
    #[error("the strategy burnt {first} and {second} units of fuel on the same input")]
    TwoFuels {
        /// Of the first call.
        first: u64,
        /// Of the second call.
        second: u64,
    },
}

impl Strategy {
    /// Runs the sample twice and compares. Costs two ordinary calls and changes nothing.
    pub async fn trial(&self) -> Result<TrialReport, TrialError> {
        let call = CallContext {
            tenant: "trial".into(),
            now_ms: SAMPLE_MS,
            seed: seed_for("trial", self.digest()),
            config: "{}".into(),
            locale: Some("ru".into()),
        };
        let first = self.fill(call.clone(), sample()).await?;
        let second = self.fill(call, sample()).await?;
        compare(&first, &second)
    }
}

fn compare(first: &Filled, second: &Filled) -> Result<TrialReport, TrialError> {
    if first.output_hash != second.output_hash {
        return Err(TrialError::TwoAnswers { first: first.output_hash.clone(), second: second.output_hash.clone() });
    }
    if first.fuel_used != second.fuel_used {
        return Err(TrialError::TwoFuels { first: first.fuel_used, second: second.fuel_used });
    }
    Ok(TrialReport {
        outcome: first.outcome.kind(),
        fuel_used: first.fuel_used,
        output_hash: first.output_hash.clone(),
        peak_memory_bytes: first.peak_memory_bytes,
        log_lines: first.logs.len() as u64 + first.dropped_log_lines,
    })
}

/// A person in two languages, with every kind of fact the contract lists.
fn sample() -> ProfileInput {
    let texts = [
        "Привет! Завтра еду в горы, потом в отпуск на море.",
        "Nice to meet you, I write code in Rust",
        "",
        "Слушаю музыку и готовлю ужин 🙂",
    ];
    let messages = texts.into_iter().zip(0_u64..).map(|(text, at)| Message {
        id: format!("message-{at}"),
        from_user: at != 1,
        text: text.into(),
        facts: vec![fact("sent_at", Scalar::At(SAMPLE_MS + at * HOUR_MS)), fact("chat", Scalar::Text("Проба".into()))],
    });
    ProfileInput {
        user: "person-1".into(),
        known: Vec::new(),
        messages: messages.collect(),
        wanted_keys: Vec::new(),
        facts: vec![
            fact("display_name", Scalar::Text("Анна".into())),
            fact("username", Scalar::Text("anna".into())),
            fact("language", Scalar::Text("ru".into())),
            fact("messages_total", Scalar::Count(4)),
            fact("conversations_total", Scalar::Count(1)),
            fact("first_message_at", Scalar::At(SAMPLE_MS)),
            fact("last_message_at", Scalar::At(SAMPLE_MS + 3 * HOUR_MS)),
        ],
    }
}

fn fact(key: &str, value: Scalar) -> Fact {
    Fact { key: key.into(), value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::ProfilePatch, strategy::ProfileOutcome};

    fn filled(output_hash: &str, fuel_used: u64) -> Filled {
        Filled {
            outcome: ProfileOutcome::Done(ProfilePatch::default()),
            fuel_used,
            input_hash: String::new(),
            journal_hash: String::new(),
            output_hash: output_hash.into(),
            logs: Vec::new(),
            dropped_log_lines: 2,
            peak_memory_bytes: 65_536,
        }
    }

    #[test]
    fn equal_runs_pass_and_any_difference_does_not() {
        assert!(compare(&filled("a", 1), &filled("a", 1)).is_ok_and(|report| report.log_lines == 2));
        assert_eq!(
            compare(&filled("a", 1), &filled("b", 1)),
            Err(TrialError::TwoAnswers { first: "a".into(), second: "b".into() })
        );
        assert_eq!(compare(&filled("a", 1), &filled("a", 2)), Err(TrialError::TwoFuels { first: 1, second: 2 }));
    }
}
