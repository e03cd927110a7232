//! What is to be judged: an artifact, installed or in a file, with a configuration.

use std::sync::Arc;

use chronogram_log::Position;
use chronogram_plugin_host::{ConfigSchema, Strategy};

use super::{Judge, JudgingError, recorded::Pointers};
use crate::plugins::{NO_CONFIG, PluginError};

/// Where an artifact is.
#[derive(Clone, Debug)]
pub enum Artifact {
    /// Installed under this name.
    Installed {
        /// The name.
        name: String,
        /// Its digest, or how it begins; the newest where none is given.
        digest: Option<String>,
    },
    /// These bytes; nothing of them is kept.
    Bytes(Vec<u8>),
}

/// An artifact that was loaded, and what it is told.
#[derive(Clone)]
pub struct Candidate {
    pub(super) strategy: Arc<Strategy>,
    pub(super) config: String,
}

impl Candidate {
    /// The name it gives itself.
    pub fn name(&self) -> &str {
        &self.strategy.descriptor().name
    }

    /// Its digest.
    pub fn digest(&self) -> &str {
        self.strategy.digest().as_str()
    }
}

impl Judge {
    /// Loads a candidate. Without a configuration it gets the one its artifact was last activated with, else none.
    pub async fn candidate(&self, artifact: Artifact, config: Option<&str>) -> Result<Candidate, JudgingError> {
        let strategy = match &artifact {
            Artifact::Bytes(wasm) => self.plugins.load(wasm).await?,
            Artifact::Installed { name, digest } => {
                let digest = self.plugins.digest_of(name, digest.as_deref()).await?;
                self.plugins.loaded(name, &digest).await?
            }
        };
        let (descriptor, digest) = (strategy.descriptor(), strategy.digest().as_str());
        let activated = if config.is_some() {
            None
        } else {
            let end = self.store.head().await?;
            let behind = Position(end.0 + 1);
            let pointers = self.pointers(&Pointers::default(), &descriptor.name, digest, behind).await?;
            pointers.into_iter().next().map(|pointer| pointer.config)
        };
        let given = config.or(activated.as_deref()).unwrap_or(NO_CONFIG);
        let schema = ConfigSchema::of(&descriptor.config_schema).map_err(PluginError::from)?;
        let config = schema.check(given).map_err(PluginError::from)?;
        Ok(Candidate { strategy, config })
    }
}
