//! The golden cases beside each strategy, played as an operator's trial plays them.
//!
//! `UPDATE_GOLDEN=1 cargo test --test built_in golden` writes outcomes into cases that have none; read them before you commit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chronogram_plugin_host::{ConfigSchema, GoldenCase};
use chronogram_strategies::built_in;
use serde_json::Value;

use crate::loaded;

/// Cases of one strategy, in the order of their names.
fn files(strategy: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(strategy).join("cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn case(file: &Path) -> GoldenCase {
    let text = fs::read_to_string(file).unwrap();
    let mut case: GoldenCase =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    case.name = file.file_stem().unwrap().to_string_lossy().into_owned();
    case
}

#[allow(clippy::disallowed_methods, reason = "how a golden file is asked for, here as in tests/house")]
fn is_update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

#[tokio::test]
async fn every_golden_case_of_every_built_in_holds() {
    let mut broken = Vec::new();
    for built_in in built_in() {
        let strategy = loaded(built_in.name).await;
        let schema = ConfigSchema::of(&strategy.descriptor().config_schema).unwrap();
        let files = files(built_in.name);
        assert!(files.len() >= 3, "{} is shown by its cases", built_in.name);
        for file in files {
            let case = case(&file);
            schema.check(&case.config.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let (played, again) = (strategy.play(&case).await.unwrap(), strategy.play(&case).await.unwrap());
            if case.outcome.is_none() && is_update() {
                let mut written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
                written["outcome"] = played.outcome.clone();
                fs::write(&file, serde_json::to_string_pretty(&written).unwrap() + "\n").unwrap();
            } else if let Err(error) = played.compare(&again) {
                broken.push(format!("{}/{}: {error}", built_in.name, case.name));
            }
            assert!(played.fault.is_none(), "{}: {:?}", file.display(), played.fault);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
