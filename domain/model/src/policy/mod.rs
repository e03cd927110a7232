//! Fill policies: whose profiles are filled by which strategy, and when, without anybody asking each time. All of them are
//! one stream, so that their number has a limit and the automation that keeps to them reads one state.
//!
//! Three are there before anybody set one ([`shipped`]); an operator's word about a policy takes their place.

mod definition;
mod schedule;
#[cfg(test)]
#[path = "tests.rs"]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use definition::{Audience, FillPolicy, PolicyFault, PolicyName, WantedProfiles, shipped};
pub use schedule::Schedule;

use crate::{Decider, StreamName, event::domain_events};

/// Policies at the same time: each is a run of its own, one after the other.
pub const POLICIES_MAX: usize = 50;

domain_events! {
    /// What happens to fill policies.
    pub enum PolicyEvent {
        FillPolicySet = 1,
        FillPolicyRemoved = 1,
    }
}

/// From here on this policy holds, in place of one of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillPolicySet {
    /// The whole policy.
    pub policy: FillPolicy,
    /// When.
    pub set_at: Timestamp,
}

/// From here on there is no policy of this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillPolicyRemoved {
    /// Its name.
    pub name: PolicyName,
    /// When.
    pub removed_at: Timestamp,
}

/// What may be done about policies.
#[derive(Clone, Debug)]
pub enum PolicyCommand {
    /// Let a policy hold.
    Set(FillPolicySet),
    /// Let a policy rest, or hold again, as it is.
    Switch {
        /// Its name.
        name: PolicyName,
        /// Whether it holds.
        enabled: bool,
        /// When.
        at: Timestamp,
    },
    /// Drop a policy.
    Remove(FillPolicyRemoved),
}

/// A policy, and whose word it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPolicy {
    /// The policy.
    pub policy: FillPolicy,
    /// It came with the program; no operator said anything about it.
    pub shipped: bool,
}

/// Every policy that is kept, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyState(BTreeMap<PolicyName, KeptPolicy>);

impl Default for PolicyState {
    fn default() -> Self {
        let kept = |policy: FillPolicy| (policy.name.clone(), KeptPolicy { policy, shipped: true });
        Self(shipped().into_iter().map(kept).collect())
    }
}

impl PolicyState {
    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &KeptPolicy> {
        self.0.values()
    }

    /// The one of this name.
    pub fn get(&self, name: &PolicyName) -> Option<&KeptPolicy> {
        self.0.get(name)
    }
}

/// Why nothing is done about a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRejection {
    /// It is not as a policy has to be.
    #[error(transparent)]
    Invalid(#[from] PolicyFault),
    /// There are too many.
    #[error("there are {POLICIES_MAX} policies already; remove one first")]
    TooMany,
    /// There is none of this name.
    #[error("there is no policy {name}; `chronogram profiles policies list` shows which there are")]
    Unknown {
        /// The name.
        name: PolicyName,
    },
}

/// The rules of fill policies.
pub struct FillPolicies;

impl FillPolicies {
    /// The stream of all of them.
    pub fn stream_name() -> StreamName {
        StreamName::of("policies", "fill")
    }
}

impl Decider for FillPolicies {
    type Command = PolicyCommand;
    type Event = PolicyEvent;
    type State = PolicyState;
    type Rejection = PolicyRejection;

    fn name(command: &PolicyCommand) -> &'static str {
        match command {
            PolicyCommand::Set(_) => "SetFillPolicy",
            PolicyCommand::Switch { .. } => "SwitchFillPolicy",
            PolicyCommand::Remove(_) => "RemoveFillPolicy",
        }
    }

    fn stream(_: &PolicyCommand) -> StreamName {
        Self::stream_name()
    }

    fn decide(state: &PolicyState, command: &PolicyCommand) -> Result<Vec<PolicyEvent>, PolicyRejection> {
        let unknown = |name: &PolicyName| PolicyRejection::Unknown { name: name.clone() };
        match command {
            PolicyCommand::Set(set) => {
                set.policy.check()?;
                if state.get(&set.policy.name).is_none() && state.0.len() >= POLICIES_MAX {
                    return Err(PolicyRejection::TooMany);
                }
                Ok(state.set(set.clone()))
            }
            PolicyCommand::Switch { name, enabled, at } => {
                let kept = state.get(name).ok_or_else(|| unknown(name))?;
                let policy = FillPolicy { enabled: *enabled, ..kept.policy.clone() };
                Ok(state.set(FillPolicySet { policy, set_at: *at }))
            }
            PolicyCommand::Remove(removed) if state.get(&removed.name).is_none() => Err(unknown(&removed.name)),
            PolicyCommand::Remove(removed) => Ok(vec![removed.clone().into()]),
        }
    }

    fn evolve(mut state: PolicyState, event: &PolicyEvent) -> PolicyState {
        match event {
            PolicyEvent::FillPolicySet(set) => {
                let kept = KeptPolicy { policy: set.policy.clone(), shipped: false };
                state.0.insert(set.policy.name.clone(), kept);
            }
            PolicyEvent::FillPolicyRemoved(removed) => {
                state.0.remove(&removed.name);
            }
        }
        state
    }
}

impl PolicyState {
    /// Said again by an operator, what came with the program is the operator's word: that is news.
    fn set(&self, set: FillPolicySet) -> Vec<PolicyEvent> {
        let says_nothing_new =
            self.get(&set.policy.name).is_some_and(|kept| !kept.shipped && kept.policy == set.policy);
        if says_nothing_new { Vec::new() } else { vec![set.into()] }
    }
}
