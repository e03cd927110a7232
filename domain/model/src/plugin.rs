//! Plugins: which artifact of a name is installed and which one decides. Activation is a pointer to a digest, a
//! configuration and grants; what was pointed to before is remembered, so going back is one event.

mod events;

pub use events::{
    CallStamp, PluginActivated, PluginDeactivated, PluginEvent, PluginFaulted, PluginInstalled, PluginQuarantined,
    PluginRemoved, PluginRolledBack, PluginStamp, PluginTrialPassed,
};

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{Decider, StreamName};

/// Faults in a row after which an artifact decides no more: one may be an odd input, three are the artifact.
pub const FAULTS_IN_A_ROW: u32 = 3;
/// Activations remembered for going back.
const REMEMBERED: usize = 16;

/// A pointer to what decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePlugin {
    /// sha256 of the artifact, in hex.
    pub digest: String,
    /// Its configuration, canonical JSON.
    pub config: String,
    /// Effects it is granted.
    pub grants: Vec<String>,
}

/// What may be done about a plugin.
#[derive(Clone, Debug)]
pub enum PluginCommand {
    /// Keep an artifact that passed its trial.
    Install {
        /// What was installed.
        installed: PluginInstalled,
        /// How its trial went.
        trial: PluginTrialPassed,
    },
    /// Let an artifact decide.
    Activate(PluginActivated),
    /// Let nothing of this name decide.
    Deactivate(PluginDeactivated),
    /// Record a fault, the so-many-th in a row of this artifact.
    RecordFault {
        /// The fault.
        faulted: PluginFaulted,
        /// How many there were without a good call between them, this one included.
        in_a_row: u32,
    },
    /// Let decide what decided before.
    RollBack {
        /// The plugin's name.
        name: String,
        /// When.
        at: Timestamp,
    },
    /// Keep an artifact no more.
    Remove(PluginRemoved),
}

/// What the rules need to know of a plugin.
#[derive(Clone, Debug, Default)]
pub struct PluginState {
    installed: Vec<String>,
    quarantined: BTreeSet<String>,
    ever_active: BTreeSet<String>,
    active: Option<ActivePlugin>,
    /// An operator let nothing of this name decide, and nobody changed that since.
    switched_off: bool,
    before: Vec<ActivePlugin>,
}

impl PluginState {
    /// The artifact that decides, if any.
    pub fn active(&self) -> Option<&ActivePlugin> {
        self.active.as_ref()
    }

    /// The artifacts that are kept, oldest first.
    pub fn installed(&self) -> &[String] {
        &self.installed
    }

    /// Whether this artifact was put aside for its faults.
    pub fn is_quarantined(&self, digest: &str) -> bool {
        self.quarantined.contains(digest)
    }

    /// Whether this artifact decides or ever did.
    pub fn was_active(&self, digest: &str) -> bool {
        self.ever_active.contains(digest)
    }

    /// Whether an operator let nothing of this name decide.
    pub fn is_switched_off(&self) -> bool {
        self.switched_off
    }

    /// What decided last before now, is still there, and was not put aside.
    fn last_good(&self, but: Option<&str>) -> Option<&ActivePlugin> {
        self.before.iter().rev().find(|earlier| {
            self.active.as_ref() != Some(*earlier)
                && but != Some(earlier.digest.as_str())
                && self.installed.contains(&earlier.digest)
                && !self.quarantined.contains(&earlier.digest)
        })
    }

    fn point_to(&mut self, pointer: ActivePlugin) {
        self.quarantined.remove(&pointer.digest);
        self.ever_active.insert(pointer.digest.clone());
        self.remember();
        self.switched_off = false;
        self.active = Some(pointer);
    }

    fn remember(&mut self) {
        self.before.extend(self.active.take());
        let surplus = self.before.len().saturating_sub(REMEMBERED);
        self.before.drain(..surplus);
    }
}

/// Why nothing is done about a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginRejection {
    /// The artifact was never installed.
    #[error("plugin {name} has no installed artifact {digest}")]
    NotInstalled {
        /// The plugin's name.
        name: String,
        /// Which artifact.
        digest: String,
    },
    /// Nothing of this name is active.
    #[error("plugin {name} is not active")]
    NotActive {
        /// The plugin's name.
        name: String,
    },
    /// There is nothing to go back to.
    #[error("nothing that decided for plugin {name} before is still installed and in good standing")]
    NothingBefore {
        /// The plugin's name.
        name: String,
    },
    /// It decides.
    #[error("artifact {digest} of plugin {name} decides; deactivate it or activate another one first")]
    StillActive {
        /// The plugin's name.
        name: String,
        /// Which artifact.
        digest: String,
    },
}

/// The rules of plugins.
pub struct Plugin;

impl Plugin {
    /// The stream of the plugin called `name`.
    pub fn stream_of(name: &str) -> StreamName {
        StreamName::of("plugin", name)
    }
}

impl Decider for Plugin {
    type Command = PluginCommand;
    type Event = PluginEvent;
    type State = PluginState;
    type Rejection = PluginRejection;

