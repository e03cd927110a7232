//! Why a policy does nothing although it is on.

use chronogram_model::policy::KeptPolicy;
use rust_decimal::Decimal;

use crate::{
    models::Models,
    plugins::{PluginError, PluginRegistry},
    profiles::plugin_of,
};

/// The grants that cost money: `llm:<model>`.
const ASKS_A_MODEL: &str = "llm:";

/// Why a policy rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// No strategy of this name is active.
    NotActive,
    /// Its strategy asks a model, and none that it may ask is configured.
    NoModel,
    /// It came with the program, its strategy asks a model that has a price or none that is known, and no budget limits what
    /// that costs. An operator who sets or enables it says by that that it may.
    NoBudget,
}

impl Rest {
    /// As it is written: `not_active`, `no_model`, `no_budget`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotActive => "not_active",
            Self::NoModel => "no_model",
            Self::NoBudget => "no_budget",
        }
    }
}

/// Why this policy rests, if it does.
pub(super) async fn rest_of(
    kept: &KeptPolicy,
    plugins: &PluginRegistry,
    models: Option<&Models>,
) -> Result<Option<Rest>, PluginError> {
    let plugin = plugin_of(&kept.policy.strategy);
    let state = plugins.state(&plugin).await?;
    let Some(active) = state.active() else { return Ok(Some(Rest::NotActive)) };
    let wanted: Vec<&str> = active.grants.iter().filter_map(|grant| grant.strip_prefix(ASKS_A_MODEL)).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let Some(models) = models else { return Ok(Some(Rest::NoModel)) };
    let settings = models.settings();
    let may_ask: Vec<_> = wanted
        .into_iter()
        .filter_map(|name| Some((settings.models.get(name)?, settings.budgets(&plugin, name)?)))
        .collect();
    if may_ask.is_empty() {
        return Ok(Some(Rest::NoModel));
    }
    let unlimited = may_ask.iter().any(|(model, budgets)| {
        let is_free = model.price.is_some_and(|price| price.input == Decimal::ZERO && price.output == Decimal::ZERO);
        let limited = [budgets.run, budgets.plugin_day, budgets.house_day].iter().any(Option::is_some);
        !is_free && !limited
    });
    Ok((kept.shipped && unlimited).then_some(Rest::NoBudget))
}
