//! Each direct dependency is explained; duplicates do not creep in; nothing brings a second TLS stack.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::MetadataCommand;

/// Crates that are in the lock file in several versions. Lower it when one goes; a new one needs a reason in
/// docs/dependencies.md before this number grows.
const DUPLICATES: usize = 25;

#[test]
fn every_direct_dependency_has_its_line() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let explained = std::fs::read_to_string(metadata.workspace_root.join("docs/dependencies.md")).unwrap();
    let direct: BTreeSet<String> = metadata
        .packages
        .iter()
        .flat_map(|package| package.dependencies.iter())
        .map(|dependency| dependency.name.clone())
        .filter(|name| !name.starts_with("chronogram"))
        .collect();
    let missing: Vec<_> = direct.iter().filter(|name| !explained.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "docs/dependencies.md says nothing of {missing:?}");
}

#[test]
fn duplicated_crates_do_not_grow_in_number() {
    let metadata = MetadataCommand::new().exec().unwrap();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &metadata.packages {
        versions.entry(package.name.to_string()).or_default().insert(package.version.to_string());
    }
    let duplicated: Vec<_> = versions.iter().filter(|(_, versions)| versions.len() > 1).collect();
    assert!(duplicated.len() <= DUPLICATES, "{} crates have several versions: {duplicated:#?}", duplicated.len());
}

#[test]
fn there_is_one_tls_stack() {
    let metadata = MetadataCommand::new().exec().unwrap();
    let banned = ["openssl", "openssl-sys", "native-tls", "wasmtime-wasi"];
    let found: Vec<_> =
        metadata.packages.iter().map(|package| package.name.as_str()).filter(|name| banned.contains(name)).collect();
    assert!(found.is_empty(), "{found:?} came in; deny.toml says why not");
}
