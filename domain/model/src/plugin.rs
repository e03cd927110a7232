//! Plugins: which artifact of a name is installed and which one decides. Activation is a pointer to a digest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Decider, StreamName, event::domain_events};

domain_events! {
    /// What happens to a plugin.
    pub enum PluginEvent {
        PluginInstalled = 1,
        PluginTrialPassed = 1,
        PluginActivated = 1,
        PluginDeactivated = 1,
        PluginFaulted = 1,
    }
}

/// What decided, and the fingerprint of that execution: the same input gives the same hashes and fuel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginStamp {
    /// The plugin's name.
    pub name: String,
    /// sha256 of the artifact, in hex: the identity of the code.
    pub digest: String,
    /// Version of the WIT package it was built for.
    pub wit_version: String,
    /// Hash of the input.
    pub input_hash: String,
    /// Hash of the recorded effects it was given.
    pub journal_hash: String,
    /// Hash of what it answered.
    pub output_hash: String,
    /// Fuel it used.
    pub fuel: u64,
}

/// An artifact was accepted and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginInstalled {
    /// The plugin's name.
    pub name: String,
    /// Its own version, as it says.
    pub version: String,
    /// sha256 of the artifact, in hex.
    pub digest: String,
    /// Size of the artifact in bytes.
    pub size_bytes: u64,
    /// `profile-strategy` or `alert-strategy`.
    pub world: String,
    /// Version of the WIT package it was built for.
    pub wit_version: String,
    /// Effects it may ask for.
    pub wants: Vec<String>,
    /// What it says of itself.
    pub summary: String,
    /// When.
    pub installed_at: Timestamp,
}

/// The artifact ran twice on a sample with the same answer and the same fuel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginTrialPassed {
    /// The plugin's name.
    pub name: String,
    /// Which artifact.
    pub digest: String,
    /// Fuel of one run.
    pub fuel: u64,
    /// When.
    pub passed_at: Timestamp,
}

/// From here on this artifact decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginActivated {
    /// The plugin's name.
    pub name: String,
    /// Which artifact.
    pub digest: String,
    /// Its configuration, canonical JSON.
    pub config: String,
    /// Effects it is granted.
    pub grants: Vec<String>,
    /// When.
    pub activated_at: Timestamp,
}

/// From here on nothing of this name decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginDeactivated {
    /// The plugin's name.
    pub name: String,
    /// When.
    pub deactivated_at: Timestamp,
}

/// A call of the plugin ended in a fault; only that call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFaulted {
    /// The plugin's name.
    pub name: String,
    /// Which artifact.
    pub digest: String,
    /// The kind: `out_of_fuel`, `trap`, …
    pub fault: String,
    /// When.
    pub faulted_at: Timestamp,
}

/// The artifact of a plugin that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePlugin {
    /// sha256 of the artifact, in hex.
    pub digest: String,
    /// Its configuration, canonical JSON.
    pub config: String,
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
    /// Record a fault.
    RecordFault(PluginFaulted),
}

/// What the rules need to know of a plugin.
#[derive(Clone, Debug, Default)]
pub struct PluginState {
    installed: Vec<String>,
    active: Option<ActivePlugin>,
}

impl PluginState {
    /// The artifact that decides, if any.
    pub fn active(&self) -> Option<&ActivePlugin> {
        self.active.as_ref()
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
            PluginCommand::RecordFault(_) => "RecordPluginFault",
        }
    }

    fn stream(command: &PluginCommand) -> StreamName {
        Self::stream_of(match command {
            PluginCommand::Install { installed, .. } => &installed.name,
            PluginCommand::Activate(event) => &event.name,
            PluginCommand::Deactivate(event) => &event.name,
            PluginCommand::RecordFault(event) => &event.name,
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
            PluginCommand::RecordFault(event) => Ok(vec![event.clone().into()]),
        }
    }

    fn evolve(mut state: PluginState, event: &PluginEvent) -> PluginState {
        match event {
            PluginEvent::PluginInstalled(event) => state.installed.push(event.digest.clone()),
            PluginEvent::PluginActivated(event) => {
                state.active = Some(ActivePlugin { digest: event.digest.clone(), config: event.config.clone() });
            }
            PluginEvent::PluginDeactivated(_) => state.active = None,
            PluginEvent::PluginTrialPassed(_) | PluginEvent::PluginFaulted(_) => {}
        }
        state
    }
}

impl PluginState {
    fn activate(&self, event: &PluginActivated) -> Result<Vec<PluginEvent>, PluginRejection> {
        let wanted = ActivePlugin { digest: event.digest.clone(), config: event.config.clone() };
        if !self.installed.contains(&event.digest) {
            Err(PluginRejection::NotInstalled { name: event.name.clone(), digest: event.digest.clone() })
        } else if self.active.as_ref() == Some(&wanted) {
            Ok(vec![])
        } else {
            Ok(vec![event.clone().into()])
        }
    }
}

#[cfg(test)]
#[path = "plugin_tests.rs"]
mod tests;
