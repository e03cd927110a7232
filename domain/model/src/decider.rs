//! The decider: three pure functions that hold all rules of one kind of stream.

use crate::{DomainEvent, StreamName};

/// A pure decision: everything it needs is in the command or the state.
///
/// Tests read given (events) / when (command) / then (events or rejection).
pub trait Decider: Send + Sync + 'static {
    /// What somebody wants to happen.
    type Command: Send + Sync;
    /// What happened.
    type Event: DomainEvent;
    /// What the rules need to know of the past; bounded in size.
    type State: Default + Clone + Send + Sync + 'static;
    /// Why the domain says no.
    type Rejection: std::error::Error + Clone + Send + Sync + 'static;

    /// The kind of the command, in the words of the domain (`RecordMessage`); part of its id.
    fn name(command: &Self::Command) -> &'static str;
    /// The stream that this command is about.
    fn stream(command: &Self::Command) -> StreamName;
    /// The events that follow, none when nothing is new, or the reason why not.
    fn decide(state: &Self::State, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;
    /// The state after `event`. Total: every event that was ever stored is accepted.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}
