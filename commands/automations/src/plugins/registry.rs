//! Activates, finds and puts aside strategies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chronogram_handlers::{Context, HandleError, Handler};
use chronogram_log::{Actor, Clock, Codec, DecodeError, SharedEventStore, StoreError};
use chronogram_model::{
    Origin,
    plugin::{
        ActivePlugin, Plugin, PluginActivated, PluginCommand, PluginDeactivated, PluginFaulted, PluginRejection,
        PluginRemoved, PluginState,
    },
};
use chronogram_plugin_host::{
    BadConfig, BadDescriptor, BadGrant, BadSignature, ConfigSchema, Descriptor, Fault, Grants, Limits, LoadError,
    PluginDigest, PluginHost, Strategy, TrialError,
};
use chronogram_strategies::{BuiltIn, built_in};
use sqlx::PgPool;

use super::{Installation, artifacts};

/// The configuration of a strategy that was activated with none: an empty object.
pub(crate) const NO_CONFIG: &str = "{}";
/// Strategies kept loaded; more decide nowhere at once.
const LOADED: usize = 32;

/// Knows every strategy.
pub struct PluginRegistry {
    pub(super) pool: PgPool,
    pub(super) host: PluginHost,
    pub(super) store: SharedEventStore,
    pub(super) codec: Arc<Codec>,
    handler: Handler<Plugin>,
    pub(super) clock: Arc<dyn Clock>,
    loaded: Mutex<HashMap<String, Arc<Strategy>>>,
    /// Faults since the last good call, by digest; of this process, which is where calls are in a row.
    faults: Mutex<HashMap<String, u32>>,
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
    /// Effects it is granted.
    pub grants: Grants,
}

