//! Every point at which the product can be killed is one at which a test kills it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{backup, channels, crash, crash_projections, filling, models, policies};

/// Where the product's own code lies.
const ROOMS: [&str; 5] = ["domain", "projections", "plugins", "commands", "api"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The words between quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// The names in a source: those that stand in a call, and those that a constant lists for a call that is given them.
fn names(source: &str) -> Vec<String> {
    let calls = source.split("crash_point(").skip(1).filter_map(|call| quoted(call.split(')').next()?).next());
    let lists = source.split("CRASH_POINTS: [").skip(1).filter_map(|list| list.split(';').nth(1));
    let listed = lists.filter(|list| list.contains("] = [")).flat_map(quoted);
    calls.chain(listed).map(str::to_owned).collect()
}

#[test]
fn every_crash_point_in_the_code_is_in_the_matrix_and_the_other_way_round() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for room in ROOMS {
        sources(&root.join(room), &mut files);
    }
    let mut in_code: Vec<String> =
        files.iter().flat_map(|file| names(&std::fs::read_to_string(file).unwrap())).collect();
    in_code.sort_unstable();
    let distinct: BTreeSet<&str> = in_code.iter().map(String::as_str).collect();
    assert_eq!(distinct.len(), in_code.len(), "a name stands at two places: {in_code:?}");

    let killed: BTreeSet<&str> = crash::STEPS
        .iter()
        .map(|(step, _)| *step)
        .chain([crash::PRESSED])
        .chain(channels::CRASH_POINTS)
        .chain(filling::CRASH_POINTS)
        .chain(models::CRASH_POINTS)
        .chain(policies::CRASH_POINTS)
        .chain(crash_projections::matrix())
        .chain(backup::crash_points())
        .collect();
    assert_eq!(distinct, killed);
}
