//! Breakers: when the house stopped asking somebody outside who did not answer, and when it went on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Decider, StreamName, event::domain_events};

domain_events! {
    /// What happens to a breaker.
    pub enum BreakerEvent {
        BreakerOpened = 1,
        BreakerClosed = 1,
    }
}

/// Nobody is asked for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerOpened {
    /// Whose breaker: `model.default`.
    pub name: String,
    /// Calls in a row that failed.
    pub failures: u32,
    /// For how long, until one call tries again.
    pub pause_seconds: u64,
    /// When.
    pub opened_at: Timestamp,
}

/// A call that tried again was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerClosed {
    /// Whose breaker.
    pub name: String,
    /// When.
    pub closed_at: Timestamp,
}

/// What is to be recorded of a breaker.
#[derive(Clone, Debug)]
pub enum BreakerCommand {
    /// It opened, or opened again after a try.
    Open(BreakerOpened),
    /// It closed.
    Close(BreakerClosed),
}

/// What is known of a breaker. Each process has breakers of its own: this is what the last of them told.
#[derive(Clone, Debug, Default)]
pub struct BreakerState {
    opened: Option<BreakerOpened>,
}

impl BreakerState {
    /// How it was opened last, where it was not closed since.
    pub fn opened(&self) -> Option<&BreakerOpened> {
        self.opened.as_ref()
    }
}

/// The rules of breakers.
pub struct Breaker;

impl Breaker {
    /// The stream of the breaker called `name`.
    pub fn stream_of(name: &str) -> StreamName {
        StreamName::of("breaker", name)
    }
}

impl Decider for Breaker {
    type Command = BreakerCommand;
    type Event = BreakerEvent;
    type State = BreakerState;
    type Rejection = std::convert::Infallible;

    fn name(command: &BreakerCommand) -> &'static str {
        match command {
            BreakerCommand::Open(_) => "OpenBreaker",
            BreakerCommand::Close(_) => "CloseBreaker",
        }
    }

    fn stream(command: &BreakerCommand) -> StreamName {
        Self::stream_of(match command {
            BreakerCommand::Open(event) => &event.name,
            BreakerCommand::Close(event) => &event.name,
        })
    }

    /// That a closed one closes is nothing new: another process may have told it.
    fn decide(state: &BreakerState, command: &BreakerCommand) -> Result<Vec<BreakerEvent>, Self::Rejection> {
        Ok(match command {
            BreakerCommand::Open(event) => vec![event.clone().into()],
            BreakerCommand::Close(_) if state.opened.is_none() => vec![],
            BreakerCommand::Close(event) => vec![event.clone().into()],
        })
    }

    fn evolve(_: BreakerState, event: &BreakerEvent) -> BreakerState {
        match event {
            BreakerEvent::BreakerOpened(event) => BreakerState { opened: Some(event.clone()) },
            BreakerEvent::BreakerClosed(_) => BreakerState::default(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_once_and_only_after_it_opened() {
        let at = Timestamp::UNIX_EPOCH;
        let open = BreakerCommand::Open(BreakerOpened {
            name: "model.default".into(),
            failures: 3,
            pause_seconds: 30,
            opened_at: at,
        });
        let close = BreakerCommand::Close(BreakerClosed { name: "model.default".into(), closed_at: at });
        let closed = BreakerState::default();
        assert_eq!(Breaker::decide(&closed, &close).unwrap(), []);
        let events = Breaker::decide(&closed, &open).unwrap();
        let opened = events.iter().fold(closed, Breaker::evolve);
        assert_eq!(opened.opened().unwrap().pause_seconds, 30);
        let events = Breaker::decide(&opened, &close).unwrap();
        assert!(events.iter().fold(opened, Breaker::evolve).opened().is_none());
    }
}
