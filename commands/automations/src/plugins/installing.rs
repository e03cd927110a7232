//! Taking an artifact in: who signed it, what it is, how it behaves; only then its bytes are kept, and then it is said
//! in the log.

use chronogram_model::plugin::{PluginCommand, PluginInstalled, PluginTrialPassed};
use chronogram_plugin_host::{BadSignature, GoldenCase, PluginDigest, TrialReport, World, signer};

use super::{PluginError, PluginRegistry, artifacts, keys};

/// What an operator gives along with an artifact.
#[derive(Clone, Debug, Default)]
pub struct Installation {
    /// The detached signature, as in its file.
    pub signature: Option<Vec<u8>>,
    /// Whether it may come without one.
    pub allow_unsigned: bool,
    /// The configuration of the trial; none is an empty object.
    pub config: Option<String>,
    /// The author's cases.
    pub cases: Vec<GoldenCase>,
}

/// An artifact that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The plugin's name, as it says.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Its identity.
    pub digest: PluginDigest,
    /// What it fulfils.
    pub world: World,
    /// The trusted key that signed it.
    pub signed_by: Option<String>,
    /// How its trial went.
    pub trial: TrialReport,
}

impl PluginRegistry {
    /// Takes in what somebody uploaded. It decides nothing yet.
    pub async fn install(&self, wasm: &[u8], with: &Installation) -> Result<Installed, PluginError> {
        // Before anything of it is looked at: who is not trusted does not reach the compiler.
        let signed_by = match &with.signature {
            Some(signature) => {
                let trusted = keys::trusted(&self.pool).await?;
                Some(signer(wasm, signature, &trusted)?.to_owned())
            }
            None if with.allow_unsigned => None,
            None => return Err(BadSignature::Missing.into()),
        };
        self.take_in(None, wasm, with, signed_by).await
    }

    /// Loads, tries, keeps and records an artifact; again, it changes nothing.
    pub(super) async fn take_in(
        &self,
        expected: Option<&str>,
        wasm: &[u8],
        with: &Installation,
        signed_by: Option<String>,
    ) -> Result<Installed, PluginError> {
        let strategy = self.host.load(wasm).await?;
        let descriptor = strategy.descriptor();
        if let Some(expected) = expected.filter(|expected| *expected != descriptor.name) {
            return Err(PluginError::OtherName { expected: expected.to_owned(), actual: descriptor.name.clone() });
        }
        let report =
            strategy.trial_with(with.config.as_deref().unwrap_or(super::registry::NO_CONFIG), &with.cases).await?;
        // Bytes first: an event must never speak of an artifact that is nowhere.
        artifacts::keep(&self.pool, strategy.digest(), wasm).await?;
        let (now, name, digest) = (self.clock.now(), descriptor.name.clone(), strategy.digest().to_string());
        let installed = PluginInstalled {
            name: name.clone(),
            version: descriptor.version.clone(),
            digest: digest.clone(),
            size_bytes: wasm.len() as u64,
            world: match strategy.world() {
                World::Profile => "profile-strategy".to_owned(),
                World::Alert => "alert-strategy".to_owned(),
            },
            wit_version: strategy.wit_version().to_owned(),
            wants: descriptor.wants.clone(),
            summary: descriptor.summary.clone(),
            signed_by: signed_by.clone(),
            installed_at: now,
        };
        let trial =
            PluginTrialPassed { name: name.clone(), digest: digest.clone(), fuel: report.fuel_used, passed_at: now };
        // The time is part of the origin: what was removed may come again, and that is no repeat.
        let origin = ["install", &digest, &now.to_string()];
        self.handle(PluginCommand::Install { installed, trial }, &origin).await?;
        Ok(Installed {
            name,
            version: descriptor.version.clone(),
            digest: strategy.digest().clone(),
            world: strategy.world(),
            signed_by,
            trial: report,
        })
    }
}
