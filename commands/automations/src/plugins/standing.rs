//! How plugins stand: what operators see of them.

use std::collections::BTreeSet;

use chronogram_log::{EventFilter, Position};
use chronogram_model::plugin::{PluginEvent, PluginInstalled};
use serde::Serialize;

use super::{PluginError, PluginRegistry};

/// Events read at once.
const PAGE: usize = 500;

/// One installed artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The plugin's name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// sha256 of the artifact.
    pub digest: String,
    /// `profile-strategy` or `alert-strategy`.
    pub world: String,
    /// `active`, `quarantined` or `installed`.
    pub state: &'static str,
    /// Its size.
    pub size_bytes: u64,
    /// Effects it may ask for.
    pub wants: Vec<String>,
    /// Effects it is granted; of what is active.
    pub grants: Vec<String>,
    /// Its configuration; of what is active.
    pub config: Option<String>,
    /// The trusted key that signed it.
    pub signed_by: Option<String>,
    /// What it says of itself.
    pub summary: String,
}

impl PluginRegistry {
    /// Every installed artifact, by name, oldest first.
    pub async fn standings(&self) -> Result<Vec<Standing>, PluginError> {
        let installed = self.installed_ever().await?;
        let names: BTreeSet<&str> = installed.iter().map(|event| event.name.as_str()).collect();
        let mut standings = Vec::new();
        for name in names {
            let state = self.state(name).await?;
            for digest in state.installed() {
                // Installed again after a removal: the last time counts.
                let event = installed.iter().rfind(|event| event.name == name && event.digest == *digest);
                let Some(event) = event else { continue };
                let active = state.active().filter(|active| active.digest == *digest);
                standings.push(Standing {
                    name: name.to_owned(),
                    version: event.version.clone(),
                    digest: digest.clone(),
                    world: event.world.clone(),
                    state: match active {
                        Some(_) => "active",
                        None if state.is_quarantined(digest) => "quarantined",
                        None => "installed",
                    },
                    size_bytes: event.size_bytes,
                    wants: event.wants.clone(),
                    grants: active.map(|active| active.grants.clone()).unwrap_or_default(),
                    config: active.map(|active| active.config.clone()),
                    signed_by: event.signed_by.clone(),
                    summary: event.summary.clone(),
                });
            }
        }
        Ok(standings)
    }

    async fn installed_ever(&self) -> Result<Vec<PluginInstalled>, PluginError> {
        let filter = EventFilter::types(["PluginInstalled"]);
        let (mut installed, mut after) = (Vec::new(), Position::START);
        loop {
            let page = self.store.read_all(after, &filter, PAGE).await?;
            for event in &page.events {
                if let Some(PluginEvent::PluginInstalled(event)) = self.codec.decode(event)? {
                    installed.push(event);
                }
            }
            if page.up_to >= page.head {
                return Ok(installed);
            }
            after = page.up_to;
        }
    }
}
