//! The files of golden cases.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use chronogram_plugin_host::GoldenCase;
use serde_json::{Map, Value};

/// A case's file.
pub(crate) struct CaseFile {
    pub(crate) path: PathBuf,
    pub(crate) case: GoldenCase,
}

impl CaseFile {
    /// Every `*.json` of the folder, by name.
    pub(crate) fn all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| {
            format!("the cases of {} cannot be read; --cases names another folder", folder.display())
        })?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
        paths.sort();
        if paths.is_empty() {
            bail!("{} holds no *.json", folder.display());
        }
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut case: GoldenCase =
            serde_json::from_str(&text).with_context(|| format!("{} is no case", path.display()))?;
        case.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { path, case })
    }

    /// Writes this outcome into the file; everything else in it stays.
    pub(crate) fn update(&self, outcome: &Value) -> anyhow::Result<()> {
        let mut whole: Map<String, Value> = serde_json::from_str(&fs::read_to_string(&self.path)?)?;
        whole.insert("outcome".into(), outcome.clone());
        fs::write(&self.path, serde_json::to_string_pretty(&whole)? + "\n")
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}