    fn name(command: &PluginCommand) -> &'static str {
        match command {
            PluginCommand::Install { .. } => "InstallPlugin",
            PluginCommand::Activate(_) => "ActivatePlugin",
            PluginCommand::Deactivate(_) => "DeactivatePlugin",
            PluginCommand::RecordFault { .. } => "RecordPluginFault",
            PluginCommand::RollBack { .. } => "RollBackPlugin",
            PluginCommand::Remove(_) => "RemovePlugin",
        }
    }

    fn stream(command: &PluginCommand) -> StreamName {
        Self::stream_of(match command {
            PluginCommand::Install { installed, .. } => &installed.name,
            PluginCommand::Activate(event) => &event.name,
            PluginCommand::Deactivate(event) => &event.name,
            PluginCommand::RecordFault { faulted, .. } => &faulted.name,
            PluginCommand::RollBack { name, .. } => name,
            PluginCommand::Remove(event) => &event.name,
        })
    }

    fn decide(state: &PluginState, command: &PluginCommand) -> Result<Vec<PluginEvent>, PluginRejection> {
        match command {
            PluginCommand::Install { installed, .. } if state.installed.contains(&installed.digest) => Ok(vec![]),
            PluginCommand::Install { installed, trial } => Ok(vec![installed.clone().into(), trial.clone().into()]),
            PluginCommand::Activate(event) => state.activate(event),
            PluginCommand::Deactivate(event) if state.active.is_none() => {
                Err(PluginRejection::NotActive { name: event.name.clone() })
            }
            PluginCommand::Deactivate(event) => Ok(vec![event.clone().into()]),
            PluginCommand::RecordFault { faulted, in_a_row } => Ok(state.fault(faulted, *in_a_row)),
            PluginCommand::RollBack { name, at } => match state.last_good(None) {
                Some(earlier) => Ok(vec![back_to(earlier, name, *at)]),
                None => Err(PluginRejection::NothingBefore { name: name.clone() }),
            },
            PluginCommand::Remove(event) => state.remove(event),
        }
    }

    fn evolve(mut state: PluginState, event: &PluginEvent) -> PluginState {
        match event {
            PluginEvent::PluginInstalled(event) => state.installed.push(event.digest.clone()),
            PluginEvent::PluginActivated(event) => state.point_to(pointer(&event.digest, &event.config, &event.grants)),
            PluginEvent::PluginDeactivated(_) => {
                state.remember();
                state.switched_off = true;
            }
            PluginEvent::PluginQuarantined(event) => {
                if state.active.as_ref().is_some_and(|active| active.digest == event.digest) {
                    state.active = None;
                }
                state.quarantined.insert(event.digest.clone());
            }
            PluginEvent::PluginRolledBack(event) => {
                let pointer = pointer(&event.digest, &event.config, &event.grants);
                // Going back twice goes back two steps, not there and back again.
                state.active = None;
                if let Some(at) = state.before.iter().rposition(|earlier| *earlier == pointer) {
                    state.before.truncate(at);
                }
                state.point_to(pointer);
            }
            PluginEvent::PluginRemoved(event) => {
                state.installed.retain(|digest| *digest != event.digest);
                state.before.retain(|earlier| earlier.digest != event.digest);
                state.quarantined.remove(&event.digest);
            }
            PluginEvent::PluginTrialPassed(_) | PluginEvent::PluginFaulted(_) => {}
        }
        state
    }
}

impl PluginState {
    fn activate(&self, event: &PluginActivated) -> Result<Vec<PluginEvent>, PluginRejection> {
        let wanted = pointer(&event.digest, &event.config, &event.grants);
        if !self.installed.contains(&event.digest) {
            Err(PluginRejection::NotInstalled { name: event.name.clone(), digest: event.digest.clone() })
        } else if self.active.as_ref() == Some(&wanted) {
            Ok(vec![])
        } else {
            Ok(vec![event.clone().into()])
        }
    }

    /// A fault of an artifact that decides no more, of a call that was in flight, says nothing about the one that does.
    fn fault(&self, faulted: &PluginFaulted, in_a_row: u32) -> Vec<PluginEvent> {
        let mut events = vec![faulted.clone().into()];
        let decides = self.active.as_ref().is_some_and(|active| active.digest == faulted.digest);
        if decides && in_a_row >= FAULTS_IN_A_ROW {
            let (name, digest, at) = (faulted.name.clone(), faulted.digest.clone(), faulted.faulted_at);
            events.push(PluginQuarantined { name, digest, faults: in_a_row, quarantined_at: at }.into());
            let good = self.last_good(Some(&faulted.digest));
            events.extend(good.map(|earlier| back_to(earlier, &faulted.name, at)));
        }
        events
    }

    fn remove(&self, event: &PluginRemoved) -> Result<Vec<PluginEvent>, PluginRejection> {
        let (name, digest) = (event.name.clone(), event.digest.clone());
        if !self.installed.contains(&digest) {
            Err(PluginRejection::NotInstalled { name, digest })
        } else if self.active.as_ref().is_some_and(|active| active.digest == digest) {
            Err(PluginRejection::StillActive { name, digest })
        } else {
            Ok(vec![event.clone().into()])
        }
    }
}

fn pointer(digest: &str, config: &str, grants: &[String]) -> ActivePlugin {
    ActivePlugin { digest: digest.to_owned(), config: config.to_owned(), grants: grants.to_vec() }
}

fn back_to(earlier: &ActivePlugin, name: &str, at: Timestamp) -> PluginEvent {
    let ActivePlugin { digest, config, grants } = earlier.clone();
    PluginRolledBack { name: name.to_owned(), digest, config, grants, rolled_back_at: at }.into()
}

#[cfg(test)]
#[path = "plugin_tests.rs"]
mod tests;
