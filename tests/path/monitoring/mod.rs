//! Dashboards, alerts and the table of figures name what a running Chronogram shows, and nothing else.

mod alerts;
mod dashboards;
mod documented;
mod expressions;
mod figures;

use std::path::{Path, PathBuf};

/// A file of the project.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
