//! The folder of one strategy, and the few words it says of itself in `strategy.json`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::cli::{Lang, WorldName};

/// What makes a folder a strategy's.
pub(crate) const MANIFEST: &str = "strategy.json";

/// Folders that a component is not made of.
const NO_SOURCES: [&str; 9] =
    ["target", "build", "cases", "node_modules", "bindings", ".venv", ".git", "__pycache__", ".pytest_cache"];

/// What `strategy.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The artifact's name; the strategy's own is in its descriptor.
    pub(crate) name: String,
    pub(crate) lang: Lang,
    pub(crate) world: WorldName,
}

/// A strategy's folder.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Project {
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} cannot be read; `chronogram plugins new NAME` makes a folder that has one", path.display())
        })?;
        let manifest: Manifest =
            serde_json::from_str(&text).with_context(|| format!("{} is not in form", path.display()))?;
        check_name(&manifest.name).with_context(|| format!("{}: name", path.display()))?;
        let folder = folder.canonicalize().with_context(|| format!("{} cannot be found", folder.display()))?;
        Ok(Self { folder, manifest })
    }

    /// Where its component lies once it is built.
    pub(crate) fn artifact(&self) -> PathBuf {
        self.folder.join("build").join(format!("{}.wasm", self.manifest.name))
    }

    /// Where the host keeps what it compiled of it, so that its cases run at once the next time.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.folder.join("build/compiled")
    }

    /// Whether it has to be built: there is no component, or a source is younger.
    pub(crate) fn is_stale(&self) -> anyhow::Result<bool> {
        let Ok(built) = fs::metadata(self.artifact()).and_then(|artifact| artifact.modified()) else { return Ok(true) };
        Ok(youngest(&self.folder)?.is_none_or(|source| source > built))
    }
}

fn youngest(folder: &Path) -> anyhow::Result<Option<SystemTime>> {
    let mut newest = None;
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        if NO_SOURCES.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let changed =
            if entry.file_type()?.is_dir() { youngest(&entry.path())? } else { Some(entry.metadata()?.modified()?) };
        newest = newest.max(changed);
    }
    Ok(newest)
}

/// The contract's rule for names, which makes them fit for files and streams too.
pub(crate) fn check_name(name: &str) -> anyhow::Result<()> {
    let form = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > 64 || !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(form) {
        bail!("{name:?} is no name: take 1 to 64 lower-case letters, digits and hyphens, a letter first");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract() {
        for name in ["a", "my-strategy", "x2"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "2x", "-a", "My", "a b", "../x", "ж", &"a".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
