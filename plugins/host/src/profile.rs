//! What goes into a profile strategy and what comes out, in plain Rust.
//!
//! Numbers are decimals: an answer has been freed of NaN.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    context::{Fact, json_bytes},
    limits::Limits,
};

/// One message, to or from the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Compared for equality only.
    pub id: String,
    /// Written by the person the profile is of.
    pub from_user: bool,
    /// Its text.
    pub text: String,
    /// `sent_at`, `chat`.
    pub facts: Vec<Fact>,
}

/// One field of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileField {
    /// Its name, 1 to 64 bytes.
    pub key: String,
    /// Its value, at most 4 KiB.
    pub value: String,
    /// 0 to 1, at most four decimal places.
    pub confidence: Decimal,
    /// Ids of the messages that support it, each once.
    pub evidence: Vec<String>,
}

/// Everything a strategy learns of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileInput {
    /// The person.
    pub user: String,
    /// The profile as it stands.
    pub known: Vec<ProfileField>,
    /// Oldest first; may be empty.
    pub messages: Vec<Message>,
    /// Keys asked for; empty means all.
    pub wanted_keys: Vec<String>,
    /// What is known beside the messages.
    pub facts: Vec<Fact>,
}

impl ProfileInput {
    /// The same input with only as many of its newest messages as a call takes.
    #[must_use]
    pub fn fitted(mut self, limits: &Limits) -> Self {
        let messages = std::mem::take(&mut self.messages);
        let mut room = limits.input_bytes.saturating_sub(json_bytes(&self));
        let mut newest: Vec<Message> = messages
            .into_iter()
            .rev()
            .take(limits.input_messages)
            .take_while(|message| {
                // One byte more for the comma between two.
                let size = json_bytes(message) + 1;
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .collect();
        newest.reverse();
        self.messages = newest;
        self
    }
}

/// Changes to a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePatch {
    /// Fields that have this value now.
    pub set: Vec<ProfileField>,
    /// Keys whose value no longer holds.
    pub unset: Vec<String>,
    /// Question to send to the person next.
    pub ask: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: usize, text: &str) -> Message {
        Message { id: id.to_string(), from_user: true, text: text.into(), facts: Vec::new() }
    }

    #[test]
    fn fitting_keeps_the_newest_messages_by_number_and_by_size() {
        let limits = Limits { input_messages: 3, input_bytes: 1_000, ..Limits::default() };
        let ids = |input: ProfileInput| -> Vec<String> {
            input.fitted(&limits).messages.into_iter().map(|message| message.id).collect()
        };
        let short: Vec<_> = (0..5).map(|id| message(id, "hi")).collect();
        assert_eq!(ids(ProfileInput { messages: short, ..Default::default() }), ["2", "3", "4"]);

        let long = vec![message(0, "hi"), message(1, &"x".repeat(900)), message(2, "hi")];
        assert_eq!(ids(ProfileInput { messages: long, ..Default::default() }), ["2"]);
    }

    #[test]
    fn what_is_fitted_is_within_the_limit() {
        let limits = Limits { input_bytes: 2_000, ..Limits::default() };
        let messages = (0..100).map(|id| message(id, "\"quoted\" text")).collect();
        let input = ProfileInput { messages, ..Default::default() }.fitted(&limits);
        assert!(json_bytes(&input) <= 2_000);
        assert!(json_bytes(&input) > 1_900, "it stops only when full");
    }
}
