//! The bytes of artifacts: what they import, and that they depend on nothing but their source.

use std::{fs, path::Path};

use chronogram_strategies::built_in;

use crate::named;

#[path = "../../guest_build.rs"]
mod guest_build;

#[test]
fn no_built_in_imports_anything_but_the_contract() {
    for strategy in built_in() {
        let mut depth = 0;
        let mut imports = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(strategy.wasm) {
            match payload.unwrap() {
                wasmparser::Payload::Version { .. } => depth += 1,
                wasmparser::Payload::End(_) => depth -= 1,
                wasmparser::Payload::ComponentImportSection(section) if depth == 1 => {
                    imports.extend(section.into_iter().map(|import| import.unwrap().name.name));
                }
                _ => {}
            }
        }
        assert!(!imports.is_empty(), "the log at least is imported");
        for import in imports {
            assert!(import.starts_with("chronogram:strategy/"), "{}: {import}", strategy.name);
        }
    }
}

#[test]
fn an_artifact_does_not_depend_on_the_checkout_path() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = tempfile::tempdir().unwrap();
    let plugins = elsewhere.path().join("plugins");
    copy(&here.join("../wit"), &plugins.join("wit"));
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(here.join("..").join(file), plugins.join(file)).unwrap();
    }
    let crates =
        ["sdk/rust", "strategies/asking", "strategies/basic", "strategies/predictor"].into_iter().map(str::to_owned);
    for folder in crates.chain(built_in().iter().map(|strategy| format!("strategies/{}", strategy.name))) {
        let (from, to) = (here.join("..").join(&folder), plugins.join(&folder));
        copy(&from.join("src"), &to.join("src"));
        fs::copy(from.join("Cargo.toml"), to.join("Cargo.toml")).unwrap();
    }
    // The one that all libraries are in; building is slow.
    let strategy = named("profile-hybrid");
    let guest = plugins.join("strategies").join(strategy.name);
    let again =
        guest_build::build_guest(&guest, &elsewhere.path().join("target")).unwrap_or_else(|error| panic!("{error}"));
    assert!(again == strategy.wasm, "the same source gave other bytes in another folder");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
