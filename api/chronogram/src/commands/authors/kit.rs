//! The kit for authors as it lies in this binary: the contract, the packages, the templates and their golden cases.

use crate::cli::{Lang, WorldName};

/// A file: its path below `plugins/` and its text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/", $path)))),*]
    };
}

/// Everything that any project may get.
const FILES: &[File] = files![
    "wit/world.wit",
    "sdk/cases/alert/falls.json",
    "sdk/cases/alert/nothing-to-look-at.json",
    "sdk/cases/alert/remembers.json",
    "sdk/cases/profile/asks-often.json",
    "sdk/cases/profile/asks-the-model.json",
    "sdk/cases/profile/does-without-the-model.json",
    "sdk/cases/profile/says-nothing.json",
    "sdk/cases/profile/waits-for-the-model.json",
    "sdk/rust/Cargo.toml",
    "sdk/rust/src/alert.rs",
    "sdk/rust/src/bindings.rs",
    "sdk/rust/src/call.rs",
    "sdk/rust/src/descriptor.rs",
    "sdk/rust/src/effects.rs",
    "sdk/rust/src/facts.rs",
    "sdk/rust/src/lib.rs",
    "sdk/rust/src/log.rs",
    "sdk/rust/src/panics.rs",
    "sdk/rust/src/profile.rs",
    "sdk/rust/src/testing.rs",
    "sdk/rust/template-alert/Cargo.lock",
    "sdk/rust/template-alert/Cargo.toml",
    "sdk/rust/template-alert/src/lib.rs",
    "sdk/rust/template-profile/Cargo.lock",
    "sdk/rust/template-profile/Cargo.toml",
    "sdk/rust/template-profile/src/lib.rs",
    "sdk/js/effects.js",
    "sdk/js/facts.js",
    "sdk/js/index.d.ts",
    "sdk/js/index.js",
    "sdk/js/node.js",
    "sdk/js/package.json",
    "sdk/js/testing.d.ts",
    "sdk/js/testing.js",
    "sdk/js/template-alert/package.json",
    "sdk/js/template-alert/strategy.js",
    "sdk/js/template-alert/strategy.test.js",
    "sdk/js/template-profile/package.json",
    "sdk/js/template-profile/strategy.js",
    "sdk/js/template-profile/strategy.test.js",
    "sdk/python/pyproject.toml",
    "sdk/python/chronogram_strategy/__init__.py",
    "sdk/python/chronogram_strategy/alert.py",
    "sdk/python/chronogram_strategy/call.py",
    "sdk/python/chronogram_strategy/effects.py",
    "sdk/python/chronogram_strategy/export.py",
    "sdk/python/chronogram_strategy/facts.py",
    "sdk/python/chronogram_strategy/log.py",
    "sdk/python/chronogram_strategy/profile.py",
    "sdk/python/chronogram_strategy/py.typed",
    "sdk/python/chronogram_strategy/testing.py",
    "sdk/python/template-alert/requirements.txt",
    "sdk/python/template-alert/strategy.py",
    "sdk/python/template-alert/test_strategy.py",
    "sdk/python/template-profile/requirements.txt",
    "sdk/python/template-profile/strategy.py",
    "sdk/python/template-profile/test_strategy.py",
];

/// The name of every template; a project has its own instead.
const TEMPLATE: &str = "my-strategy";

/// The files of a new project: their paths in it, and their text.
///
/// The kit lies in it as it lies here (`sdk/<lang>` beside `wit`), so its own paths hold in both places.
pub(crate) fn project(name: &str, lang: Lang, world: WorldName) -> Vec<(String, String)> {
    let package = format!("sdk/{}/", lang.as_str());
    let template = format!("{package}template-{}/", world.as_str());
    let cases = format!("sdk/cases/{}/", world.as_str());
    let place = |path: &str| {
        if let Some(own) = path.strip_prefix(&template) {
            Some(own.to_owned())
        } else if let Some(case) = path.strip_prefix(&cases) {
            Some(format!("cases/{case}"))
        } else if path.starts_with("wit/") || path.starts_with(&package) && !path.contains("/template-") {
            Some(path.to_owned())
        } else {
            None
        }
    };
    let files = FILES.iter().filter_map(|(path, text)| Some((place(path)?, *path, *text)));
    files
        .map(|(place, path, text)| {
            (place, if path.starts_with(&template) { named(path, text, name) } else { text.into() })
        })
        .collect()
}

/// A template's file under the project's name, with the package where a project has it.
fn named(path: &str, text: &str, name: &str) -> String {
    let text = text.replace(TEMPLATE, name);
    if path.ends_with("Cargo.lock") {
        return sorted_lock(&text);
    }
    text.replace("path = \"..\"", "path = \"sdk/rust\"")
}

/// Cargo keeps the packages of its lock file in the order of their names, and takes another order for a change.
fn sorted_lock(text: &str) -> String {
    const PACKAGE: &str = "[[package]]\n";
    let mut parts = text.split(PACKAGE).map(str::trim_end);
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<&str> = parts.collect();
    packages.sort_unstable();
    let packages = packages.iter().map(|package| format!("\n{PACKAGE}{package}\n")).collect::<Vec<_>>().concat();
    format!("{head}\n{packages}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, path::Path};

    use super::*;

    fn walk(root: &Path, folder: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            let built = ["/target", "/node_modules", "/__pycache__", "/build"].iter().any(|end| path.ends_with(end));
            if built {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_file_of_the_kit_is_in_the_binary() {
        let mut found = vec!["wit/world.wit".to_owned()];
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins"), "sdk", &mut found);
        found.sort();
        let mut listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }

    #[test]
    fn a_project_has_its_own_name_and_only_its_own_language_and_world() {
        for lang in [Lang::Rust, Lang::Js, Lang::Python] {
            for world in [WorldName::Profile, WorldName::Alert] {
                let files = project("zebra", lang, world);
                let own = |path: &str| files.iter().any(|(place, _)| place == path);
                assert!(own("wit/world.wit") && files.iter().any(|(place, _)| place.starts_with("cases/")));
                assert!(files.iter().all(|(place, text)| !place.contains("template") && !text.contains(TEMPLATE)));
                let package = format!("sdk/{}/", lang.as_str());
                assert!(files.iter().all(|(place, _)| !place.starts_with("sdk/") || place.starts_with(&package)));
            }
        }
    }

    #[test]
    fn a_lock_file_stays_in_the_order_of_names() {
        let lock =
            "# by cargo\nversion = 4\n\n[[package]]\nname = \"z\"\n\n[[package]]\nname = \"serde\"\nversion = \"1\"\n";
        let sorted =
            "# by cargo\nversion = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1\"\n\n[[package]]\nname = \"z\"\n";
        assert_eq!(sorted_lock(lock), sorted);
    }
}
