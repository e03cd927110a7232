//! The page of limits tells every limit that the host holds a strategy to. `UPDATE_DOCS=1 cargo test … --test house` writes it.

use std::{fmt::Write as _, fs, path::Path};

use chronogram_plugin_host::every_limit;

const BEGIN: &str =
    "<!-- Written by tests/house/limits_page.rs from plugins/host/src/told.rs: change that, not this. -->\n";
const END: &str = "<!-- Until here. -->\n";

#[test]
#[allow(clippy::disallowed_methods)] // a test's own switch
fn the_page_of_limits_says_what_the_host_holds_to() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plugin-authors/limits.md");
    let committed = fs::read_to_string(&page).unwrap();
    let (before, rest) = committed.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let written = format!("{before}{BEGIN}{}\n{END}{after}", tables());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &written).unwrap();
    }
    let committed = fs::read_to_string(&page).unwrap();
    assert!(committed == written, "docs/plugin-authors/limits.md is old: UPDATE_DOCS=1 cargo test --test house");
}

/// One table, a section for each thing that is limited.
fn tables() -> String {
    let mut text = String::from("\n| limit | value |\n|---|---|\n");
    for of in every_limit() {
        let _ = writeln!(text, "| **{}** | |", of.what);
        for (what, value) in of.limits {
            let _ = writeln!(text, "| {what} | {value} |");
        }
    }
    text
}
