//! Strategies of every version of the contract, as they were built when it was frozen.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use chronogram_plugin_host::GoldenCase;

/// One of them.
pub struct Frozen {
    /// Version, language and world: `1.0.0/rust-profile`.
    pub name: String,
    /// The version of the contract it was built for.
    pub version: String,
    folder: PathBuf,
}

impl Frozen {
    /// All there are, in order.
    pub fn all() -> anyhow::Result<Vec<Self>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/frozen");
        let mut all = Vec::new();
        for version in folders(&root)? {
            for folder in folders(&version)? {
                let (version, guest) = (file_name(&version), file_name(&folder));
                all.push(Self { name: format!("{version}/{guest}"), version, folder });
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// The component.
    pub fn wasm(&self) -> anyhow::Result<Vec<u8>> {
        let packed = fs::File::open(self.folder.join("strategy.wasm.zst")).with_context(|| self.name.clone())?;
        zstd::decode_all(packed).with_context(|| self.name.clone())
    }

    /// What it answered when it was frozen.
    pub fn cases(&self) -> anyhow::Result<Vec<GoldenCase>> {
        let files = fs::read_dir(self.folder.join("cases"))?.map(|entry| entry.map(|entry| entry.path()));
        let mut cases = files.map(|path| read_case(&path?)).collect::<anyhow::Result<Vec<_>>>()?;
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(cases)
    }
}

fn read_case(path: &Path) -> anyhow::Result<GoldenCase> {
    let text = fs::read(path)?;
    let mut case: GoldenCase = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    case.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(case)
}

fn folders(of: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(of).with_context(|| of.display().to_string())?;
    let mut folders = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
