//! Calls of strategies that asked for something: what was asked and what came back, so that a call that is cut off goes
//! on without asking, and paying, again.
//!
//! A call's stream is named by what the call is about; when the call has ended, the next one about the same begins anew.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Authored, Decider, EventId, StreamName, event::domain_events};

domain_events! {
    /// What happens in a call.
    pub enum CallEvent {
        EffectAnswered = 1,
        CallEnded = 1,
    }
}

/// A strategy asked for something and was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectAnswered {
    /// The plugin's name.
    pub plugin: String,
    /// sha256 of the artifact, in hex.
    pub digest: String,
    /// Which of the call's requests, from 0.
    pub index: u32,
    /// Request and answer, as JSON of the plugin host; a person's where the call is about one.
    pub exchange: Authored<String>,
    /// What was paid for the answer, or for the attempt to get one; absent: nothing, or it was paid for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Payment>,
    /// The randomness the call was given; it goes on with the same.
    pub seed: String,
    /// The time the call was given; it goes on with the same.
    pub called_at: Timestamp,
    /// When the answer came.
    pub answered_at: Timestamp,
}

/// What was paid once for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The `ModelCalled` that it was paid with: who gets its answer twice has paid once.
    pub call: EventId,
    /// Tokens of question and answer.
    pub tokens: u64,
    /// In the currency of the prices.
    pub cost: Decimal,
}

/// The call came to its end; its answers are used no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEnded {
    /// `done`, `refused`, or the kind of its fault.
    pub outcome: String,
    /// When.
    pub ended_at: Timestamp,
}

/// What may be done about a call.
#[derive(Clone, Debug)]
pub enum CallCommand {
    /// Keep an answer.
    Record {
        /// The call.
        call: Uuid,
        /// The answer.
        answered: EffectAnswered,
    },
    /// Use its answers no more.
    End {
        /// The call.
        call: Uuid,
        /// How it ended.
        ended: CallEnded,
    },
}

/// A call as far as it came.
#[derive(Clone, Debug, Default)]
pub struct CallState {
    answered: Vec<Option<EffectAnswered>>,
    ended: u32,
}

impl CallState {
    /// The answers of the call that is under way, by the index of their request.
    pub fn answered(&self) -> &[Option<EffectAnswered>] {
        &self.answered
    }

    /// How many calls about the same came to their end.
    pub fn ended(&self) -> u32 {
        self.ended
    }

    fn has(&self, index: u32) -> bool {
        self.answered.get(index as usize).is_some_and(Option::is_some)
    }
}

/// Why nothing is done about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallRejection {
    /// No call has so many.
    #[error("a call has no request {0}")]
    TooMany(u32),
}

/// Requests of one call: four rounds of four.
const REQUESTS: u32 = 16;

/// The rules of calls.
pub struct Call;

impl Call {
    /// The stream of the call with this id.
    pub fn stream_of(call: Uuid) -> StreamName {
        StreamName::of("call", call.to_string())
    }
}

impl Decider for Call {
    type Command = CallCommand;
    type Event = CallEvent;
    type State = CallState;
    type Rejection = CallRejection;

    fn name(command: &CallCommand) -> &'static str {
        match command {
            CallCommand::Record { .. } => "RecordEffect",
            CallCommand::End { .. } => "EndCall",
        }
    }

    fn stream(command: &CallCommand) -> StreamName {
        match command {
            CallCommand::Record { call, .. } | CallCommand::End { call, .. } => Self::stream_of(*call),
        }
    }

    fn decide(state: &CallState, command: &CallCommand) -> Result<Vec<CallEvent>, CallRejection> {
        match command {
            CallCommand::Record { answered, .. } if answered.index >= REQUESTS => {
                Err(CallRejection::TooMany(answered.index))
            }
            // Somebody else was faster; theirs is the one that counts.
            CallCommand::Record { answered, .. } if state.has(answered.index) => Ok(vec![]),
            CallCommand::Record { answered, .. } => Ok(vec![answered.clone().into()]),
            CallCommand::End { .. } if state.answered.is_empty() => Ok(vec![]),
            CallCommand::End { ended, .. } => Ok(vec![ended.clone().into()]),
        }
    }

    fn evolve(mut state: CallState, event: &CallEvent) -> CallState {
        match event {
            CallEvent::EffectAnswered(event) => {
                let index = event.index as usize;
                if state.answered.len() <= index {
                    state.answered.resize(index + 1, None);
                }
                if let Some(place) = state.answered.get_mut(index) {
                    *place = Some(event.clone());
                }
            }
            CallEvent::CallEnded(_) => {
                state.answered.clear();
                state.ended += 1;
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(index: u32) -> CallCommand {
        let answered = EffectAnswered {
            plugin: "p".into(),
            digest: "ab".into(),
            index,
            exchange: Authored::ByChat { public: format!("exchange {index}") },
            paid: None,
            seed: "00".into(),
            called_at: Timestamp::UNIX_EPOCH,
            answered_at: Timestamp::UNIX_EPOCH,
        };
        CallCommand::Record { call: Uuid::nil(), answered }
    }

    fn end() -> CallCommand {
        let ended = CallEnded { outcome: "done".into(), ended_at: Timestamp::UNIX_EPOCH };
        CallCommand::End { call: Uuid::nil(), ended }
    }

    fn after(commands: &[CallCommand]) -> CallState {
        commands.iter().fold(CallState::default(), |state, command| {
            Call::decide(&state, command).unwrap().iter().fold(state, Call::evolve)
        })
    }

    #[test]
    fn answers_stand_at_the_place_of_their_request_whatever_order_they_came_in() {
        let state = after(&[record(2), record(0)]);
        let there: Vec<bool> = state.answered().iter().map(Option::is_some).collect();
        assert_eq!(there, [true, false, true]);
        assert_eq!(Call::decide(&state, &record(2)).unwrap(), vec![], "the first answer stays");
        assert_eq!(Call::decide(&state, &record(16)), Err(CallRejection::TooMany(16)));
    }

    #[test]
    fn what_has_ended_begins_anew() {
        let state = after(&[record(0), end()]);
        assert_eq!((state.answered().len(), state.ended()), (0, 1));
        assert_eq!(Call::decide(&state, &end()).unwrap(), vec![], "there is nothing to end");
        assert_eq!(Call::decide(&state, &record(0)).unwrap().len(), 1);
    }
}