/// Why a plugin is not installed, activated or found.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Nothing of this name decides.
    #[error("no plugin {0} is active")]
    NotActive(String),
    /// Nothing of this name is installed.
    #[error("no plugin {0} is installed; `chronogram plugins list` shows what is")]
    Unknown(String),
    /// No artifact, or several, begin so.
    #[error("{count} artifacts of plugin {name} have a digest that begins with {digest:?}; it takes exactly one")]
    Ambiguous {
        /// The plugin's name.
        name: String,
        /// What was given.
        digest: String,
        /// How many there are.
        count: usize,
    },
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
    /// It is not signed as it has to be.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// The host refuses the artifact.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It failed its trial run.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The configuration is not what the strategy asks for.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The strategy's schema cannot be used.
    #[error(transparent)]
    Schema(#[from] BadDescriptor),
    /// A grant that cannot be given.
    #[error(transparent)]
    Grant(#[from] BadGrant),
    /// The log or the domain refuses.
    #[error(transparent)]
    Handle(#[from] HandleError<PluginRejection>),
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The tables of plugins failed.
    #[error("the tables of plugins failed")]
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
        let handler = Handler::new(store.clone(), codec.clone());
        Self { pool, host, store, codec, handler, clock, loaded: Mutex::default(), faults: Mutex::default() }
    }

    /// Installs each built-in strategy whose artifact is new, and lets it decide. One that decided before stands as
    /// operators and its own faults left it; of one that an operator switched off, a new build is installed only.
    pub async fn ensure_built_in(&self) -> Result<(), PluginError> {
        for built_in in built_in() {
            self.ensure(built_in).await?;
        }
        Ok(())
    }

    async fn ensure(&self, built_in: &BuiltIn) -> Result<(), PluginError> {
        let digest = PluginDigest::of(built_in.wasm);
        let state = self.state(built_in.name).await?;
        let is_there = state.installed().iter().any(|installed| *installed == digest.as_str());
        if state.was_active(digest.as_str()) || (state.is_switched_off() && is_there) {
            return Ok(());
        }
        self.take_in(Some(built_in.name), built_in.wasm, &Installation::default(), None).await?;
        // Whoever switched it off switches it on: a newer build is no reason to.
        if state.is_switched_off() {
            return Ok(());
        }
        let strategy = self.loaded(built_in.name, digest.as_str()).await?;
        let before = state.active().and_then(|before| carried_over(before, strategy.descriptor()));
        let (config, grants) = before.unwrap_or_else(|| {
            (built_in.config.to_owned(), built_in.grants.iter().map(|&grant| grant.to_owned()).collect())
        });
        self.point_to(built_in.name, digest.as_str(), config, grants).await
    }

    /// Lets an artifact decide: the one whose digest begins so, or the newest.
    pub async fn activate(
        &self,
        name: &str,
        digest: Option<&str>,
        config: Option<&str>,
        grants: &[String],
    ) -> Result<ActivePlugin, PluginError> {
        let digest = self.digest_of(name, digest).await?;
        let strategy = self.loaded(name, &digest).await?;
        let descriptor = strategy.descriptor();
        let config = ConfigSchema::of(&descriptor.config_schema)?.check(config.unwrap_or(NO_CONFIG))?;
        let grants = Grants::of(grants, descriptor)?.as_texts();
        self.point_to(name, &digest, config.clone(), grants.clone()).await?;
        Ok(ActivePlugin { digest, config, grants })
    }

    /// The installed artifact whose digest begins so, or the newest.
    pub(crate) async fn digest_of(&self, name: &str, beginning: Option<&str>) -> Result<String, PluginError> {
        let state = self.state(name).await?;
        match beginning {
            Some(beginning) => one_of(&state, name, beginning),
            None => state.installed().last().cloned().ok_or_else(|| PluginError::Unknown(name.to_owned())),
        }
    }

    /// An artifact that is not to be kept, loaded.
    pub(crate) async fn load(&self, wasm: &[u8]) -> Result<Arc<Strategy>, PluginError> {
        Ok(self.host.load(wasm).await?)
    }

    async fn point_to(&self, name: &str, digest: &str, config: String, grants: Vec<String>) -> Result<(), PluginError> {
        let now = self.clock.now();
        let activated =
            PluginActivated { name: name.to_owned(), digest: digest.to_owned(), config, grants, activated_at: now };
        self.forget_faults(digest);
        // The time is part of the origin: going back to an earlier digest is a new command, not a repeat.
        self.handle(PluginCommand::Activate(activated), &["activate", digest, &now.to_string()]).await
    }

    /// Lets nothing of this name decide.
    pub async fn deactivate(&self, name: &str) -> Result<(), PluginError> {
        let now = self.clock.now();
        let event = PluginDeactivated { name: name.to_owned(), deactivated_at: now };
        self.handle(PluginCommand::Deactivate(event), &["deactivate", name, &now.to_string()]).await
    }

    /// Lets decide what decided before.
    pub async fn roll_back(&self, name: &str) -> Result<ActivePlugin, PluginError> {
        let at = self.clock.now();
        let command = PluginCommand::RollBack { name: name.to_owned(), at };
        self.handle(command, &["roll back", name, &at.to_string()]).await?;
        let state = self.state(name).await?;
        state.active().cloned().ok_or_else(|| PluginError::NotActive(name.to_owned()))
    }

    /// Keeps an artifact no more: the one whose digest begins so.
    pub async fn remove(&self, name: &str, digest: &str) -> Result<String, PluginError> {
        let digest = one_of(&self.state(name).await?, name, digest)?;
        let now = self.clock.now();
        let event = PluginRemoved { name: name.to_owned(), digest: digest.clone(), removed_at: now };
        self.handle(PluginCommand::Remove(event), &["remove", &digest, &now.to_string()]).await?;
        // Event first: bytes of which nobody speaks harm nobody.
        artifacts::discard(&self.pool, &digest).await?;
        locked(&self.loaded).remove(&digest);
        Ok(digest)
    }

    /// The strategy of this name that decides now, loaded. Who holds one goes on with it whatever is activated next.
    pub async fn active(&self, name: &str) -> Result<ActiveStrategy, PluginError> {
        let state = self.state(name).await?;
        let active = state.active().ok_or_else(|| PluginError::NotActive(name.to_owned()))?;
        let strategy = self.loaded(name, &active.digest).await?;
        let grants = Grants::recorded(&active.grants)?;
        Ok(ActiveStrategy { name: name.to_owned(), strategy, config: active.config.clone(), grants })
    }

    /// An installed artifact, loaded.
    pub(crate) async fn loaded(&self, name: &str, digest: &str) -> Result<Arc<Strategy>, PluginError> {
        if let Some(strategy) = locked(&self.loaded).get(digest) {
            return Ok(strategy.clone());
        }
        let missing = || PluginError::ArtifactMissing { name: name.to_owned(), digest: digest.to_owned() };
        let wasm = artifacts::read(&self.pool, digest).await?.ok_or_else(missing)?;
        // Bytes that changed in the table are another artifact, which nobody installed.
        if PluginDigest::of(&wasm).as_str() != digest {
            return Err(missing());
        }
        let strategy = self.host.load(&wasm).await?;
        let mut loaded = locked(&self.loaded);
        if loaded.len() >= LOADED {
            loaded.clear();
        }
        loaded.insert(digest.to_owned(), strategy.clone());
        Ok(strategy)
    }

    /// What a call may take.
    pub fn limits(&self) -> &Limits {
        self.host.limits()
    }

    /// Notes that a call ended in an outcome: faults before it are no row any more.
    pub(crate) fn record_outcome(&self, active: &ActiveStrategy) {
        self.forget_faults(active.strategy.digest().as_str());
    }

    fn forget_faults(&self, digest: &str) {
        locked(&self.faults).remove(digest);
    }

    /// Records that a call of `active` ended in a fault; too many in a row put it aside.
    pub(crate) async fn record_fault(
        &self,
        active: &ActiveStrategy,
        fault: &Fault,
        call: &[&str],
    ) -> Result<(), PluginError> {
        let digest = active.strategy.digest().to_string();
        let in_a_row = {
            let mut faults = locked(&self.faults);
            let count = faults.entry(digest.clone()).or_default();
            // The host's own failures say nothing about the artifact.
            if fault.is_the_strategys() {
                *count += 1;
            }
            *count
        };
        let faulted = PluginFaulted {
            name: active.name.clone(),
            digest: digest.clone(),
            fault: fault.kind().to_owned(),
            faulted_at: self.clock.now(),
        };
        let origin: Vec<&str> = ["fault"].iter().chain(call).copied().collect();
        let command = PluginCommand::RecordFault { faulted, in_a_row };
        self.handle(command, &origin).await?;
        if self.state(&active.name).await?.is_quarantined(&digest) {
            tracing::warn!(
                plugin.name = active.name,
                plugin.digest = digest,
                fault = fault.kind(),
                "plugin faulted {in_a_row} times in a row and is put aside"
            );
        }
        Ok(())
    }

    /// What the log says of a plugin.
    pub async fn state(&self, name: &str) -> Result<PluginState, PluginError> {
        Ok(self.handler.state(&Plugin::stream_of(name)).await?)
    }

    pub(super) async fn handle(&self, command: PluginCommand, origin: &[&str]) -> Result<(), PluginError> {
        let origin: Vec<&str> = ["plugins"].iter().chain(origin).copied().collect();
        let context = Context::new(Origin::of(&origin), Actor::Automation("plugins".to_owned()));
        self.handler.handle(&command, &context).await?;
        Ok(())
    }
}

/// The one installed artifact whose digest begins so.
fn one_of(state: &PluginState, name: &str, beginning: &str) -> Result<String, PluginError> {
    let found: Vec<&String> = state.installed().iter().filter(|digest| digest.starts_with(beginning)).collect();
    match found.as_slice() {
        [digest] => Ok((*digest).clone()),
        _ if state.installed().is_empty() => Err(PluginError::Unknown(name.to_owned())),
        _ => Err(PluginError::Ambiguous { name: name.to_owned(), digest: beginning.to_owned(), count: found.len() }),
    }
}

/// No holder of these locks panics; if one did, what they guard would still be whole.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an operator set for the build before, where the new build can live with it: an upgrade forgets no setting.
fn carried_over(before: &ActivePlugin, descriptor: &Descriptor) -> Option<(String, Vec<String>)> {
    let config = ConfigSchema::of(&descriptor.config_schema).ok()?.check(&before.config).ok()?;
    let grants = Grants::of(&before.grants, descriptor).ok()?.as_texts();
    Some((config, grants))
}
