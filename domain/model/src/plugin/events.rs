//! What is recorded of a plugin.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::domain_events;

domain_events! {
    /// What happens to a plugin.
    pub enum PluginEvent {
        PluginInstalled = 2,
        PluginTrialPassed = 1,
        PluginActivated = 1,
        PluginDeactivated = 1,
        PluginFaulted = 1,
        PluginQuarantined = 1,
        PluginRolledBack = 1,
        PluginRemoved = 1,
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
    /// What the call was told beside its input; absent where an older release decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallStamp>,
}

/// What a call was told beside its input and what its input was made from: who has this can make the same call again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStamp {
    /// Its randomness, made of ids alone.
    pub seed: String,
    /// Its time.
    pub called_at: Timestamp,
    /// What its input was made from, with versions: `input 2, people 3, conversations 3`.
    pub made_from: String,
    /// The call whose stream holds the effects it was given, where it could ask for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Uuid>,
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
    /// Name of the trusted key that signed it; none for what ships with the program, and where an operator allowed
    /// an unsigned one.
    #[serde(default)]
    pub signed_by: Option<String>,
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

/// The artifact faulted too often in a row; it decides no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginQuarantined {
    /// The plugin's name.
    pub name: String,
    /// Which artifact.
    pub digest: String,
    /// How many faults there were in a row.
    pub faults: u32,
    /// When.
    pub quarantined_at: Timestamp,
}

/// An activation from before decides again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRolledBack {
    /// The plugin's name.
    pub name: String,
    /// Which artifact decides now.
    pub digest: String,
    /// Its configuration, canonical JSON.
    pub config: String,
    /// Effects it is granted.
    pub grants: Vec<String>,
    /// When.
    pub rolled_back_at: Timestamp,
}

/// The bytes of an artifact are kept no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRemoved {
    /// The plugin's name.
    pub name: String,
    /// Which artifact.
    pub digest: String,
    /// When.
    pub removed_at: Timestamp,
}
