//! Who decides in a run: the strategy asked for, and `basic` where that one fails. Both may change while it goes on.

use std::sync::{Arc, PoisonError, RwLock};

use super::{BASIC, plugin_of};
use crate::plugins::{ActiveStrategy, PluginError, PluginRegistry};

/// The strategies of a run.
pub(super) struct Strategies {
    /// The plugin of the strategy asked for.
    plugin: String,
    /// Its digest when the run began.
    pub(super) digest: String,
    now: RwLock<Deciding>,
}

/// Who decides now; calls in flight end with whom they began.
#[derive(Clone)]
pub(super) struct Deciding {
    /// The strategy asked for; `None`: it was put aside.
    pub(super) asked: Option<Arc<ActiveStrategy>>,
    /// The one to fall back to; `None`: it is itself asked for, or an operator put it aside.
    pub(super) basic: Option<Arc<ActiveStrategy>>,
}

impl Strategies {
    pub(super) async fn of(plugins: &PluginRegistry, strategy: &str) -> Result<Self, PluginError> {
        let plugin = plugin_of(strategy);
        let asked = plugins.active(&plugin).await?;
        let digest = asked.strategy.digest().to_string();
        let strategies = Self { plugin, digest, now: RwLock::new(Deciding { asked: None, basic: None }) };
        strategies.look(plugins).await?;
        Ok(strategies)
    }

    /// Whether anybody may be asked for money in this run: another build may want what this one does not.
    pub(super) fn may_ask(&self) -> bool {
        let wants = |active: &Arc<ActiveStrategy>| !active.strategy.descriptor().wants.is_empty();
        self.plugin != plugin_of(BASIC) || self.now().asked.as_ref().is_some_and(wants)
    }

    pub(super) fn now(&self) -> Deciding {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks what was activated or put aside meanwhile. An error where nobody is left to decide.
    pub(super) async fn look(&self, plugins: &PluginRegistry) -> Result<(), PluginError> {
        let basic = plugin_of(BASIC);
        let asked = active(plugins, &self.plugin).await?;
        let basic = if self.plugin == basic { None } else { active(plugins, &basic).await? };
        if asked.is_none() && basic.is_none() {
            return Err(PluginError::NotActive(self.plugin.clone()));
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Deciding { asked, basic };
        Ok(())
    }
}

async fn active(plugins: &PluginRegistry, name: &str) -> Result<Option<Arc<ActiveStrategy>>, PluginError> {
    match plugins.active(name).await {
        Ok(active) => Ok(Some(Arc::new(active))),
        Err(PluginError::NotActive(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
