//! What is left of the budgets of today, as a metric.

use std::{collections::BTreeMap, time::Duration};

use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use tokio_util::sync::CancellationToken;

use super::{ModelFailure, Models};

/// How often it is looked at: as often as somebody asks for metrics.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Whose budget that of the house is called.
const HOUSE: &str = "house";

impl Models {
    /// Keeps the metric until `stop`.
    pub async fn watch(&self, stop: CancellationToken) {
        let watching = async {
            loop {
                match self.left_today().await {
                    Ok(left) => {
                        for (account, left) in left {
                            metrics::gauge!("model_budget_left", "account" => account)
                                .set(left.to_f64().unwrap_or_default());
                        }
                    }
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::debug!(error, "what is left of the budgets is not known now");
                    }
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        stop.run_until_cancelled(watching).await;
    }

    /// What is left of each budget of today, by plugin; those of the house stand under `house`.
    async fn left_today(&self) -> Result<BTreeMap<String, Decimal>, ModelFailure> {
        let (settings, spent) = (self.settings(), self.spent_today().await?);
        let budget_of = |plugin: &str| settings.grant_of(plugin).and_then(|grant| grant.budget_per_day);
        let mut left = BTreeMap::new();
        if let Some(budget) = settings.house_budget_per_day() {
            left.insert(HOUSE.to_owned(), budget);
        }
        // Who has a grant of its own, and who spent something by everybody's.
        let named = settings.grants().keys().map(String::as_str).filter(|plugin| *plugin != "*");
        for plugin in named.chain(spent.iter().filter_map(|account| account.plugin.as_deref())) {
            if let Some(budget) = budget_of(plugin) {
                left.insert(plugin.to_owned(), budget);
            }
        }
        for account in spent {
            let name = account.plugin.as_deref().unwrap_or(HOUSE);
            if let Some(left) = left.get_mut(name) {
                *left -= account.spent + account.reserved;
            }
        }
        Ok(left)
    }
}
