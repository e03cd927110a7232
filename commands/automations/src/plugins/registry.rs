//! Installs, activates and finds strategies.

use std::sync::Arc;

use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Actor, Clock, Codec, SharedEventStore};
use chronogram_model::{
    Origin,
    plugin::{
        Plugin, PluginActivated, PluginCommand, PluginFaulted, PluginInstalled, PluginRejection, PluginState,
        PluginTrialPassed,
    },
};
use chronogram_plugin_host::{Fault, Limits, LoadError, PluginDigest, PluginHost, Strategy, TrialError, World};
use chronogram_strategies::{BuiltIn, built_in};
use sqlx::PgPool;

use super::artifacts;

/// The version of the WIT package that this release runs.
pub const WIT_VERSION: &str = "0.1.0";

/// The configuration of a strategy that was activated with none: an empty object.
const NO_CONFIG: &str = "{}";

/// Knows every strategy.
pub struct PluginRegistry {
    pool: PgPool,
    host: PluginHost,
    handler: Handler<Plugin>,
    clock: Arc<dyn Clock>,
}

/// A strategy that decides, loaded.
#[derive(Clone)]
pub struct ActiveStrategy {
    /// The plugin's name.
    pub name: String,
    /// Its code.
    pub strategy: Arc<Strategy>,
    /// Its configuration, canonical JSON.
    pub config: String,
}

/// Why a plugin is not installed, activated or found.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Nothing of this name decides.
    #[error("no plugin {0} is active")]
    NotActive(String),
    /// The log knows the artifact, the table does not.
    #[error("the artifact {digest} of plugin {name} is gone from plugin.artifact; install it again")]
    ArtifactMissing {
        /// The plugin's name.
        name: String,
        /// Its digest.
        digest: String,
    },
    /// The artifact calls itself something else.
    #[error("the artifact calls itself {actual}, not {expected}")]
    OtherName {
        /// The name it was installed under.
        expected: String,
        /// The name it gives itself.
        actual: String,
    },
    /// The host refuses the artifact.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It failed its trial run.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The log or the domain refuses.
    #[error(transparent)]
    Handle(#[from] HandleError<PluginRejection>),
    /// The table of artifacts failed.
    #[error("the table of artifacts failed")]
    Database(#[from] sqlx::Error),
}

impl PluginRegistry {
    /// A registry on this log and this database.
    pub fn new(
        pool: PgPool,
        host: PluginHost,
        store: SharedEventStore,
        codec: Arc<Codec>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { pool, host, handler: Handler::new(store, codec), clock }
    }

    /// Installs and activates each built-in strategy whose artifact is not the active one.
    pub async fn ensure_built_in(&self) -> Result<(), PluginError> {
        for built_in in built_in() {
            self.ensure(built_in).await?;
        }
        Ok(())
    }

    async fn ensure(&self, built_in: &BuiltIn) -> Result<(), PluginError> {
        let digest = PluginDigest::of(built_in.wasm);
        let state = self.state(built_in.name).await?;
        if state.active().is_some_and(|active| active.digest == digest.as_str()) {
            return Ok(());
        }
        self.install(built_in.name, built_in.wasm).await?;
        self.activate(built_in.name, &digest).await
    }

    /// Takes an artifact in: load it, let it pass its trial, keep its bytes, then say so in the log.
    async fn install(&self, name: &str, wasm: &[u8]) -> Result<(), PluginError> {
        let strategy = self.host.load(wasm).await?;
        let descriptor = strategy.descriptor();
        if descriptor.name != name {
            return Err(PluginError::OtherName { expected: name.to_owned(), actual: descriptor.name.clone() });
        }
        let trial = strategy.trial().await?;
        // Bytes first: an event must never speak of an artifact that is nowhere.
        artifacts::keep(&self.pool, strategy.digest(), wasm).await?;
        let (now, digest) = (self.clock.now(), strategy.digest().to_string());
        let installed = PluginInstalled {
            name: name.to_owned(),
            version: descriptor.version.clone(),
            digest: digest.clone(),
            size_bytes: wasm.len() as u64,
            world: match strategy.world() {
                World::Profile => "profile-strategy".to_owned(),
                World::Alert => "alert-strategy".to_owned(),
            },
            wit_version: WIT_VERSION.to_owned(),
            wants: descriptor.wants.clone(),
            summary: descriptor.summary.clone(),
            installed_at: now,
        };
        let trial =
            PluginTrialPassed { name: name.to_owned(), digest: digest.clone(), fuel: trial.fuel_used, passed_at: now };
        self.handle(PluginCommand::Install { installed, trial }, &["install", &digest]).await
    }

    async fn activate(&self, name: &str, digest: &PluginDigest) -> Result<(), PluginError> {
        let now = self.clock.now();
        let activated = PluginActivated {
            name: name.to_owned(),
            digest: digest.to_string(),
            config: NO_CONFIG.to_owned(),
            grants: Vec::new(),
            activated_at: now,
        };
        // The time is part of the origin: going back to an earlier digest is a new command, not a repeat.
        self.handle(PluginCommand::Activate(activated), &["activate", digest.as_str(), &now.to_string()]).await
    }

    /// The strategy of this name that decides now, loaded.
    pub async fn active(&self, name: &str) -> Result<ActiveStrategy, PluginError> {
        let state = self.state(name).await?;
        let active = state.active().ok_or_else(|| PluginError::NotActive(name.to_owned()))?;
        let wasm = artifacts::read(&self.pool, &active.digest)
            .await?
            .ok_or_else(|| PluginError::ArtifactMissing { name: name.to_owned(), digest: active.digest.clone() })?;
        let strategy = self.host.load(&wasm).await?;
        Ok(ActiveStrategy { name: name.to_owned(), strategy, config: active.config.clone() })
    }

    /// What a call may take.
    pub(crate) fn limits(&self) -> &Limits {
        self.host.limits()
    }

    /// Records that a call of `active` ended in a fault.
    pub(crate) async fn record_fault(
        &self,
        active: &ActiveStrategy,
        fault: &Fault,
        call: &[&str],
    ) -> Result<(), PluginError> {
        let faulted = PluginFaulted {
            name: active.name.clone(),
            digest: active.strategy.digest().to_string(),
            fault: fault.kind().to_owned(),
            faulted_at: self.clock.now(),
        };
        let origin: Vec<&str> = ["fault"].iter().chain(call).copied().collect();
        self.handle(PluginCommand::RecordFault(faulted), &origin).await
    }

    async fn state(&self, name: &str) -> Result<PluginState, PluginError> {
        Ok(self.handler.state(&Plugin::stream_of(name)).await?)
    }

    async fn handle(&self, command: PluginCommand, origin: &[&str]) -> Result<(), PluginError> {
        let origin: Vec<&str> = ["plugins"].iter().chain(origin).copied().collect();
        let context = Context::new(Origin::of(&origin), Actor::Automation("plugins".to_owned()));
        self.handler.handle(&command, &context).await?;
        Ok(())
    }
}
